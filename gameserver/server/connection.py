"""One client connection: its socket, its deadline, and the way from bytes to bytes.

A connection reads only while it owes nothing: not while a request of it runs in a thread
(`waiting`), nor while a reply does not fit into the socket's buffer, nor before all that it has
read is answered (`held`: any of the three). So a client that does not read its replies stops
itself, and requests are answered in order.

Closing a socket while the client is still sending makes a reset, which can overtake the reply.
So where that may be, the connection *lingers*: its write side is shut, and what comes is
discarded for a while (RFC 9112 section 9.6).
"""

from __future__ import annotations

import logging
import math
import socket
import struct
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Protocol

from gameserver.http11.reader import BLOCKED, CLOSED, IDLE, IN_BODY, IN_HEAD, RequestReader
from gameserver.http11.writer import CONTINUE, render
from gameserver.server.debts import Debt, Ledger
from gameserver.server.loop import EVENT_READ, EVENT_WRITE, Loop
from gameserver.server.stream import LiveStream, News, Stream, give_up_after, hold_back
from gameserver.web.errors import HTTPError, InternalError, RequestTimeout, error_response
from gameserver.web.messages import Headers, Request, Response

if TYPE_CHECKING:
    from gameserver.server.tls import TLSSocket

    Socket = socket.socket | TLSSocket

log = logging.getLogger(__name__)

READ_SIZE = 4096
BODY_READ_SIZE = 16384

# Seconds, each for the whole of what it bounds; what streams has them anew with each byte taken.
IDLE_SECONDS = 15
HEAD_SECONDS = 10
BODY_SECONDS = 10
REPLY_SECONDS = 10
COMMENT_SECONDS = 15
"""A response that waits for news says something at least so often."""
LINGER_SECONDS = 2
LINGER_STOP_SECONDS = 0.5
"""When the server stops."""

BODY_BYTES_PER_SECOND = 16384
"""A body has this much time on top."""

_RESET = struct.pack("ii", 1, 0)
"""For `SO_LINGER`: what is not sent yet is thrown away, and the other end is told (socket(7))."""

_TIMEOUTS: dict[int, float] = {
    IDLE: IDLE_SECONDS, IN_HEAD: HEAD_SECONDS, IN_BODY: BODY_SECONDS,
    BLOCKED: math.inf, CLOSED: IDLE_SECONDS,
}  # fmt: skip
"""By the state of the reader."""


Begin = Callable[[Response, bytes, str, bool, Headers], bytes]
"""Makes the bytes of a response, or those with which it begins: see `render`."""


class LiveHost(Protocol):
    """The side of those who wait for news that a connection needs."""

    def admit(self, connection: Connection, request: Request) -> None:
        """Takes a place for what may become a stream; where there is none it is refused."""

    def open(
        self, connection: Connection, request: Request, response: Response
    ) -> tuple[bytes, bytes]:
        """A stream waits for news from now on; returns its first bytes, and its first events."""

    def silent(self, connection: Connection) -> None:
        """Nothing was said to the connection for a while."""

    def leave(self, connection: Connection) -> None:
        """The connection waits no longer."""


class Host(Protocol):
    """The side of a server that a connection needs."""

    stopping: bool
    ledger: Ledger

    @property
    def watchers(self) -> LiveHost:
        """Where streams that wait for news are."""

    def postpone(self, requests: Sequence[Request], connection: Connection) -> None:
        """Has requests answered of which the last may have a long reply."""

    def go_on(self, connection: Connection) -> None:
        """Has the connection `ready` in the next iteration: more has arrived."""

    def defer(self, request: Request, connection: Connection) -> None:
        """Has a request that may block answered, with `Connection.resume`."""

    def refused(self, connection: Connection, status: int) -> None:
        """The connection sent something that was not HTTP, or too much of it."""

    def left(self, connection: Connection) -> None:
        """The connection is closing."""


