"""Several processes where the state is outside of them all, and none of them owns it.

Each worker has an application of its own. What they count is added up in the parent, which lives as
long as the server: a worker calls methods of the parent's objects over a pair of sockets.
"""

from __future__ import annotations

import logging
import pickle
import socket
from collections.abc import Callable, Sequence
from functools import partial
from multiprocessing.connection import Connection
from typing import Any

from gameserver.monitoring.metrics import Metrics
from gameserver.processes.line import Line
from gameserver.processes.lines import Lines
from gameserver.processes.worker import Worker
from gameserver.server.application import Application
from gameserver.server.base import ServerOptions
from gameserver.server.loop import EVENT_READ, Loop
from gameserver.web.messages import Request
from gameserver.web.routing import Router

log = logging.getLogger(__name__)


class SharedState:
    """What workers have in common, seen from their parent. It stands in the place of an `Owner`."""

    alive = True

    def __init__(
        self, check: Callable[[], None], make_app: Callable[[Metrics], Application], own: Metrics
    ) -> None:
        """`check` raises StartError if the state cannot be used; `make_app` makes a worker's
        application, which counts in the metrics that it is given; `own` adds all of that up.
        """
        self._check = check
        self._make_app = make_app
        self._own = own
        self._ends: tuple[socket.socket, socket.socket] | None = None

    def start(self) -> None:
        """StartError if the state cannot be used."""
        self._check()

    def prepare(self, loop: Loop) -> None:
        """Before a worker is forked: makes the way from it to this process."""
        if self._ends:
            self._ends[1].close()  # the last worker has it
        self._ends = socket.socketpair()
        loop.watch(Desk(self._ends[0], loop, self._own), EVENT_READ)

    def make_worker(
        self, router: Router, listeners: Sequence[socket.socket], options: ServerOptions
    ) -> Worker:
        """In a worker's process: the server that it is."""
        assert self._ends
        parents, own = self._ends
        parents.close()
        metrics: Any = Distant(Metrics, Lines(_opening(own)).ask)
        return Worker(self._make_app(metrics), listeners, options)

    def check_storage(self) -> None:
        """There is nothing on disk."""

    def join(self) -> None:
        """There is no process to wait for."""


class Desk:
    """The parent's end of a worker's line: does what the worker asks for."""

    def __init__(self, end: socket.socket, loop: Loop, own: object) -> None:
        self._line = Line(Connection(end.detach()))
        self._loop = loop
        self._own = own

    def fileno(self) -> int:
        return self._line.fileno()

    def ready(self) -> Sequence[Request]:
        try:
            while True:
                name, arguments = pickle.loads(self._line.receive(socket.MSG_DONTWAIT))
                found = getattr(self._own, name)
                result = found(*arguments) if callable(found) else found
                self._line.answer(pickle.dumps(result))
        except BlockingIOError:
            pass
        except (EOFError, OSError):  # the worker has ended
            self._loop.watch(self, 0)
            self._line.close()
        return ()


class Distant:
    """An object of the parent's, as a worker sees it."""

    def __init__(self, kind: type, ask: Callable[[bytes], bytes]) -> None:
        """`kind` is its class, which says what is a method. Overloaded if there is no answer."""
        self._kind = kind
        self._ask = ask

    def __getattr__(self, name: str) -> Any:
        is_method = callable(getattr(self._kind, name))
        return partial(self._get, name) if is_method else self._get(name)

    def _get(self, name: str, *arguments: Any) -> Any:
        return pickle.loads(self._ask(pickle.dumps((name, arguments))))


def _opening(end: socket.socket) -> Callable[[float], Line]:
    """Opens the one line that there is; the second time it raises OSError."""

    def open_line(patience: float) -> Line:
        line = Line(Connection(end.detach()))
        line.set_patience(patience)
        return line

    return open_line
