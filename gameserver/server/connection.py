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
from collections.abc import Sequence
from contextlib import suppress
from selectors import EVENT_READ, EVENT_WRITE
from typing import TYPE_CHECKING

from gameserver.app import INTERNAL_ERROR
from gameserver.http11.reader import IDLE, IN_BODY, IN_HEAD, RequestReader
from gameserver.http11.writer import CONTINUE, render
from gameserver.web.errors import HTTPError, RequestTimeout
from gameserver.web.messages import Request, Response

if TYPE_CHECKING:
    from gameserver.server.base import GameServer
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

_SECONDS: dict[int, float] = {IDLE: IDLE_SECONDS, IN_HEAD: HEAD_SECONDS, IN_BODY: BODY_SECONDS}


class Connection:
    """One client. `ready` when its socket is, until it closes itself."""

    __slots__ = (
        "_lingering", "_output", "_reader", "_sending", "_server", "_socket", "_waiting",
        "address", "deadline", "since",
    )  # fmt: skip

    def __init__(self, sock: Socket, address: str, server: GameServer) -> None:
        self._socket = sock
        self._server = server
        proxies = server.proxies if address in server.proxies else None
        self._reader = RequestReader(server.resolve, address, proxies)
        self._output = b""
        self._sending = False
        self._waiting = False
        self._lingering = False
        self.address = address
        """The client's address, without the port."""
        self.since = server.now
        """When a request of it that blocks was there, in the server's time."""
        self.deadline = server.now + HEAD_SECONDS
        """When it has to be over with what it is at, in the server's time."""

    def fileno(self) -> int:
        return self._socket.fileno()

    @property
    def idle(self) -> bool:
        """Nothing of a request has arrived, and nothing is owed."""
        return self._reader.phase == IDLE and not (self._sending or self._waiting)

    def ready(self) -> Sequence[Request]:
        """Reads or writes as the socket allows; returns the requests to answer now."""
        if self._sending:
            self._flush()
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
        phase = reader.phase
        requests = reader.feed(data)
        if reader.phase != phase:
            self._start_deadline()
        if requests and not reader.paused:
            return requests
        return self._without_blocking(requests)

    def _without_blocking(self, requests: list[Request]) -> Sequence[Request]:
        """What is to be answered now; a request that blocks is sent on its way instead."""
        reader = self._reader
        if reader.paused:
            self._waiting = True
            self.since = self._server.now
            self.deadline = math.inf
            self._server.watch(self, 0)
            self._server.defer(requests.pop(), self)
        elif not requests and (reader.error or reader.owes_continue):
            self.respond((), ())
        return requests

    def resume(self, request: Request, response: Response) -> Sequence[Request]:
        """The request that blocked is answered; returns those that had arrived behind it."""
        self._waiting = False
        self._server.watch(self, EVENT_WRITE if self._sending else EVENT_READ)
        self.respond((request,), (response,))
        return self._without_blocking(self._reader.resume())

    def respond(self, requests: Sequence[Request], responses: Sequence[Response]) -> None:
        """Sends a response for each request, and what is to be said behind them."""
        reader, date = self._reader, self._server.date
        if self._server.stopping:
            reader.stop()
        # What the reply to the newest request says, unless that one is answered later.
        connection = "" if self._waiting or reader.error else reader.connection
        left = len(requests)
        parts = []
        for request, response in zip(requests, responses):  # noqa: B905 (strict costs time)
            left -= 1
            option = "" if left and connection == "close" else connection
            head_only = request.method == "HEAD"
            try:
                parts.append(render(response, date, option, head_only))
            except (KeyError, ValueError):
                log.exception("the response to %s %s failed", request.method, request.path)
                parts.append(render(INTERNAL_ERROR, date, option, head_only))
        if reader.error:
            self._server.record_refusal(self, reader.error.status)
            error = reader.error.response(reader.path)
            parts.append(render(error, date, "close", reader.head_only))
        elif reader.owes_continue:
            reader.owes_continue = False
            parts.append(CONTINUE)
        self._output += b"".join(parts)
        self._flush()

    def refuse(self, error: HTTPError) -> None:
        """Answers whatever the client sends with the error, and ends."""
        self._reader.fail(error)
        self.respond((), ())

    def expire(self) -> None:
        """The deadline has passed: says so where a request was on its way, and ends."""
        if self._sending or self._lingering or self._reader.phase == IDLE:
            self.close()
        else:
            self.refuse(RequestTimeout("the request did not arrive in time"))

    def close(self) -> None:
        self._reader.stop()
        self._server.forget(self)
        self._socket.close()

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
        if self._output:
            self._wait_to_send()
        elif self._reader.closing and not self._waiting:
            self._end()
        else:
            self._start_deadline()
            if self._sending:
                self._sending = False
                self._server.watch(self, 0 if self._waiting else EVENT_READ)

    def _wait_to_send(self) -> None:
        if not self._sending:
            self._sending = True
            self.deadline = self._server.now + REPLY_SECONDS
            self._server.watch(self, EVENT_WRITE)

    def _start_deadline(self) -> None:
        seconds = math.inf if self._waiting else _SECONDS[self._reader.phase]
        if self._reader.phase == IN_BODY:
            seconds += self._reader.body_limit / BODY_BYTES_PER_SECOND
        self.deadline = self._server.now + seconds

    def _end(self) -> None:
        """Closes; where the client may still be sending, not before it has had time to read."""
        if self._reader.unread:
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_WR)
                self._server.watch(self, EVENT_READ)
                self._sending = False
                self._lingering = True
                self.deadline = self._server.now + LINGER_SECONDS
                return
        self.close()
