"""The loop that every front end runs: from sockets to batches of requests, and back.

Whatever connections are ready are read; the requests that became complete go to the application as
one batch; the responses go out with one write for each connection. Meanwhile the kernel queues new
input, so batches grow by themselves under load, and work done once per batch costs little per
request.

`ThreadedServer` (`gameserver/server/threaded.py`) is one process with this loop. `ForkedServer`
(`gameserver/processes/forked.py`) starts several.
"""

from __future__ import annotations

import logging
import math
import os
import socket
import time
from collections import deque
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from http.server import HTTPServer
from socketserver import BaseServer
from typing import TYPE_CHECKING, Any

from gameserver.errors import StartError
from gameserver.http11.head_reader import HeadReader
from gameserver.http11.reader import FindClient, RequestReader
from gameserver.monitoring.counters import Counters
from gameserver.monitoring.logs import log_access, log_refusal
from gameserver.monitoring.usage import Meter
from gameserver.server.acceptor import MAX_CONNECTIONS, Acceptor
from gameserver.server.application import Application
from gameserver.server.connection import Connection
from gameserver.server.listeners import turn_away
from gameserver.server.live import Watchers
from gameserver.server.loop import EVENT_READ, Loop, Source, has_hung_up
from gameserver.server.shares import Shares
from gameserver.server.turns import MAX_OWED, Pending, Turns
from gameserver.times import server_clock
from gameserver.web.clients import TrustedProxies
from gameserver.web.errors import InternalError, Overloaded, error_response
from gameserver.web.messages import Request, Response

if TYPE_CHECKING:
    from gameserver.server.tls import TLS

log = logging.getLogger(__name__)

MAX_BATCH = 1_024
"""About as many requests are answered at once; it bounds the memory of a batch."""

STOP_SECONDS = 30
IDLE_STOP_SECONDS = 0.5
"""For the requests of idle clients that are on their way when the server stops."""
BEGUN_STOP_SECONDS = 2
"""For requests that have begun to arrive, or begin meanwhile."""


@dataclass(frozen=True)
class ServerOptions:
    """How a front end treats its clients."""

    max_connections: int = MAX_CONNECTIONS
    access_log: bool = False
    proxies: TrustedProxies = field(default_factory=TrustedProxies)
    tls: TLS | None = None
    max_owed: int = MAX_OWED
    """Bytes of replies that all clients together may leave untaken."""

    def reload(self) -> None:
        """Reads the certificate again, for the connections that come."""
        if self.tls:
            try:
                self.tls.load()
                log.info("the certificate has been read again")
            except StartError as error:
                log.error("the old certificate stays in use: %s", error)


