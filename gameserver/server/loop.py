"""What a server's loop waits for beside the connections."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from contextlib import suppress
from typing import Protocol

from gameserver.web.messages import Request


class Source(Protocol):
    """Something that the loop waits for; a `Connection` is one, too."""

    def fileno(self) -> int:
        """The descriptor to wait for."""

    def ready(self) -> Sequence[Request]:
        """Does what the descriptor is ready for; returns requests to answer."""


class Bell:
    """Wakes the loop, from another thread or from a signal handler."""

    def __init__(self) -> None:
        self._inside, self._outside = socket.socketpair()
        self._inside.setblocking(False)
        self._outside.setblocking(False)

    def fileno(self) -> int:
        return self._inside.fileno()

    def ring(self) -> None:
        # When it does not go, many rings are unheard and one more changes nothing, or the loop
        # has ended.
        with suppress(OSError):
            self._outside.send(b"\0")

    def ready(self) -> Sequence[Request]:
        self._inside.recv(4096)
        return ()

    def close(self) -> None:
        self._inside.close()
        self._outside.close()
