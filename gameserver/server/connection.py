"""One client connection: its socket, its deadline, and the way from bytes to bytes.

A connection reads only while it owes nothing: not while a request of it runs in a thread
(`waiting`), nor while a reply does not fit into the socket's buffer. So a client that does not
read its replies stops itself, and requests are answered in order.

Closing a socket while the client is still sending makes a reset, which can overtake the reply. So
where that may be, the connection *lingers*: its write side is shut, and input is discarded for a
while (RFC 9112 section 9.6).
"""

from __future__ import annotations

import logging
import math
import socket
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Protocol

from gameserver.http11.reader import BLOCKED, CLOSED, IDLE, IN_BODY, IN_HEAD, RequestReader
from gameserver.http11.writer import CONTINUE, render
from gameserver.server.loop import EVENT_READ, EVENT_WRITE, Loop, has_hung_up
from gameserver.web.errors import HTTPError, InternalError, RequestTimeout, error_response
from gameserver.web.messages import Request, Response

if TYPE_CHECKING:
    from gameserver.server.tls import TLSSocket

    Socket = socket.socket | TLSSocket

log = logging.getLogger(__name__)

READ_SIZE = 16384

# Seconds, each for the whole of what it bounds.
IDLE_SECONDS = 15
HEAD_SECONDS = 10
BODY_SECONDS = 10
REPLY_SECONDS = 10
LINGER_SECONDS = 2

BODY_BYTES_PER_SECOND = 16384
"""A body has this much time on top."""

_TIMEOUTS: dict[int, float] = {
    IDLE: IDLE_SECONDS, IN_HEAD: HEAD_SECONDS, IN_BODY: BODY_SECONDS,
    BLOCKED: math.inf, CLOSED: IDLE_SECONDS,
}  # fmt: skip
"""By the state of the reader."""


class Host(Protocol):
    """The side of a server that a connection needs."""

    stopping: bool

    def defer(self, request: Request, connection: Connection) -> None:
        """Has a request that may block answered, with `Connection.resume`."""

    def refused(self, connection: Connection, status: int) -> None:
        """The connection sent something that was not HTTP, or too much of it."""

    def left(self, connection: Connection) -> None:
        """The connection is closing."""


