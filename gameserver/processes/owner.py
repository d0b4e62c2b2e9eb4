"""The process that owns the state, and how the worker processes reach it.

The forked server keeps sessions and scores in one process, behind a `multiprocessing` manager;
a worker sends it each batch with one call. The socket between them is in a folder that only this
user can enter, and a random key guards it: who can speak to it can run code here.
"""

from __future__ import annotations

import logging
import os
import shutil
import signal
import socket
import tempfile
import threading
from collections.abc import Callable, Sequence
from multiprocessing import get_context
from multiprocessing.connection import Connection as Pipe
from multiprocessing.managers import BaseManager, RemoteError
from typing import Any

from gameserver.app import App
from gameserver.errors import StartError, StorageFailed
from gameserver.monitoring.metrics import Figures
from gameserver.processes.signals import SIGNALS
from gameserver.server.base import STOP_SECONDS
from gameserver.urls import router
from gameserver.web.errors import Overloaded
from gameserver.web.messages import Request, Response

log = logging.getLogger(__name__)


MAX_FOLDER = 90
"""Bytes of a path to which a socket's name can still be added (unix(7): 108 in all)."""


class PackedApp:
    """The application as workers see it: their requests come without the match.

    A match holds functions, which do not travel; it is found again here.
    """

    def __init__(self, app: App) -> None:
        self._app = app

    def handle(self, packed: Sequence[tuple[Any, ...]]) -> list[Response]:
        resolve = router.resolve
        return self._app.handle(
            [
                Request(method, path, query, headers, body, client, resolve(method, path))
                for method, path, query, headers, body, client in packed
            ]
        )

    def report(self, front_end: int, connections: int, figures: Figures) -> None:
        self._app.report(front_end, connections, figures)


class RemoteApp:
    """Stands for the application in a worker: one round trip for each batch.

    It makes a connection of its own, since one inherited over a fork would be the parent's as
    well. While the owner is away every request is answered 503.
    """

    def __init__(self, connect: Callable[[], Any]) -> None:
        self._connect = connect
        self._app: Any = None

    def handle(self, requests: Sequence[Request]) -> list[Response]:
        try:
            responses: list[Response] = self._call(
                "handle", [request[:-1] for request in requests]
            )
            return responses
        except Overloaded as error:
            return [error.response(request.path) for request in requests]

    def report(self, front_end: int, connections: int, figures: Figures) -> None:
        self._call("report", front_end, connections, figures)

    def _call(self, method: str, *arguments: Any) -> Any:
        """Calls the owner; Overloaded while it is away."""
        try:
            try:
                return self._send(method, *arguments)
            except BrokenPipeError:
                # The owner of the last call is gone. Nothing was sent; there may be a new one.
                self._app = None
                return self._send(method, *arguments)
        except (OSError, EOFError, RemoteError) as error:
            log.error("the owner of the scores does not answer: %r", error)
            self._app = None
            raise Overloaded("the scores are not available: try again in a moment") from None

    def _send(self, method: str, *arguments: Any) -> Any:
        app = self._app  # another thread may be giving up on it
        if app is None:
            app = self._app = self._connect()
        return getattr(app, method)(*arguments)

    def close(self) -> None:
        """The owner closes its own."""


class Lifeline:
    """A pipe that breaks when the parent has cut it, or is gone however it ended."""

    def __init__(self) -> None:
        self._inside, self._outside = os.pipe()

    def hold(self, then: Callable[[], None]) -> None:
        """In a child: calls `then` from a thread when the pipe breaks."""
        os.close(self._outside)

        def wait() -> None:
            os.read(self._inside, 1)
            then()

        threading.Thread(target=wait, daemon=True).start()

    def cut(self) -> None:
        """In the parent: ends every child that holds it."""
        os.close(self._outside)


class _Manager(BaseManager):
    pass


_Manager.register("packed_app")


def _private_folder() -> str:
    """A new folder that only this user can enter, for the owner's socket."""
    folder = tempfile.mkdtemp(prefix="gameserver-")
    if len(os.fsencode(folder)) > MAX_FOLDER:
        os.rmdir(folder)
        raise StartError("the path for temporary files is too long: set TMPDIR to a shorter one")
    return folder


class Owner:
    """The owner process, seen from the parent that starts it."""

    def __init__(
        self, make_app: Callable[[], App], lifeline: Lifeline, listeners: Sequence[socket.socket]
    ) -> None:
        """`listeners` are the parent's, which the owner has no use for."""
        self._make_app = make_app
        self._listeners = listeners
        self._lifeline = lifeline
        self._folder = _private_folder()
        self._address = os.path.join(self._folder, "owner")
        self._key = os.urandom(32)
        # Python 3.14 no longer forks by default; the application is handed over by the fork.
        self._context = get_context("fork")
        self._app: App | None = None

    def start(self) -> None:
        """Starts the process; returns when workers can connect to it, or raises StartError."""
        inside, outside = self._context.Pipe(duplex=False)
        self._process = self._context.Process(target=self._run, args=(outside,), daemon=True)
        self._process.start()
        outside.close()
        try:
            problem = inside.recv()
        except EOFError:
            problem = "the owner of the scores cannot start"
        if problem:
            raise StartError(problem)

    @property
    def alive(self) -> bool:
        return self._process.is_alive()

    def check_storage(self) -> None:
        """StorageFailed if that is why the process has ended."""
        if self._process.exitcode == StorageFailed.EXIT_CODE:
            raise StorageFailed("the owner of the scores cannot store them any more")

    def connect(self) -> Any:
        """In a worker: a proxy of the `PackedApp` with a connection of its own."""
        manager = _Manager(self._address, self._key)
        manager.connect()
        return manager.packed_app()  # type: ignore[attr-defined]

    def join(self) -> None:
        """Waits for the end of the process, whose lifeline has been cut."""
        self._process.join(STOP_SECONDS)
        self._process.kill()

    def _run(self, started: Pipe) -> None:
        # Ctrl-C goes to all processes of a terminal: the owner outlives the workers' last batch.
        for number in SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        # As long as anybody has them open the kernel goes on accepting clients.
        for listener in self._listeners:
            listener.close()
        self._lifeline.hold(self._end)
        try:
            self._app = self._make_app()
        except StartError as error:
            started.send(str(error))
            return
        app = PackedApp(self._app)
        _Manager.register("packed_app", lambda: app, exposed=("handle", "report"))
        if os.path.exists(self._address):
            os.unlink(self._address)
        server = _Manager(self._address, self._key).get_server()
        started.send(None)
        server.serve_forever()

    def _end(self) -> None:
        """The lifeline has been cut: the workers have got their last answers."""
        if self._app:
            self._app.close()
        shutil.rmtree(self._folder, ignore_errors=True)
        os._exit(0)
