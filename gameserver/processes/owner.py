"""The process that owns the state.

The forked server keeps sessions and scores in one process, behind a `multiprocessing` manager. A
random key guards the way to it: a program that can speak to it can run code here.
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from multiprocessing.connection import Connection, Pipe

from gameserver.errors import StartError, StorageFailed
from gameserver.processes.address import make_address
from gameserver.processes.child import Child
from gameserver.processes.lifeline import Lifeline
from gameserver.processes.manager import Manager
from gameserver.processes.names import introduce
from gameserver.processes.remote import ApplicationService, RemoteApplication
from gameserver.processes.signals import SIGNALS
from gameserver.processes.worker import RemoteWorker, Worker
from gameserver.server.application import Application
from gameserver.server.base import STOP_SECONDS, ServerOptions
from gameserver.server.loop import Loop
from gameserver.web.routing import Router

log = logging.getLogger(__name__)

WATCH_SECONDS = 0.5
"""Between two looks at whether workers can still find the owner."""


class Owner:
    """The owner process, seen from the parent that starts it."""

    def __init__(
        self,
        make_app: Callable[[], Application],
        lifeline: Lifeline,
        listeners: Sequence[socket.socket],
        answers_known: bool = True,
    ) -> None:
        """`listeners` are the parent's, which the owner has no use for.

        For `answers_known` see `RemoteApplication`.
        """
        self._answers_known = answers_known
        self._make_app = make_app
        self._listeners = listeners
        self._lifeline = lifeline
        self._address = make_address()
        self.manager = Manager(self._address.name, os.urandom(32))
        self._process: Child | None = None
        self._app: Application | None = None

    def start(self) -> None:
        """Starts the process; returns when workers can connect to it, or raises StartError."""
        try:
            problem = self._start()
        except OSError as error:
            problem = f"cannot start the owner of the scores: {error.strerror}"
        except EOFError:
            problem = "the owner of the scores cannot start"
        if problem:
            self._address.remove()
            raise StartError(problem)

    def _start(self) -> str:
        """Starts the process; returns what is wrong, as it says itself."""
        inside, outside = Pipe(duplex=False)
        with inside:
            with outside:
                self._process = Child(partial(self._run, outside))
            return str(inside.recv())

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.exit_code is None

    def check_storage(self) -> None:
        """StorageFailed if that is why the process has ended."""
        if self._process and self._process.exit_code == StorageFailed.EXIT_CODE:
            raise StorageFailed("the owner of the scores cannot store them any more")

    def prepare(self, loop: Loop) -> None:
        """Before a worker is forked: there is nothing to prepare."""

    def make_worker(
        self, router: Router, listeners: Sequence[socket.socket], options: ServerOptions
    ) -> Worker:
        """In a worker's process: the server that it is."""
        app = RemoteApplication(router, self.manager.open_line, self._answers_known)
        return RemoteWorker(app, listeners, options)

    def join(self) -> None:
        """Waits for the end of the process, whose lifeline has been cut."""
        if self._process:
            self._process.end(STOP_SECONDS)
        self._address.remove()  # if it was killed

    def _run(self, started: Connection) -> None:
        introduce("owner")
        # Ctrl-C goes to all processes of a terminal: the owner outlives the workers' last batch.
        for number in SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        # As long as anybody has them open the kernel goes on accepting clients.
        for listener in self._listeners:
            listener.close()
        try:
            self._lifeline.hold(self._end)
            self._app = self._make_app()
            self._listen()
            started.send("")
            self._keep_listening()
        except StartError as error:
            started.send(str(error))

    def _listen(self) -> None:
        assert self._app
        self._address.prepare()
        server = self.manager.make_server(ApplicationService(self._app).answer)
        threading.Thread(target=server.accepter, daemon=True).start()

    def _keep_listening(self) -> None:
        """Listens anew whenever somebody has removed the socket; the open lines are not touched."""
        while True:
            time.sleep(WATCH_SECONDS)
            try:
                if not self._address.exists():
                    log.warning("the socket of the owner has been removed; it makes another one")
                    self._listen()
            except (OSError, RuntimeError) as error:
                log.error("no worker can be connected: %s; it tries again", error)

    def _end(self) -> None:
        """The lifeline has been cut: the workers have got their last answers."""
        if self._app:
            self._app.close()
        self._address.remove()
        os._exit(0)
