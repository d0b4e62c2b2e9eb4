"""A response that is made while it is sent: a chunk whenever the client has taken the last one.

The request for the next chunk is the first one again, with the captures that the last response
asked for (`Response.more`). It goes the same way, in a batch with the requests of others, so a
long response holds nobody up and is never in memory as a whole.

A live response has no end: behind its first chunk it has news, whenever there are some (`live.py`).

In HTTP/1.1 the response is chunked (RFC 9112 section 7.1). Where the connection ends behind it,
that is its end as well (section 6.3), since HTTP/1.0 knows no chunks.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import NamedTuple, Protocol

from gameserver.http11.writer import LAST_CHUNK, render_chunk, render_start
from gameserver.web.messages import Headers, Request, Response


class Options(Protocol):
    """A socket as far as its options go."""

    def setsockopt(self, level: int, name: int, value: int, /) -> None:
        """Sets an option."""


CHUNK_ROUTE = "chunk"
"""The name under which the metrics count the chunks behind the first."""


UNSENT_BYTES = 64 * 1024
"""So much of a response waits in the kernel, where nobody sees whether the client takes it."""


def hold_back(sock: Options) -> None:
    """Has the kernel take no more of a response than the client is about to take (tcp(7))."""
    option = getattr(socket, "TCP_NOTSENT_LOWAT", None)
    if option is not None:
        with suppress(OSError):
            sock.setsockopt(socket.IPPROTO_TCP, option, UNSENT_BYTES)


def give_up_after(sock: Options, seconds: float) -> None:
    """Has the kernel break the connection when the client's has taken nothing for so long (tcp(7)).

    It knows sooner than anybody here, who sees nothing of it until its buffers are full: of
    clients that have vanished as well as of those that read nothing.
    """
    option = getattr(socket, "TCP_USER_TIMEOUT", None)
    if option is not None:
        with suppress(OSError):
            sock.setsockopt(socket.IPPROTO_TCP, option, int(1000 * seconds))


class News(NamedTuple):
    """What is sent to many: as it is, and as a chunk."""

    plain: bytes
    chunk: bytes

    @classmethod
    def of(cls, data: bytes) -> News:
        return cls(data, render_chunk(data))


class Stream:
    """The response to one request, if it has more than one chunk."""

    __slots__ = ("_request", "chunked", "next")

    def __init__(self, request: Request) -> None:
        self._request = request
        self.chunked = False
        self.next: Request | None = None
        """Asks for the next chunk; None before the first and behind the last."""

    @property
    def goes_on(self) -> bool:
        """It has begun, and not ended."""
        return self.next is not None

    def begin(
        self, response: Response, date: bytes, connection: str, head_only: bool, fields: Headers
    ) -> bytes:
        """The head and the first chunk of a response that has more; see `render`."""
        if head_only:
            return render_start(response, date, connection, fields)
        self.chunked = not connection
        start = render_start(response, date, "close" if connection else "", fields)
        return start + self.go_on(response)

    def go_on(self, response: Response) -> bytes:
        """The next chunk, with the end behind the last one."""
        self.next = None
        if response.more:
            match = self._request.match
            captures = match.captures + response.more
            # It is no request of a client's: it has no method, and counts for no limit.
            match = replace(match, captures=captures, route=CHUNK_ROUTE, limited=False)
            self.next = replace(self._request, method="", match=match)
        if not self.chunked:
            return response.body
        return render_chunk(response.body) + (b"" if self.next else LAST_CHUNK)


Open = Callable[[Request, Response], tuple[bytes, bytes]]
"""Begins a live stream: returns its first bytes, and then its first events."""


class LiveStream(Stream):
    """The response to a request that waits for news."""

    __slots__ = ("_first", "_goes_on", "_open")

    def __init__(self, request: Request, open_: Open) -> None:
        """`open_` has news sent from then on."""
        super().__init__(request)
        self._open = open_
        self._goes_on = False
        self._first = b""

    @property
    def goes_on(self) -> bool:
        return self._goes_on

    def go_on(self, response: Response) -> bytes:
        """What comes before the first events."""
        self._goes_on = True
        first, self._first = self._open(self._request, response)
        return self.framed(News.of(first))

    def first_events(self) -> bytes:
        """They are the same for many clients; they are given away once."""
        first, self._first = self._first, b""
        return self.framed(News.of(first))

    def framed(self, news: News) -> bytes:
        """The news as this stream sends them."""
        return news.chunk if self.chunked else news.plain

    @property
    def end(self) -> bytes:
        """What ends the response, beside the end of the connection."""
        return LAST_CHUNK if self.chunked else b""
