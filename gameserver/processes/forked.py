"""The server in several processes: one owns the state, the workers speak HTTP."""

from __future__ import annotations

import logging
import os
import signal
import socket
import time
from collections.abc import Callable, Sequence
from selectors import EVENT_READ
from socketserver import ForkingMixIn
from typing import Any

from gameserver.app import App
from gameserver.errors import StartError
from gameserver.processes.owner import Lifeline, Owner, RemoteApp
from gameserver.processes.signals import SIGNALS, obey_signals
from gameserver.server.base import STOP_SECONDS, GameServer
from gameserver.server.threaded import ThreadedServer

log = logging.getLogger(__name__)


class Worker(ThreadedServer):
    """The server in a child process."""

    def abort(self) -> None:
        """A second signal changes nothing: Ctrl-C reaches all processes, and then the parent's."""

    def turn_away(self) -> None:
        """The sockets are those of all workers, and only this one may be stopping."""


class ForkedServer(ForkingMixIn, GameServer):
    """Keeps the owner of the state and the workers running, and serves nothing itself.

    A worker is a `ThreadedServer` on the same listening sockets whose application is the
    owner's. All of them start ahead of need. One that ends is replaced within an interval, which
    is also what keeps a worker that cannot run from being started in a frenzy.
    """

    def __init__(
        self,
        make_app: Callable[[], App],
        listeners: Sequence[socket.socket],
        workers: int,
        **options: Any,
    ) -> None:
        self._lifeline = Lifeline()
        self._owner = Owner(make_app, self._lifeline, listeners)
        super().__init__(RemoteApp(self._owner.connect), listeners, **options)
        self._workers = workers
        self._options = options
        # The mix-in waits for any child at all once there are as many as this.
        self.max_children = workers + 1
        self.active_children: set[int] = set()

    def start(self) -> None:
        """Starts the owner, which loads the scores."""
        self._owner.start()

    def serve_forever(self, poll_interval: float = 0.25) -> None:
        """Keeps workers running until `stop`, and then until they have answered everything."""
        self.watch(self._bell, EVENT_READ)
        try:
            while not self.stopping:
                self.service_actions()
                for key, _ in self._selector.select(poll_interval):
                    key.data.ready()
        finally:
            self._stop_workers()
            self._lifeline.cut()
            self._owner.join()
        self._owner.check_storage()

    def service_actions(self) -> None:
        """At every interval: starts the processes that are missing."""
        before = set(self.active_children)
        super().service_actions()
        for pid in before - self.active_children:
            log.error("worker %d has ended; another takes its place", pid)
        if not self._owner.alive:
            self._owner.check_storage()
            log.critical("the owner of the scores has ended; what was only in memory is lost")
            self._restart_owner()
        while len(self.active_children) < self._workers:
            self._start_worker()

    def _restart_owner(self) -> None:
        try:
            self._owner.start()
        except StartError as error:
            log.critical("%s; trying again", error)

    def _start_worker(self) -> None:
        # Held back meanwhile: a signal that comes while the child is not ready would be lost.
        signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
        try:
            self.process_request(self.socket, self.server_address)
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)

    def finish_request(self, request: Any, client_address: Any) -> None:
        """In a child: serves until told to stop."""
        self._selector.close()
        app = RemoteApp(self._owner.connect)
        worker = Worker(app, self._sockets, **self._options)
        obey_signals(worker)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
        self._lifeline.hold(worker.stop)
        worker.serve_forever()
        worker.server_close()

    def reload(self) -> None:
        super().reload()
        self._signal_workers(signal.SIGHUP)

    def abort(self) -> None:
        self._signal_workers(signal.SIGKILL)
        super().abort()

    def _signal_workers(self, number: int) -> None:
        for pid in self.active_children:
            os.kill(pid, number)

    def _stop_workers(self) -> None:
        # Without the parent's copies the sockets close with the last worker.
        self.turn_away()
        for sock in self._sockets:
            sock.close()
        self._signal_workers(signal.SIGTERM)
        give_up = time.monotonic() + STOP_SECONDS + 1
        while self.active_children and time.monotonic() < give_up:
            self._selector.select(0.02)
            self.collect_children()
        self._signal_workers(signal.SIGKILL)
        self.collect_children(blocking=True)
