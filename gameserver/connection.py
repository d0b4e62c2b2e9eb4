"""One client connection: its socket, its deadline, and the way from bytes to bytes.

A connection reads only while it owes nothing: not while a request of it runs in a thread
(`waiting`), nor while a reply does not fit into the socket's buffer. So a client that does not
read its replies stops itself, and requests are answered in order.

Closing a socket while the client is still sending makes a reset, which can overtake the reply.
So where that may be, the connection *lingers*: its write side is shut, and what comes is
discarded for a while (RFC 9112 section 9.6).
"""

from __future__ import annotations

import math
import socket
from collections.abc import Sequence
from selectors import EVENT_READ, EVENT_WRITE
from typing import TYPE_CHECKING

from gameserver.errors import HTTPError, RequestTimeout
from gameserver.http11.reader import IDLE, IN_BODY, RequestReader
from gameserver.http11.writer import CONTINUE, render
from gameserver.messages import Request, Response

if TYPE_CHECKING:
    from gameserver.server import GameServer

READ_SIZE = 16384

# Seconds, each for the whole of what it bounds.
IDLE_SECONDS = 15
HEAD_SECONDS = 10
BODY_SECONDS = 10
REPLY_SECONDS = 10
LINGER_SECONDS = 2

BODY_BYTES_PER_SECOND = 16384
"""A body has this much time on top."""


class Connection:
    """One client. `ready` when its socket is, until it closes itself."""

    __slots__ = (
        "_lingering", "_output", "_reader", "_server", "_socket", "_waiting",
        "address", "deadline",
    )  # fmt: skip

    def __init__(self, sock: socket.socket, address: str, server: GameServer) -> None:
        self._socket = sock
        self._server = server
        self._reader = RequestReader(server.resolve)
        self._output = b""
        self._waiting = False
        self._lingering = False
        self.address = address
        """The client's address, without the port."""
        self.deadline = server.now + HEAD_SECONDS
        """When it has to be over with what it is at, in the server's time."""

    def fileno(self) -> int:
        return self._socket.fileno()

    @property
    def idle(self) -> bool:
        """Nothing of a request has arrived, and nothing is owed."""
        return self._reader.phase == IDLE and not (self._output or self._waiting)

    def ready(self) -> Sequence[Request]:
        """Reads or writes as the socket allows; returns the requests that became complete."""
        if self._output:
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
        return self._batch(requests)

    def _batch(self, requests: list[Request]) -> Sequence[Request]:
        """Those that the server is to answer now; one that blocks is on its way already."""
        reader = self._reader
        if reader.paused:
            self._wait_for(requests.pop())
        if not requests and (reader.error or reader.owes_continue):
            self.respond((), ())
        return requests

    def _wait_for(self, request: Request) -> None:
        self._waiting = True
        self._server.watch(self, 0)
        self._server.defer(request, self)

    def resume(self, request: Request, response: Response) -> Sequence[Request]:
        """The request that blocked is answered; returns those that had arrived behind it."""
        self._waiting = False
        if not self._output:
            self._server.watch(self, EVENT_READ)
        self.respond((request,), (response,))
        return self._batch(self._reader.resume())

    def respond(self, requests: Sequence[Request], responses: Sequence[Response]) -> None:
        """Sends the responses to the requests, and what is to be said behind them."""
        reader, date = self._reader, self._server.date
        if self._server.stopping:
            reader.stop()
        # What the reply to the newest request says; unless that one is answered later.
        connection = "" if self._waiting or reader.error else reader.connection
        parts = []
        left = len(requests)
        for request, response in zip(requests, responses, strict=True):
            left -= 1
            option = "" if left else connection
            parts.append(render(response, date, option, request.method == "HEAD"))
        if reader.error:
            parts.append(render(reader.error.response(), date, "close"))
        elif reader.owes_continue:
            reader.owes_continue = False
            parts.append(CONTINUE)
        self._send(b"".join(parts))

    def refuse(self, error: HTTPError) -> None:
        """Answers whatever the client sends with the error, and ends."""
        self._reader.fail(error)
        self.respond((), ())

    def expire(self) -> None:
        """The deadline has passed: says so where a request was on its way, and ends."""
        if self._output or self._lingering or self._reader.phase == IDLE:
            self.close()
        else:
            self.refuse(RequestTimeout("the request did not arrive in time"))

    def close(self) -> None:
        self._server.forget(self)
        self._socket.close()

    def _send(self, data: bytes) -> None:
        """Sends the data, or as much as goes, behind what has not been sent yet."""
        if self._output:
            self._output += data
            return
        self._output = self._write(data)
        if self._output:
            self.deadline = self._server.now + REPLY_SECONDS
            self._server.watch(self, EVENT_WRITE)
        else:
            self._sent()

    def _flush(self) -> None:
        self._output = self._write(self._output)
        if not self._output:
            self._server.watch(self, 0 if self._waiting else EVENT_READ)
            self._sent()

    def _write(self, data: bytes) -> bytes:
        """What the socket does not take of the data."""
        try:
            return data[self._socket.send(data) :]
        except BlockingIOError:
            return data
        except OSError:
            self._reader.stop()
            return b""

    def _sent(self) -> None:
        """Nothing is owed any more: goes on or ends."""
        if self._reader.closing and not self._waiting:
            self._end()
        else:
            self._start_deadline()

    def _start_deadline(self) -> None:
        reader = self._reader
        if self._waiting:
            seconds = math.inf
        elif reader.phase == IN_BODY:
            seconds = BODY_SECONDS + reader.body_limit / BODY_BYTES_PER_SECOND
        else:
            seconds = IDLE_SECONDS if reader.phase == IDLE else HEAD_SECONDS
        self.deadline = self._server.now + seconds

    def _end(self) -> None:
        if not self._reader.unread:
            self.close()
            return
        try:
            self._socket.shutdown(socket.SHUT_WR)
        except OSError:
            self.close()
            return
        self._lingering = True
        self.deadline = self._server.now + LINGER_SECONDS