class Connection:
    """One client. `ready` when its socket is, until it closes itself."""

    __slots__ = (
        "_host", "_lingering", "_loop", "_output", "_reader", "_sending", "_socket", "_waiting",
        "address", "deadline", "deferred_at",
    )  # fmt: skip

    def __init__(
        self, sock: Socket, address: str, loop: Loop, host: Host, reader: RequestReader
    ) -> None:
        """`address` is the client's, without the port."""
        self._socket = sock
        self._loop = loop
        self._host = host
        self._reader = reader
        self._output = b""
        self._sending = False
        self._waiting = False
        self._lingering = False
        self.address = address
        self.deferred_at = loop.now
        """When a request of it that blocks was there, in the loop's time."""
        self.deadline = loop.now + HEAD_SECONDS
        """When what it is doing times out, in the loop's time."""

    def fileno(self) -> int:
        return self._socket.fileno()

    @property
    def idle(self) -> bool:
        """Nothing of a request has arrived, and nothing is owed."""
        return self._reader.state == IDLE and not (self._sending or self._waiting)

    @property
    def gone(self) -> bool:
        """Whether the client has closed the connection, which is seen while nothing is read."""
        return has_hung_up(self._socket.fileno())

    def ready(self) -> Sequence[Request]:
        """Reads or writes as the socket allows; returns the requests to answer now."""
        if self._sending:
            self._send(b"")
            return ()
        try:
            data = self._socket.recv(READ_SIZE)
        except BlockingIOError:
            return ()
        except OSError:
            data = b""
        if not data:
            self.close()
            return ()
        if self._lingering:
            return ()
        reader = self._reader
        state = reader.state
        requests = reader.feed(data)
        if reader.state != state:
            self._start_deadline()
        if requests and not requests[-1].match.blocking:
            return requests
        return self._without_blocking(requests)

    def _without_blocking(self, requests: list[Request]) -> Sequence[Request]:
        """The requests to answer now; one that blocks is deferred instead."""
        reader = self._reader
        if requests and requests[-1].match.blocking:
            self._waiting = True
            self.deferred_at = self._loop.now
            self.deadline = math.inf
            self._loop.watch(self, 0)
            self._host.defer(requests.pop(), self)
        elif not requests and (reader.error or reader.owes_continue):
            self.respond((), ())
        return requests

    def resume(self, request: Request, response: Response) -> Sequence[Request]:
        """The request that blocked is answered; returns those that had arrived behind it."""
        self._waiting = False
        self._loop.watch(self, EVENT_WRITE if self._sending else EVENT_READ)
        self.respond((request,), (response,))
        requests = self._reader.resume()
        if len(requests) == 1 and requests[0].match.blocking:
            requests[0].arrived = request.arrived  # it had come with it, or before
        return self._without_blocking(requests)

    def respond(
        self, requests: Sequence[Request], responses: Sequence[Response], start: int = 0
    ) -> None:
        """Sends a response for each request, and what is to be said behind them.

        Those of the connection begin at `start` in `responses`, which are a whole batch's.
        """
        reader = self._reader
        if self._host.stopping:
            reader.stop()
        # As the reply to the newest request has it, unless that one is answered later.
        connection = "" if self._waiting or reader.error else reader.connection
        if len(requests) == 1:
            output = self._rendered(requests[0], responses[start], connection)
        else:
            earlier = "" if connection == "close" else connection
            last = len(requests) - 1
            output = b"".join(
                self._rendered(request, responses[start + at], earlier if at < last else connection)
                for at, request in enumerate(requests)
            )
        if reader.error or reader.owes_continue:
            output += self._afterword()
        self._send(output)

    def _rendered(self, request: Request, response: Response, connection: str) -> bytes:
        date, match = self._loop.date, request.match
        head_only = request.method == "HEAD"
        try:
            return render(response, date, connection, head_only, match.fields)
        except (KeyError, ValueError):
            log.exception("the response to %s %s failed", request.method, request.path)
            error = error_response(InternalError(), match.error_format)
            return render(error, date, connection, head_only, match.fields)

    def _afterword(self) -> bytes:
        """The bytes behind the responses: the reader's error, or `100 Continue`."""
        reader = self._reader
        if not reader.error:
            reader.continued()
            return CONTINUE
        self._host.refused(self, reader.error.status)
        error = error_response(reader.error, reader.error_format)
        return render(error, self._loop.date, "close", reader.head_only)

    def refuse(self, error: HTTPError) -> None:
        """Answers whatever the client sends with the error, and ends."""
        self._reader.fail(error)
        self.respond((), ())

    def expire(self) -> None:
        """The deadline has passed: says so where a request was on its way, and ends."""
        arriving = self._reader.state in (IN_HEAD, IN_BODY)
        if arriving and not (self._sending or self._lingering):
            self.refuse(RequestTimeout("the request did not arrive in time"))
        else:
            self.close()

    def close(self) -> None:
        self._reader.stop()
        self._host.left(self)
        self._socket.close()

    def _send(self, output: bytes) -> None:
        """Sends as much as the socket takes, and goes on accordingly."""
        if self._output:
            output = self._output + output
        try:
            sent = self._socket.send(output)
        except BlockingIOError:
            sent = 0
        except OSError:
            self.close()
            return
        if sent < len(output):
            self._output = output[sent:]
            self._wait_to_send()
        elif self._reader.state == IDLE and not self._sending:
            self.deadline = self._loop.now + IDLE_SECONDS
        else:
            self._sent()

    def _sent(self) -> None:
        """All of the output has been sent."""
        self._output = b""
        if self._reader.state == CLOSED and not self._waiting:
            self._end()
            return
        self._start_deadline()
        if self._sending:
            self._sending = False
            self._loop.watch(self, 0 if self._waiting else EVENT_READ)

    def _wait_to_send(self) -> None:
        if not self._sending:
            self._sending = True
            self.deadline = self._loop.now + REPLY_SECONDS
            self._loop.watch(self, EVENT_WRITE)

    def _start_deadline(self) -> None:
        state = self._reader.state
        seconds = math.inf if self._waiting else _TIMEOUTS[state]
        if state == IN_BODY:
            seconds += self._reader.body_limit / BODY_BYTES_PER_SECOND
        self.deadline = self._loop.now + seconds

    def _end(self) -> None:
        """Closes; where the client may still be sending, not before it has had time to read."""
        if self._reader.unread:
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_WR)
                self._loop.watch(self, EVENT_READ)
                self._sending = False
                self._lingering = True
                self.deadline = self._loop.now + LINGER_SECONDS
                return
        self.close()
