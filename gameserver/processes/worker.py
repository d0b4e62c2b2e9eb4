"""The server in a child process: it speaks HTTP, and mostly has the owner of the state answer."""

from __future__ import annotations

import socket
from collections.abc import Iterable, Sequence

from gameserver.processes.remote import RemoteApplication
from gameserver.server.base import ServerOptions
from gameserver.server.connection import Connection
from gameserver.server.loop import Source
from gameserver.server.threaded import ThreadedServer
from gameserver.server.turns import Pending


class Worker(ThreadedServer):
    """A `ThreadedServer` that is one of several."""

    def abort(self) -> None:
        """A second signal changes nothing: Ctrl-C reaches all processes, and then the parent's."""

    def turn_away(self) -> None:
        """The sockets are those of all workers, and only this one may be stopping."""


class RemoteWorker(Worker):
    """A worker in which nothing waits for the owner that does not need it."""

    def __init__(
        self, app: RemoteApplication, listeners: Sequence[socket.socket], options: ServerOptions
    ) -> None:
        super().__init__(app, listeners, options)
        app.while_waiting(self._serve_known)
        self._asking: set[Source] = set()
        """The connections whose requests are with the owner, or wait for it."""
        self._held: list[Pending] = []
        """What has been read meanwhile."""

    def _serve(self, ready: Iterable[Source]) -> None:
        if self._held:
            held, self._held = self._held, []
            self._answer(held)
        super()._serve(ready)

    def _answer(self, pending: Sequence[Pending]) -> None:
        """Before the owner is asked, those are answered who need not wait for it."""
        known = [each for each in pending if each[1] and each[1][0].match.answer]
        if known:
            super()._answer(known)
            pending = [each for each in pending if not (each[1] and each[1][0].match.answer)]
        self._asking = {connection for connection, _ in pending}
        super()._answer(pending)

    def _serve_known(self) -> None:
        """While the owner takes its time: reads on, and answers what needs no owner."""
        for source in self._loop.arriving() - self._asking:
            try:
                requests = source.ready()
            except Exception:
                self._fail(source)
                continue
            if not requests:
                continue
            assert isinstance(source, Connection)
            if all(request.match.answer for request in requests):
                super()._answer([(source, requests)])
            else:
                self._asking.add(source)
                self._held.append((source, requests))
        self._loop.wake()  # it is to look at what is held, and its last call may have been heard
