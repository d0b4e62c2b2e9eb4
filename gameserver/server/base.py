"""The loop that every front end runs: from sockets to batches of requests, and back.

Whatever connections are ready are read; the requests that became complete go to the application
as one batch; the responses go out with one write for each connection. Meanwhile the kernel
queues what arrives, so batches grow by themselves under load, and what costs once per batch
costs little per request.

`ThreadedServer` (`gameserver/threaded.py`) is one process with this loop. `ForkedServer`
(`gameserver/forked.py`) starts several.
"""

from __future__ import annotations

import logging
import math
import os
import selectors
import socket
import time
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from http.server import HTTPServer
from selectors import EVENT_READ, SelectorKey
from socketserver import BaseServer
from typing import TYPE_CHECKING, Any

from gameserver.app import INTERNAL_ERROR, Handler
from gameserver.errors import StartError
from gameserver.http11.writer import date_line
from gameserver.monitoring.logs import log_access, log_refusal
from gameserver.monitoring.metrics import Figures
from gameserver.server.acceptor import MAX_CONNECTIONS, Door
from gameserver.server.connection import Connection
from gameserver.server.listeners import turn_away
from gameserver.server.loop import Bell, Source
from gameserver.urls import router
from gameserver.web.clients import TrustedProxies
from gameserver.web.errors import Overloaded
from gameserver.web.messages import Request, Response

if TYPE_CHECKING:
    from gameserver.server.tls import TLS

log = logging.getLogger(__name__)

MAX_BATCH = 1_024
"""About as many requests are answered at once; it bounds the memory of a batch."""

STOP_SECONDS = 30
IDLE_STOP_SECONDS = 0.5
"""For the requests of idle clients that are on their way when the server stops."""

Turn = tuple[Connection, Sequence[Request]]
"""A connection and what it wants answered in this turn of the loop."""