class Connection:
    """One client. `ready` when its socket is, until it closes itself."""

    __slots__ = (
        "_arrived", "_debt", "_host", "_lingering", "_loop", "_reader", "_socket", "_stalled",
        "_stream", "_waiting", "address", "deadline", "deferred_at", "held",
    )  # fmt: skip

    def __init__(
        self, sock: Socket, address: str, loop: Loop, host: Host, reader: RequestReader
    ) -> None:
        """`address` is the client's, without the port."""
        self._socket = sock
        self._loop = loop
        self._host = host
        self._reader = reader
        self._debt: Debt | None = None
        """Replies that did not fit into the socket's buffer."""
        self._stalled = False
        """They did not fit, and since then not all that had been read is answered."""
        self._stream: Stream | None = None
        """The response that goes on when the client has taken the last chunk."""
        self._waiting = False
        self._arrived = 0.0
        """When the request that blocked, and was answered last, had arrived."""
        self._lingering = False
        self.held = False
        """It does not read."""
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
        return self._reader.state == IDLE and not self.held

    @property
    def arriving(self) -> bool:
        """A part of a request has arrived, and nothing is owed."""
        return self._reader.state in (IN_HEAD, IN_BODY) and not (self.held or self._lingering)

    @property
    def owed(self) -> bool:
        """The client has replies to take."""
        return self._debt is not None or self._stream is not None

    def ready(self) -> Sequence[Request]:
        """Reads or writes as the socket allows; returns the requests to answer now."""
        if self.held:
            return self._go_on()
        reader = self._reader
        state = reader.state
        try:
            data = self._socket.recv(READ_SIZE if state != IN_BODY else BODY_READ_SIZE)
        except BlockingIOError:
            return ()
        except OSError:
            data = b""
        if not data:
            self.close()
            return ()
        if self._lingering:
            return ()
        requests = reader.feed(data, self._loop.share)
        if reader.state != state:
            self._start_deadline()
        if requests and not requests[-1].match.alone:
            return requests
        return self._set_apart(requests)

    def _set_apart(self, requests: list[Request]) -> Sequence[Request]:
        """What is to be answered now; what stands alone is answered later."""
        reader = self._reader
        if not requests:
            if reader.error or reader.owes_continue:
                self.respond((), ())
        elif requests[-1].match.blocking:
            self._waiting = True
            self.deferred_at = self._loop.now
            self.hold()
            self._host.defer(requests.pop(), self)
        elif requests[-1].match.alone:
            if requests[-1].match.streams:
                self._begin_stream(requests[-1])
            elif requests[-1].match.answer and not self._host.ledger.total:
                # It is made already, and everybody has taken what they are owed.
                if not reader.behind:
                    reader.resume()
                return requests
            self._host.postpone(requests, self)
            return ()
        return requests

    def _begin_stream(self, request: Request) -> None:
        if request.match.live:
            watchers = self._host.watchers
            watchers.admit(self, request)
            self._stream = LiveStream(request, partial(watchers.open, self))
        else:
            self._stream = Stream(request)
        hold_back(self._socket)

    def resume(self, request: Request, response: Response) -> None:
        """The request that blocked is answered."""
        self._waiting = False
        self._arrived = request.arrived
        self.respond((request,), (response,))

    def hold(self) -> None:
        """Reads nothing until it has responded."""
        self.held = True
        if not self._stalled:
            self.deadline = math.inf
        self._loop.watch(self, 0)

    def _go_on(self) -> Sequence[Request]:
        """Sends what is owed, or else turns to the requests that arrived behind the last ones."""
        if self._debt:
            self._pay(self._debt)
            return ()
        if self._stream and self._stream.next:
            self._stalled = False
            self.hold()
            self._host.postpone((self._stream.next,), self)
            return ()
        requests = self._reader.resume(self._loop.share)
        if not requests:
            self._read_on()
        elif requests[0].match.blocking:
            requests[0].arrived = self._arrived  # it had come with that one, or before
        self._arrived = 0.0
        return self._set_apart(requests)

    def _pay(self, debt: Debt) -> None:
        """Sends of what is owed as much as the socket takes, which is ready for some of it."""
        if self._stream:
            self.deadline = self._loop.now + REPLY_SECONDS
        try:
            if debt.pay(self._socket):
                self._debt = None
                self._settled()
        except OSError:
            self.close()

    def respond(
        self, requests: Sequence[Request], responses: Sequence[Response], start: int = 0
    ) -> None:
        """Sends a response for each request, and behind them the reader's error, if any.

        Those of the connection begin at `start` in `responses`, which are a whole batch's.
        """
        reader = self._reader
        if self._host.stopping and not (reader.state == BLOCKED and reader.behind):
            reader.stop()
        # As the reply to the newest request has it, unless that one is answered later.
        connection = "" if self._waiting or reader.error else reader.connection
        body = responses[start + len(requests) - 1].body if requests else b""
        if stream := self._stream:
            own = responses[start : start + len(requests)]
            output = self._streamed(stream, requests, own, connection)
            if isinstance(stream, LiveStream):
                output += (body := stream.first_events())
        elif len(requests) == 1:
            output = self._rendered(requests[0], responses[start], connection)
        else:
            output = self._pipelined(requests, responses, start, connection)
        if reader.error or reader.owes_continue:
            output += self._afterword()
        self._send(output, body)

    def _pipelined(
        self,
        requests: Sequence[Request],
        responses: Sequence[Response],
        start: int,
        connection: str,
    ) -> bytes:
        """The responses, of which only the last can be the connection's last."""
        earlier = "" if connection == "close" else connection
        last = len(requests) - 1
        return b"".join(
            self._rendered(request, responses[start + at], earlier if at < last else connection)
            for at, request in enumerate(requests)
        )

    def _streamed(
        self,
        stream: Stream,
        requests: Sequence[Request],
        responses: Sequence[Response],
        connection: str,
    ) -> bytes:
        """The next chunk, or the beginning of a response and the responses in front of it."""
        response = responses[-1]
        if not stream.goes_on:
            earlier = "" if connection == "close" else connection
            output = self._pipelined(requests[:-1], responses, 0, earlier)
            begin = stream.begin if response.more else render
            output += self._rendered(requests[-1], response, connection, begin)
        elif response.status == 200:
            output = stream.go_on(response)
        else:
            self._stream = None
            self._cut_off()
            return b""
        is_live = isinstance(stream, LiveStream)
        if not stream.goes_on or (is_live and self._host.stopping):
            self._forget_stream()
        elif connection or is_live:
            self._reader.stop()  # the end of the connection is that of the response
        if is_live:
            give_up_after(self._socket, REPLY_SECONDS)
        return output

    def _forget_stream(self) -> None:
        if isinstance(self._stream, LiveStream):
            self._host.watchers.leave(self)
        self._stream = None

    def _rendered(
        self, request: Request, response: Response, connection: str, begin: Begin = render
    ) -> bytes:
        date, match = self._loop.date, request.match
        head_only = request.method == "HEAD"
        try:
            return begin(response, date, connection, head_only, match.fields)
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
        if self.arriving:
            self.refuse(RequestTimeout("the request did not arrive in time"))
        elif isinstance(self._stream, LiveStream) and not self._debt:
            self.deadline = math.inf
            self._host.watchers.silent(self)
        elif self._stream:
            self._cut_off()
        else:
            self.close()

    def tell(self, news: News) -> bool:
        """Sends news to a client that waits for them, if it has taken the last; whether it had."""
        assert isinstance(self._stream, LiveStream)
        if self._debt:
            return False
        data = self._stream.framed(news)
        self._send(data, data)
        return True

    def end_stream(self) -> None:
        """Ends the response that waits for news; at once where the client is slow."""
        assert isinstance(self._stream, LiveStream)
        if self._debt:
            self._cut_off()
            return
        end = self._stream.end
        self._forget_stream()
        self._send(end, b"")

    def close(self) -> None:
        self._reader.stop()
        self._host.left(self)
        self._socket.close()
        if self._debt:
            self._debt.cancel()
            self._debt = None

    def _cut_off(self) -> None:
        """Closes with a reset: the client must not take for whole what it has got."""
        with suppress(OSError):
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self.close()

    def _send(self, output: bytes, body: bytes) -> None:
        """Sends as much as the socket takes, and goes on accordingly.

        `body` is that of the last response in the output.
        """
        if self._debt:
            self._debt.add(output)
            return
        try:
            sent = self._socket.send(output)
        except BlockingIOError:
            sent = 0
        except OSError:
            self.close()
            return
        if sent < len(output):
            self._owe(output, sent, body)
        elif self._reader.state == IDLE and not self.held:
            self.deadline = self._loop.now + IDLE_SECONDS
        elif self._reader.state >= BLOCKED:
            self._settled()
        elif self.held:
            self._read_on()
        else:
            self._start_deadline()

    def _owe(self, output: bytes, sent: int, body: bytes) -> None:
        self._debt = Debt(self._host.ledger)
        self._debt.add(output, sent, body, getattr(self._socket, "RECORD_SIZE", 0))
        if not self._stalled:
            self._stalled = True
            self.deadline = self._loop.now + REPLY_SECONDS
        self.held = True
        self._loop.watch(self, EVENT_WRITE)

    def _settled(self) -> None:
        """The client has taken all replies: goes on with what is behind them, or ends."""
        reader = self._reader
        if isinstance(self._stream, LiveStream):
            self._await_news()
        elif self._stream:
            self._await_room()
        elif self._waiting:
            self._stalled = False
            self.hold()
        elif reader.state == CLOSED:
            self._end()
        elif reader.state == BLOCKED and reader.behind:
            self.held = True
            self._host.go_on(self)
        else:
            reader.resume()
            self._read_on()

    def _await_room(self) -> None:
        """Goes on with the response that streams when the socket takes more."""
        self.held = True
        self.deadline = self._loop.now + REPLY_SECONDS
        self._loop.watch(self, EVENT_WRITE)

    def _await_news(self) -> None:
        """Waits until there are some, or until the client goes."""
        self.held = self._stalled = False
        self.deadline = self._loop.now + COMMENT_SECONDS
        self._loop.watch(self, EVENT_READ)

    def _read_on(self) -> None:
        self.held = self._stalled = False
        self._start_deadline()
        self._loop.watch(self, EVENT_READ)

    def _start_deadline(self) -> None:
        state = self._reader.state
        seconds = _TIMEOUTS[state]
        if state == IN_BODY:
            seconds += self._reader.body_limit / BODY_BYTES_PER_SECOND
        self.deadline = self._loop.now + seconds

    def _end(self) -> None:
        """Closes; where the client may still be sending, not before it has had time to read."""
        if self._reader.unread:
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_WR)
                self._loop.watch(self, EVENT_READ)
                self.held = False
                self._lingering = True
                seconds = LINGER_STOP_SECONDS if self._host.stopping else LINGER_SECONDS
                self.deadline = self._loop.now + seconds
                return
        self.close()
