"""One client connection: its socket, its deadline, and the way from bytes to bytes.

A connection reads only while it owes nothing: not while a request of it runs in a thread
(`waiting`), nor while a reply does not fit into the socket's buffer. So a client that does not
read its replies stops itself, and requests are answered in order.

Closing a socket while the client is still sending makes a reset, which can overtake the reply.
So where that may be, the connection *lingers*: its write side is shut, and what comes is
discarded for a while (RFC 9112 section 9.6).
"""

from __future__ import annotations

import logging
import math
import socket
import struct
from collections.abc import Sequence
from contextlib import suppress
from selectors import EVENT_READ, EVENT_WRITE
from typing import TYPE_CHECKING, Protocol

from gameserver.http11.reader import BLOCKED, CLOSED, IDLE, IN_BODY, IN_HEAD, RequestReader
from gameserver.http11.writer import CONTINUE, render
from gameserver.server.loop import Loop
from gameserver.server.stream import Stream, hold_back
from gameserver.web.errors import HTTPError, InternalError, RequestTimeout, error_response
from gameserver.web.messages import Request, Response

if TYPE_CHECKING:
    from gameserver.server.tls import TLSSocket

    Socket = socket.socket | TLSSocket

log = logging.getLogger(__name__)

READ_SIZE = 16384

# Seconds, each for the whole of what it bounds; what streams has them anew with each byte taken.
IDLE_SECONDS = 15
HEAD_SECONDS = 10
BODY_SECONDS = 10
REPLY_SECONDS = 10
LINGER_SECONDS = 2

BODY_BYTES_PER_SECOND = 16384
"""A body has this much time on top."""

_RESET = struct.pack("ii", 1, 0)
"""For `SO_LINGER`: what is not sent yet is thrown away, and the other end is told (socket(7))."""

_TIMEOUTS: dict[int, float] = {
    IDLE: IDLE_SECONDS, IN_HEAD: HEAD_SECONDS, IN_BODY: BODY_SECONDS,
    BLOCKED: math.inf, CLOSED: IDLE_SECONDS,
}  # fmt: skip
"""By the state of the reader."""


class Host(Protocol):
    """What a connection needs of its server."""

    stopping: bool

    def defer(self, request: Request, connection: Connection) -> None:
        """Has a request that may block answered, with `Connection.resume`."""

    def refused(self, connection: Connection, status: int) -> None:
        """What the connection sent was not HTTP, or too much of it."""

    def left(self, connection: Connection) -> None:
        """The connection is closing."""