class GameServer(HTTPServer):
    """Serves an application over HTTP until it is told to `stop`.

    The methods that it has from `socketserver` keep their meaning, but what is processed is a
    parsed request of a connection, and not a socket.
    """

    def __init__(
        self,
        app: Handler,
        listeners: Sequence[socket.socket],
        max_connections: int = MAX_CONNECTIONS,
        access_log: bool = False,
        proxies: TrustedProxies | None = None,
        tls: TLS | None = None,
    ) -> None:
        # Past HTTPServer's own constructor, which would open one more socket.
        BaseServer.__init__(self, listeners[0].getsockname(), Connection)  # type: ignore[arg-type]
        self.socket = listeners[0]
        self.resolve = router.resolve
        self.proxies = proxies or TrustedProxies()
        self.figures = Figures()
        self.stopping = False
        self._tls = tls
        self._app = app
        self._access_log = access_log
        self._sockets = listeners
        self._door = Door(self, listeners, max_connections)
        self._connections: set[Connection] = set()
        self._finished: deque[tuple[Request, Connection, Response]] = deque()
        self._selector = selectors.DefaultSelector()
        self._bell = Bell()
        self._next_service = 0.0
        self._stop_at = math.inf
        self._tick()

    def _tick(self) -> None:
        self.now = time.monotonic()
        """When this turn of the loop began; all deadlines are in this time."""
        self.date = date_line(int(time.time()))

    def start(self) -> None:
        """Before the server says that it listens: starts what has to be there first."""

    def serve_forever(self, poll_interval: float = 0.5) -> None:
        """Serves until `stop`, and then until what had arrived is answered."""
        self.watch(self._bell, EVENT_READ)
        self._door.open()
        while self._connections or self._stop_at == math.inf:
            ready = self._selector.select(poll_interval)
            self._tick()
            if self.stopping and self._stop_at == math.inf:
                self._begin_stop()
                poll_interval = 0.05
            self._serve(ready)
            if self.now >= self._next_service:
                self.service_actions()
                self._next_service = self.now + poll_interval
            if self.now >= self._stop_at:
                break

    def stop(self) -> None:
        """Accepts nothing more, answers what has arrived, and ends. For signal handlers, too."""
        self.stopping = True
        self._bell.ring()

    def reload(self) -> None:
        """Reads the certificate again, for the connections that come. For signal handlers."""
        if self._tls:
            try:
                self._tls.load()
                log.info("the certificate has been read again")
            except StartError as error:
                log.error("the old certificate stays in use: %s", error)

    def abort(self) -> None:
        """Ends at once."""
        os._exit(1)

    def server_close(self) -> None:
        super().server_close()
        for connection in list(self._connections):
            connection.close()
        for sock in self._sockets:
            sock.close()
        self._bell.close()
        self._selector.close()
        self._app.close()

    # A turn of the loop

    def _serve(self, ready: Sequence[tuple[SelectorKey, int]]) -> None:
        """Reads whatever is ready and answers it, a batch at a time."""
        turns: list[Turn] = []
        size = 0
        for key, _ in ready:
            source = key.data
            try:
                requests = source.ready()
            except Exception:
                self._fail(source)
                continue
            if requests:
                turns.append((source, requests))
                size += len(requests)
                if size >= MAX_BATCH:
                    self._answer(turns)
                    turns, size = [], 0
        self._answer(turns)
        # Only now: what was deferred in this turn stands behind what has just been answered.
        while self._finished:
            request, connection, response = self._finished.popleft()
            try:
                requests = self.resume(request, connection, response)
            except Exception:
                self._fail(connection)
                continue
            self._answer([(connection, requests)])

    def _answer(self, turns: Sequence[Turn]) -> None:
        """One call to the application for all the requests, one write for each connection."""
        batch = [request for _, requests in turns for request in requests]
        if not batch:
            return
        try:
            responses = self._app.handle(batch)
        except Exception:
            log.exception("a batch failed")
            responses = [INTERNAL_ERROR] * len(batch)
        start = 0
        for connection, requests in turns:
            end = start + len(requests)
            try:
                connection.respond(requests, responses[start:end])
            except Exception:
                self._fail(connection)
            start = end
        self._record(batch, responses, time.monotonic() - self.now)

    def _record(
        self, requests: Sequence[Request], responses: Sequence[Response], seconds: float
    ) -> None:
        self.figures.count(requests, responses, seconds)
        if self._access_log:
            log_access(requests, responses)

    def record_refusal(self, connection: Connection, status: int) -> None:
        """What a connection sent was not HTTP, or too much of it."""
        self.figures.refused[status] += 1
        if self._access_log:
            log_refusal(connection.address, status)

    def _fail(self, source: Source) -> None:
        """Contains an error that nobody foresaw: no connection may end the others."""
        log.exception("an unexpected error")
        if isinstance(source, Connection):
            source.close()

    def service_actions(self) -> None:
        """At every interval: ends what is too slow, and reports what has been counted."""
        with suppress(Overloaded):
            self._app.report(os.getpid(), len(self._connections), self.figures)
            self.figures = Figures()
        self._expire([c for c in self._connections if c.deadline <= self.now])
        self._door.open()

    def _expire(self, connections: Sequence[Connection]) -> None:
        """Ends connections that are over their deadline; not one whose request has just come."""
        arriving = {key.data for key, _ in self._selector.select(0)} if connections else set()
        for connection in connections:
            if not (connection.idle and connection in arriving):
                connection.expire()

    # Requests that block

    def defer(self, request: Request, connection: Connection) -> None:
        """Has a request that may block answered; the loop then finds it in `_finished`."""
        self.process_request(request, connection)  # type: ignore[arg-type]

    def resume(
        self, request: Request, connection: Connection, response: Response
    ) -> Sequence[Request]:
        """A deferred request is answered; returns what its connection had sent behind it."""
        self._record([request], [response], time.monotonic() - connection.since)
        return connection.resume(request, response) if connection in self._connections else ()

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Answers a request that may block; its connection stands in for the address."""
        response = INTERNAL_ERROR
        try:
            (response,) = self._app.handle([request])
        finally:
            self._finished.append((request, client_address, response))
            self._bell.ring()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """What a thread or a child did not foresee goes to the log, not to the terminal."""
        log.exception("an unexpected error")

    def shutdown_request(self, request: Any) -> None:
        """A request is no socket: there is nothing to shut down."""

    def close_request(self, request: Any) -> None:
        """A request is no socket: there is nothing to close."""

    # Connections

    def watch(self, source: Source, events: int) -> None:
        """Waits for these events of the source; 0: for none."""
        if source.fileno() in self._selector.get_map():
            self._selector.unregister(source)
        if events:
            self._selector.register(source, events, source)

    def forget(self, connection: Connection) -> None:
        """A connection is closing."""
        if connection not in self._connections:
            return
        self.watch(connection, 0)
        self._connections.remove(connection)
        self._door.leave(connection.address)

    def admit(self, client: socket.socket, address: str, within_limit: bool) -> None:
        """Takes in a client that the door has let in; one too many only to say so."""
        try:
            socket_or_tls = self._tls.wrap(client) if self._tls else client
        except OSError:  # it has gone already
            client.close()
            self._door.leave(address)
            return
        connection = Connection(socket_or_tls, address, self)
        self._connections.add(connection)
        self._selector.register(connection, EVENT_READ, connection)
        if within_limit or address in self.proxies:
            return
        if self._tls:
            connection.close()  # to say so would take a handshake
        else:
            connection.refuse(Overloaded("there are too many connections from this address"))

    def turn_away(self) -> None:
        """Lets nobody connect any more."""
        turn_away(self._sockets)

    def _begin_stop(self) -> None:
        """Takes in everybody who has connected, closes the door, and hurries the idle."""
        self.turn_away()
        self._door.close()
        self._stop_at = self.now + STOP_SECONDS
        for connection in self._connections:
            if connection.idle:
                connection.deadline = self.now + IDLE_STOP_SECONDS
