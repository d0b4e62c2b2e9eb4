"""The server in several processes: one owns the state, the workers speak HTTP."""

from __future__ import annotations

import logging
import os
import signal
import socket
import time
from collections.abc import Callable, Sequence
from socketserver import BaseServer, ForkingMixIn
from typing import Any

from gameserver.errors import StartError
from gameserver.processes.lifeline import Lifeline
from gameserver.processes.names import introduce
from gameserver.processes.owner import Owner
from gameserver.processes.shared import SharedState
from gameserver.processes.signals import SIGNALS, obey_signals
from gameserver.processes.worker import Worker
from gameserver.server.application import Application
from gameserver.server.base import STOP_SECONDS, ServerOptions
from gameserver.server.listeners import turn_away
from gameserver.server.loop import Loop
from gameserver.web.routing import Router

log = logging.getLogger(__name__)

RETRY_SECONDS = 0.5
"""Until a process that could not be started is tried again."""


class ForkedServer(ForkingMixIn, BaseServer):
    """Supervises the owner of the state and the workers, which serve.

    A worker is a `ThreadedServer` on the same listening sockets whose application is the owner's.
    All of them start ahead of need. One that ends is replaced at the next interval, so a worker
    that cannot run is not restarted in a frenzy.

    Of `socketserver` it uses the mix-in's `process_request`, which forks a worker, with
    `finish_request` as the work of a worker, and its book of children.
    """

    def __init__(
        self,
        make_app: Callable[[], Application],
        router: Router,
        listeners: Sequence[socket.socket],
        workers: int,
        options: ServerOptions | None = None,
        answers_known: bool = True,
        shared: SharedState | None = None,
    ) -> None:
        """`make_app` makes the application, in the owner; for `answers_known` see
        `RemoteApplication`. With a `shared` state there is no owner.
        """
        super().__init__(listeners[0].getsockname(), Worker)  # type: ignore[arg-type]
        self.stopping = False
        self._lifeline = Lifeline()
        self._owner = shared or Owner(make_app, self._lifeline, listeners, answers_known)
        self._router = router
        self._sockets = listeners
        self._workers = workers
        self._options = options or ServerOptions()
        self._loop = Loop()
        self._start_at = 0.0
        self._is_lost = False
        # The mix-in waits for any child at all once there are as many as this.
        self.max_children = workers + 1
        self.active_children: set[int] = set()

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return int(self._sockets[0].getsockname()[1])

    def start(self) -> None:
        """Starts the owner, which loads the scores."""
        self._owner.start()

    def serve_forever(self, poll_interval: float = 0.25) -> None:
        """Keeps workers running until `stop`, and then until they have answered everything."""
        try:
            while not self.stopping:
                self.service_actions()
                self._serve(poll_interval)
        finally:
            self._stop_workers()
            self._lifeline.cut()
            self._owner.join()
        self._owner.check_storage()

    def _serve(self, seconds: float) -> None:
        """Waits for what workers ask, and for signals."""
        for source in self._loop.wait(seconds):
            source.ready()

    def stop(self) -> None:
        """Has the workers stop, and ends behind them. For signal handlers, too."""
        self.stopping = True
        self._loop.wake()

    def server_close(self) -> None:
        for sock in self._sockets:
            sock.close()
        self._loop.close()

    def service_actions(self) -> None:
        """At every interval: starts the processes that are missing."""
        before = set(self.active_children)
        super().service_actions()
        for pid in before - self.active_children:
            log.error("worker %d has ended; another takes its place", pid)
        if time.monotonic() >= self._start_at:
            try:
                self._start_missing()
            except StartError as error:
                log.critical("%s; trying again", error)
                self._start_at = time.monotonic() + RETRY_SECONDS

    def _start_missing(self) -> None:
        """StartError if the system has no room for another process."""
        if not self._owner.alive:
            self._owner.check_storage()
            if not self._is_lost:
                log.critical("the owner of the scores has ended; anything only in memory is lost")
            self._is_lost = True
            self._owner.start()
            self._is_lost = False
        while len(self.active_children) < self._workers:
            self._start_worker()

    def _start_worker(self) -> None:
        self._owner.prepare(self._loop)
        # Held back meanwhile: a signal that comes while the child is not ready would be lost.
        signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
        try:
            self.process_request(self._sockets[0], self.server_address)
        except OSError as error:
            raise StartError(f"cannot start a worker: {error.strerror}") from None
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)

    def finish_request(self, request: Any, client_address: Any) -> None:
        """In a child: serves until told to stop."""
        self._loop.close()
        try:
            worker = self._owner.make_worker(self._router, self._sockets, self._options)
        except StartError as error:
            log.critical("a worker cannot start: %s", error)
            return
        obey_signals(worker)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
        self._lifeline.hold(worker.stop)
        introduce("worker")  # only now: from here on it ends with the parent, whatever happens
        worker.serve_forever()
        worker.server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """An error in a child goes to the log, not to the terminal."""
        log.exception("an unexpected error")

    def reload(self) -> None:
        """Has the certificate read again, for the workers that are running and those to come."""
        self._options.reload()
        self._signal_workers(signal.SIGHUP)

    def abort(self) -> None:
        """Ends at once."""
        log.warning("a second signal: the server ends without waiting for its clients")
        self._signal_workers(signal.SIGKILL)
        os._exit(1)

    def _signal_workers(self, number: int) -> None:
        for pid in self.active_children:
            os.kill(pid, number)

    def _stop_workers(self) -> None:
        # Without the parent's copies the sockets close with the last worker.
        turn_away(self._sockets)
        for sock in self._sockets:
            sock.close()
        self._signal_workers(signal.SIGTERM)
        give_up = time.monotonic() + STOP_SECONDS + 1
        while self.active_children and time.monotonic() < give_up:
            self._serve(0.02)
            self.collect_children()
        self._signal_workers(signal.SIGKILL)
        self.collect_children(blocking=True)