class Connection:
    """One client. `ready` when its socket is, until it closes itself."""

    __slots__ = (
        "_host", "_lingering", "_loop", "_output", "_reader", "_sending", "_socket", "_stream",
        "_waiting", "address", "deadline", "deferred_at",
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
        self._stream: Stream | None = None
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

    def ready(self) -> Sequence[Request]:
        """Reads or writes as the socket allows; returns the requests to answer now."""
        if self._sending:
            return self._send_on()
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
        if requests and not requests[-1].match.alone:
            return requests
        return self._without_blocking(requests)

    def _send_on(self) -> Sequence[Request]:
        """The socket takes more: of the output, or else the next chunk of what streams."""
        stream = self._stream
        if self._output or stream is None:
            self._flush()
            return ()
        if stream.next:
            return (stream.next,)
        self._stream = None
        self._sending = False
        self._loop.watch(self, EVENT_READ)
        self._start_deadline()
        return self._without_blocking(self._reader.resume())

    def _without_blocking(self, requests: list[Request]) -> Sequence[Request]:
        """What is to be answered now; a request that blocks is deferred instead."""
        reader = self._reader
        if requests and not requests[-1].match.blocking:
            if requests[-1].match.alone:
                self._stream = Stream(requests[-1])
                hold_back(self._socket)
        elif requests:
            self._waiting = True
            self.deferred_at = self._loop.now
            self.deadline = math.inf
            self._loop.watch(self, 0)
            self._host.defer(requests.pop(), self)
        elif reader.error or reader.owes_continue:
            self.respond((), ())
        return requests

    def resume(self, request: Request, response: Response) -> Sequence[Request]:
        """The request that blocked is answered; returns those that had arrived behind it."""
        self._waiting = False
        self._loop.watch(self, EVENT_WRITE if self._sending else EVENT_READ)
        self.respond((request,), (response,))
        return self._without_blocking(self._reader.resume())

    def respond(self, requests: Sequence[Request], responses: Sequence[Response]) -> None:
        """Sends a response for each request, and what is to be said behind them."""
        reader = self._reader
        if self._host.stopping:
            reader.stop()
        # What the reply to the newest request says, unless that one is answered later.
        connection = "" if self._waiting or reader.error else reader.connection
        if self._stream:
            output = self._streamed(self._stream, requests, responses, connection)
        elif len(requests) == 1:
            output = self._rendered(requests[0], responses[0], connection)
        else:
            output = self._pipelined(requests, responses, connection)
        if reader.error or reader.owes_continue:
            output += self._afterword()
        self._output = self._output + output if self._output else output
        self._flush()

    def _pipelined(
        self, requests: Sequence[Request], responses: Sequence[Response], connection: str
    ) -> bytes:
        """The responses, of which only the last can be the connection's last."""
        earlier = "" if connection == "close" else connection
        last = len(requests) - 1
        return b"".join(
            self._rendered(request, response, earlier if at < last else connection)
            for at, (request, response) in enumerate(zip(requests, responses, strict=True))
        )

    def _streamed(
        self,
        stream: Stream,
        requests: Sequence[Request],
        responses: Sequence[Response],
        connection: str,
    ) -> bytes:
        """The next chunk, or what a response begins with and the responses in front of it."""
        if not stream.next:
            output = self._pipelined(requests, responses, connection)
        elif responses[0].status == 200:
            output = stream.go_on(responses[0])
        else:
            self._cut_off()
            return b""
        if stream.next and connection:
            self._reader.stop()  # the end of the connection is that of the response
        elif self._reader.state == CLOSED and not stream.next:
            self._stream = None
        return output

    def _rendered(self, request: Request, response: Response, connection: str) -> bytes:
        date, fields = self._loop.date, request.match.fields
        head_only = request.method == "HEAD"
        start = self._stream.begin if self._stream and response.more else render
        try:
            return start(response, date, connection, head_only, fields)
        except (KeyError, ValueError):
            log.exception("the response to %s %s failed", request.method, request.path)
            error = error_response(InternalError(), request.match.error_format)
            return render(error, date, connection, head_only, fields)

    def _afterword(self) -> bytes:
        """What is said behind the responses: the reader's error, or `100 Continue`."""
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

    def _cut_off(self) -> None:
        """Closes with a reset: the client must not take for whole what it has got."""
        with suppress(OSError):
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self.close()

    def _flush(self) -> None:
        """Sends as much as the socket takes, and goes on accordingly."""
        try:
            sent = self._socket.send(self._output)
        except BlockingIOError:
            sent = 0
        except OSError:
            self.close()
            return
        self._output = self._output[sent:]
        if self._output or self._stream:
            self._wait_to_send(sent)
        elif self._reader.state == CLOSED and not self._waiting:
            self._end()
        else:
            self._start_deadline()
            if self._sending:
                self._sending = False
                self._loop.watch(self, 0 if self._waiting else EVENT_READ)

    def _wait_to_send(self, sent: int) -> None:
        if not self._sending:
            self._loop.watch(self, EVENT_WRITE)
        if not self._sending or (self._stream and sent):
            self.deadline = self._loop.now + REPLY_SECONDS
        self._sending = True

    def _start_deadline(self) -> None:
        seconds = math.inf if self._waiting else _TIMEOUTS[self._reader.state]
        if self._reader.state == IN_BODY:
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
