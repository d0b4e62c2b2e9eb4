"""Signals, and how a server obeys them."""

from __future__ import annotations

import signal
from types import FrameType
from typing import Protocol

SIGNALS = [number for number in signal.Signals if number.name in ("SIGTERM", "SIGINT", "SIGHUP")]
"""The signals that `obey_signals` handles, as far as the system has them."""


class Server(Protocol):
    """The target of the signals: a front end, or the processes of one."""

    stopping: bool

    def stop(self) -> None:
        """Accepts nothing more, answers what has arrived, and ends."""

    def reload(self) -> None:
        """Reads again the files that may have changed."""

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
