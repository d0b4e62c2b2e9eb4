"""A response that is made while it is sent: a chunk whenever the client has taken the last one.

The request for the next chunk is the first one again, with the captures that the last response
asked for (`Response.more`). It goes the same way, in a batch with the requests of others, so a
long response holds nobody up and is never in memory as a whole.

In HTTP/1.1 the response is chunked (RFC 9112 section 7.1). Where the connection ends behind it,
that is its end as well (section 6.3), since HTTP/1.0 knows no chunks.
"""

from __future__ import annotations

import socket
from contextlib import suppress
from dataclasses import replace
from typing import Protocol

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


class Stream:
    """The response to one request, if it has more than one chunk."""

    __slots__ = ("_chunked", "_request", "next")

    def __init__(self, request: Request) -> None:
        self._request = request
        self._chunked = False
        self.next: Request | None = None
        """Asks for the next chunk; None before the first and behind the last."""

    def begin(
        self, response: Response, date: bytes, connection: str, head_only: bool, fields: Headers
    ) -> bytes:
        """The head and the first chunk of a response that has more; see `render`."""
        if head_only:
            return render_start(response, date, connection, fields)
        self._chunked = not connection
        start = render_start(response, date, "close" if connection else "", fields)
        return start + self.go_on(response)

    def go_on(self, response: Response) -> bytes:
        """The next chunk, with the end behind the last one."""
        self.next = None
        if response.more:
            match = self._request.match
            match = replace(match, captures=match.captures + response.more, route=CHUNK_ROUTE)
            # Without a method: it is no request of a client's.
            self.next = replace(self._request, method="", match=match)
        if not self._chunked:
            return response.body
        return render_chunk(response.body) + (b"" if self.next else LAST_CHUNK)