class GameServer(HTTPServer):
    """Serves an application over HTTP until it is told to `stop`.

    Of `socketserver` it uses `process_request`, which the mix-ins give a thread or a process, and
    what that calls: `finish_request`, `handle_error`, `shutdown_request` and `close_request`, with
    a parsed request of a connection in the place of a socket. `serve_forever`, `service_actions`
    and `server_close` keep their meaning. The rest stays unused: the listening sockets come from
    `open_listeners`, since `HTTPServer` opens one alone and looks its name up backwards.
    """

    def __init__(
        self,
        app: Application,
        listeners: Sequence[socket.socket],
        options: ServerOptions | None = None,
    ) -> None:
        BaseServer.__init__(self, listeners[0].getsockname(), Connection)  # type: ignore[arg-type]
        options = options or ServerOptions()
        self.socket = listeners[0]
        self.counters = Counters()
        self._meter = Meter()
        self.stopping = False
        self._app = app
        self._options = options
        self._sockets = listeners
        self._loop = Loop()
        self._heads = HeadReader(app.router.resolve)
        self._acceptor = Acceptor(self._loop, listeners, options.max_connections, self.take)
        self._connections: set[Connection] = set()
        self._turns = Turns(self._loop, self._connections, options.max_owed)
        self.ledger = self._turns.ledger
        self.go_on = self._turns.go_on
        self.postpone = self._turns.postpone
        self.watchers = Watchers(
            self._loop, self._answer_own, self._fail, 3 * options.max_connections // 4
        )
        self._deferred: deque[tuple[Request, Connection]] = deque()
        self._shares = Shares()
        self._finished: deque[tuple[Request, Connection, Response]] = deque()
        self._next_service = 0.0
        self._stop_at = self._let_go_at = math.inf

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return int(self._sockets[0].getsockname()[1])

    def start(self) -> None:
        """Starts everything that has to run before the server says that it listens."""

    def serve_forever(self, poll_interval: float = 0.5) -> None:
        """Serves until `stop`, and then until everything that had arrived is answered."""
        self._acceptor.resume()
        turns, watchers, gathers = self._turns, self.watchers, self._app.gathers
        while self._connections or self._stop_at == math.inf:
            seconds = 0 if turns.waiting and turns.due else poll_interval
            if watchers.watching:
                seconds = min(seconds, watchers.go_on())
            ready: Sequence[Source] = self._loop.wait(seconds)
            if self.stopping and self._stop_at == math.inf:
                self._begin_stop()
                poll_interval = 0.05
            if turns.waiting or self.ledger.total:
                self._serve(turns.now(ready))
            else:
                self._serve(self._loop.gathered(ready) if gathers else ready)
            if self._loop.now >= self._next_service:
                self.service_actions()
                self._next_service = self._loop.now + poll_interval
            if self._loop.now >= self._stop_at:
                break

    def stop(self) -> None:
        """Accepts nothing more, answers what has arrived, and ends. For signal handlers, too."""
        self.stopping = True
        self._loop.wake()

    def reload(self) -> None:
        """Reads the certificate again, for the connections that come. For signal handlers."""
        self._options.reload()

    def abort(self) -> None:
        """Ends at once."""
        log.warning("a second signal: the server ends without waiting for its clients")
        os._exit(1)

    def server_close(self) -> None:
        super().server_close()
        for connection in list(self._connections):
            connection.close()
        for sock in self._sockets:
            sock.close()
        self._loop.close()
        self._app.close()

    # An iteration of the loop

    def _serve(self, ready: Iterable[Source]) -> None:
        """Reads whatever is ready and answers it, a batch at a time."""
        batch: list[Pending] = []
        size = 0
        for source in ready:
            try:
                requests = source.ready()
            except Exception:
                self._fail(source)
                continue
            if requests:
                batch.append((source, requests))
                size += len(requests)
                if size >= MAX_BATCH:
                    self._answer(batch)
                    batch, size = [], 0
        self._answer(batch)
        if self._turns.waiting:
            for few in self._turns.long_ones():
                self._answer(few)
        if self._deferred or self._finished:
            self._defer_and_resume()

    def _defer_and_resume(self) -> None:
        """Starts the requests that block, and responds to those that are answered.

        Only now: the requests in front of it have just been answered.
        """
        while self._deferred or self._finished:
            if self._deferred:
                request, connection = self._deferred.popleft()
                # No earlier than the answers to what stands before it: it may be too late by them.
                request.arrived = request.arrived or server_clock()
                if self._shares.take(connection, request):
                    self.begin(request, connection)
                else:
                    self._refuse_share(request, connection)
                continue
            request, connection, response = self._finished.popleft()
            try:
                self.resume(request, connection, response)
            except Exception:
                self._fail(connection)

    def _answer(self, pending: Sequence[Pending]) -> None:
        """One call to the application for all the requests, one write for each connection."""
        batch = [request for _, requests in pending for request in requests]
        if not batch:
            return
        responses = self._handle(batch)
        start = 0
        for connection, requests in pending:
            try:
                connection.respond(requests, responses, start)
            except Exception:
                self._fail(connection)
            start += len(requests)
        self._record(batch, responses, time.monotonic() - self._loop.now)

    def _handle(self, batch: Sequence[Request]) -> list[Response]:
        try:
            return self._app.handle(batch)
        except Exception:
            log.exception("a batch failed")
            return [failure(request) for request in batch]

    def _answer_own(self, request: Request) -> Response:
        """The response to a request that is no client's."""
        (response,) = self._handle([request])
        return response

    def _record(
        self, requests: Sequence[Request], responses: Sequence[Response], seconds: float
    ) -> None:
        self.counters.count(requests, responses, seconds)
        if self._options.access_log:
            log_access(requests, responses)

    def _fail(self, source: Source) -> None:
        """Contains an error that nobody foresaw: no connection may end the others."""
        log.exception("an unexpected error")
        if isinstance(source, Connection):
            source.close()

    def service_actions(self) -> None:
        """At every interval: ends connections that are too slow, and reports the counters."""
        self._meter.measure(self.counters)
        self.counters.watchers = len(self.watchers.watching)
        if self._options.tls:
            self.counters.tls_failures += self._options.tls.failures
            self._options.tls.failures.clear()
        with suppress(Overloaded):
            self._app.report(os.getpid(), len(self._connections), self.counters)
            self.counters = Counters()
        self._expire([c for c in self._connections if c.deadline <= self._loop.now])
        if self._loop.now >= self._let_go_at:
            self._let_go()
        self._acceptor.resume()

    def _expire(self, connections: Sequence[Connection]) -> None:
        """Ends connections that are over their deadline; not one whose request has just come."""
        arriving = self._loop.arriving() if connections else ()
        for connection in connections:
            if not (connection.idle and connection in arriving):
                connection.expire()

    # Requests that block

    def defer(self, request: Request, connection: Connection) -> None:
        """Has a request that may block answered, after all that was there before it."""
        self._deferred.append((request, connection))

    def begin(self, request: Request, connection: Connection) -> None:
        """Has a deferred request answered; the loop then finds it in `_finished`."""
        self.process_request(request, connection)  # type: ignore[arg-type]

    def _refuse_share(self, request: Request, connection: Connection) -> None:
        """Says that too many requests of its client's wait already."""
        busy = Overloaded("too many requests from your address wait: try again later")
        response = error_response(busy, request.match.error_format)
        self._finished.append((request, connection, response))

    def resume(self, request: Request, connection: Connection, response: Response) -> None:
        """A deferred request is answered."""
        self._shares.give_back(connection)
        self._record([request], [response], time.monotonic() - connection.deferred_at)
        if connection in self._connections:
            connection.resume(request, response)

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Answers a request that may block; its connection stands in for the address."""
        response = failure(request)
        try:
            if not has_hung_up(client_address.fileno()):
                (response,) = self._app.handle([request])
        finally:
            self._finished.append((request, client_address, response))
            self._loop.wake()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """An error in a thread or a child goes to the log, not to the terminal."""
        log.exception("an unexpected error")

    def shutdown_request(self, request: Any) -> None:
        """A request is no socket: there is nothing to shut down."""

    def close_request(self, request: Any) -> None:
        """A request is no socket: there is nothing to close."""

    # Connections

    def take(self, client: socket.socket, address: str, within_limit: bool) -> None:
        """Registers an accepted client; one over its address's limit is told so and closed."""
        tls = self._options.tls
        try:
            socket_or_tls = tls.wrap(client) if tls else client
        except OSError:  # it has gone already
            client.close()
            self._acceptor.left(address)
            return
        trusted = address in self._options.proxies
        reader = RequestReader(self._heads, address, self._find_client(address, trusted))
        connection = Connection(socket_or_tls, address, self._loop, self, reader)
        self._connections.add(connection)
        self._loop.watch(connection, EVENT_READ)
        if within_limit or trusted:
            return
        if tls:
            connection.close()  # to say so would take a handshake
        else:
            connection.refuse(Overloaded("there are too many connections from this address"))

    def _find_client(self, address: str, trusted: bool) -> FindClient | None:
        return partial(self._options.proxies.client, address) if trusted else None

    def left(self, connection: Connection) -> None:
        """A connection is closing."""
        if connection not in self._connections:
            return
        self._loop.watch(connection, 0)
        self._connections.remove(connection)
        self.watchers.leave(connection)
        self._acceptor.left(connection.address)

    def refused(self, connection: Connection, status: int) -> None:
        """Counts and logs input that was not HTTP, or too much of it."""
        self.counters.refused[status] += 1
        if self._options.access_log:
            log_refusal(connection.address, status)

    def turn_away(self) -> None:
        """Lets nobody connect any more."""
        turn_away(self._sockets)

    def _begin_stop(self) -> None:
        """Accepts all clients that have connected, then nobody, and hurries the idle."""
        self.turn_away()
        self._acceptor.stop()
        self.watchers.end()
        self._stop_at = self._loop.now + STOP_SECONDS
        self._let_go_at = self._loop.now + BEGUN_STOP_SECONDS
        for connection in self._connections:
            if connection.idle:
                connection.deadline = self._loop.now + IDLE_STOP_SECONDS

    def _let_go(self) -> None:
        """Ends the connections whose requests do not arrive whole, though the server stops."""
        for connection in list(self._connections):
            if connection.arriving:
                connection.expire()


def failure(request: Request) -> Response:
    """The response to a request that the application failed to answer."""
    return error_response(InternalError(), request.match.error_format)
