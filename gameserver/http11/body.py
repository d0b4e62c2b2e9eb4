"""The body of a request, read as its framing says (RFC 9112 section 6)."""

from __future__ import annotations

import re

from gameserver.http11.fields import is_framing
from gameserver.http11.head import TOKEN
from gameserver.web.errors import BadRequest, ContentTooLarge

MAX_CHUNK_LINE = 256
MAX_TRAILERS = 4096
MAX_CHUNKS = 4096
"""A body in tinier pieces than this costs more to read than it is worth."""


_BWS = r"[ \t]*"  # white space that is bad style but no error (RFC 9110 section 5.6.3)
_QUOTED = r'"(?:[\t !#-\[\]-~\x80-\xff]|\\[\t -~\x80-\xff])*"'
_CHUNK_LINE = re.compile(
    rf"([0-9A-Fa-f]{{1,8}})"
    rf"(?:{_BWS};{_BWS}{TOKEN}(?:{_BWS}={_BWS}(?:{TOKEN}|{_QUOTED}))?)*".encode("latin-1")
)
_TRAILER = re.compile(rf"({TOKEN}):[^\x00-\x08\n-\x1f\x7f]*".encode("latin-1"))


class Body:
    """A body that arrives in pieces: `feed` until `complete`."""

    __slots__ = ("complete", "data", "limit")

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.data = bytearray()
        self.complete = False

    def feed(self, data: bytes, position: int) -> int:
        """Takes what belongs to the body from `position` on; returns where that ends."""
        raise NotImplementedError


class SizedBody(Body):
    """A body of as many bytes as Content-Length says."""

    __slots__ = ()

    def feed(self, data: bytes, position: int) -> int:
        end = min(len(data), position + self.limit - len(self.data))
        self.data += data[position:end]
        self.complete = len(self.data) == self.limit
        return end


class ChunkedBody(Body):
    """A body in chunks (RFC 9112 section 7.1); extensions and trailers are checked and dropped.

    What `feed` leaves behind is an incomplete line; it wants to see that again, with more.
    """

    __slots__ = ("_chunks", "_in_trailers", "_left", "_trailers")

    def __init__(self, limit: int) -> None:
        super().__init__(limit)
        self._chunks = 0
        self._left = 0
        """Bytes of the present chunk that are still to come, its closing CRLF included."""
        self._in_trailers = False
        self._trailers = 0

    def feed(self, data: bytes, position: int) -> int:
        while not self.complete:
            end = self._take(data, position) if self._left else self._line(data, position)
            if end == position:
                break
            position = end
        return position

    def _take(self, data: bytes, position: int) -> int:
        """The rest of a chunk, and the CRLF behind it."""
        end = min(len(data), position + self._left - 2)
        if end > position:
            self.data += data[position:end]
            self._left -= end - position
        if self._left > 2:
            return end
        closing = data[end : end + 2]
        if not b"\r\n".startswith(closing):
            raise BadRequest("a chunk is longer than it says")
        if len(closing) == 2:
            self._left = 0
            return end + 2
        return end

    def _line(self, data: bytes, position: int) -> int:
        """The line before a chunk, or one of those behind the last."""
        limit = MAX_TRAILERS if self._in_trailers else MAX_CHUNK_LINE
        end = data.find(b"\r\n", position, position + limit + 2)
        if end < 0:
            if len(data) - position >= limit + 2:
                raise BadRequest("a line of the chunked body is too long")
            return position
        line = data[position:end]
        if self._in_trailers:
            self._end_of_trailers(line)
        else:
            self._begin_chunk(line)
        return end + 2

    def _begin_chunk(self, line: bytes) -> None:
        head = _CHUNK_LINE.fullmatch(line)
        if head is None:
            raise BadRequest("a chunk does not begin with its size")
        size = int(head[1], 16)
        self._chunks += 1
        if len(self.data) + size > self.limit or self._chunks > MAX_CHUNKS:
            raise ContentTooLarge(f"the body may have at most {self.limit} bytes here")
        self._in_trailers = size == 0
        self._left = size + 2 if size else 0

    def _end_of_trailers(self, line: bytes) -> None:
        self.complete = not line
        self._trailers += len(line) + 2
        if line:
            field = _TRAILER.fullmatch(line)
            if field is None or is_framing(field[1].decode()):
                raise BadRequest("a trailer field is not valid")
        if self._trailers > MAX_TRAILERS:
            raise BadRequest("the trailer fields are too long")
