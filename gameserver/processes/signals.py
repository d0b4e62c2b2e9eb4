"""What signals do to a server."""

from __future__ import annotations

import signal
from types import FrameType
from typing import Protocol

SIGNALS = [number for number in signal.Signals if number.name in ("SIGTERM", "SIGINT", "SIGHUP")]
"""What `obey_signals` listens to, as far as the system has it."""


class Server(Protocol):
    """What signals are for: a front end, or the processes of one."""

    stopping: bool

    def stop(self) -> None:
        """Accepts nothing more, answers what has arrived, and ends."""

    def reload(self) -> None:
        """Reads again what may have changed on disk."""

    def abort(self) -> None:
        """Ends at once."""


def obey_signals(server: Server) -> None:
    """SIGTERM and Ctrl-C stop the server, a second one ends it at once; SIGHUP reloads."""

    def stop(number: int, frame: FrameType | None) -> None:
        if server.stopping:
            server.abort()
        server.stop()

    def reload(number: int, frame: FrameType | None) -> None:
        server.reload()

    for number in SIGNALS:
        signal.signal(number, reload if number.name == "SIGHUP" else stop)
