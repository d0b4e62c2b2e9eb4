"""The process that owns the state, and how the worker processes reach it.

The forked server keeps sessions and scores in one process, behind a `multiprocessing` manager; a
worker sends it each batch with one call. The socket between them is in a folder that only this
user can enter, and a random key guards it: a program that can speak to it can run code here.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import tempfile
from collections.abc import Callable, Sequence
from multiprocessing import get_context
from multiprocessing.connection import Connection as Pipe
from multiprocessing.managers import BaseManager
from typing import Any

from gameserver.errors import StartError, StorageFailed
from gameserver.processes.lifeline import Lifeline
from gameserver.processes.remote import ApplicationService
from gameserver.processes.signals import SIGNALS
from gameserver.server.application import Application
from gameserver.server.base import STOP_SECONDS

MAX_FOLDER = 90
"""Bytes of a path to which a socket's name can still be added (unix(7): 108 in all)."""


class _Manager(BaseManager):
    pass


_Manager.register("service")


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
        self,
        make_app: Callable[[], Application],
        lifeline: Lifeline,
        listeners: Sequence[socket.socket],
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
        self._app: Application | None = None

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
        """In a worker: a proxy of the `ApplicationService` with a connection of its own."""
        manager = _Manager(self._address, self._key)
        manager.connect()
        return manager.service()  # type: ignore[attr-defined]

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
        service = ApplicationService(self._app)
        _Manager.register("service", lambda: service, exposed=("handle", "report"))
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
