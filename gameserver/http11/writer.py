"""Responses, turned into bytes: exactly one well-formed message each (RFC 9112 section 4)."""

from __future__ import annotations

import re
from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus

from gameserver.http11.head import TOKEN
from gameserver.web.messages import EVERY_RESPONSE, Headers, Response

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
LAST_CHUNK = b"0\r\n\r\n"

_NAME = re.compile(TOKEN)
_BODILESS = (204, 304)

_CACHED_BODY = 512
"""Only responses with a body up to this size, in bytes, are remembered for the second in which
their date is the same: most are the empty answer to a score, or the list of a level."""


@lru_cache(maxsize=4)
def date_line(now: int) -> bytes:
    """The `Date` field for a Unix time in seconds (RFC 9110 section 6.6.1)."""
    return b"Date: %b\r\n" % formatdate(now, usegmt=True).encode()


@lru_cache(maxsize=512)
def _remembered(
    response: Response, date: bytes, connection: str, head_only: bool, fields: Headers
) -> bytes:
    return _rendered(response, date, connection, head_only, fields)


@lru_cache(maxsize=64)
def _repeated(
    response: Response, date: bytes, connection: str, head_only: bool, fields: Headers
) -> bytes:
    """A strong ETag says that it is the same to the byte: a page, or a file of one."""
    return _rendered(response, date, connection, head_only, fields)


def render(
    response: Response,
    date: bytes,
    connection: str = "",
    head_only: bool = False,
    fields: Headers = EVERY_RESPONSE,
) -> bytes:
    """The bytes of one response.

    `date` is the line of `date_line`; `connection` what the `Connection` field says, if anything.
    `head_only` leaves the body out, as the answer to HEAD (RFC 9110 section 9.3.2). `fields` are
    those of every response of the route. Raises ValueError for a header that would break out of
    its line, and KeyError for an unknown status.
    """
    if len(response.body) <= _CACHED_BODY:
        return _remembered(response, date, connection, head_only, fields)
    if response.etag.startswith('"'):
        return _repeated(response, date, connection, head_only, fields)
    return _rendered(response, date, connection, head_only, fields)


def _rendered(
    response: Response, date: bytes, connection: str, head_only: bool, fields: Headers
) -> bytes:
    status, body, content_type, headers, etag, _ = response
    head = _head(status, content_type, headers, connection, fields)
    if etag:
        head += _etag_line(etag)
    if status in _BODILESS:
        return b"%b%b\r\n" % (head, date)
    content = b"" if head_only else body
    return b"%b%bContent-Length: %d\r\n\r\n%b" % (head, date, len(body), content)


def render_start(
    response: Response, date: bytes, connection: str, fields: Headers = EVERY_RESPONSE
) -> bytes:
    """The head of a response of unknown length: chunked, or ended with its connection.

    RFC 9112 section 6.3. Which one it is follows from `connection`. Raises what `render` does.
    """
    status, _, content_type, headers, etag, _ = response
    head = _head(status, content_type, headers, connection, fields) + _etag_line(etag)
    framing = b"" if connection else b"Transfer-Encoding: chunked\r\n"
    return b"%b%b%b\r\n" % (head, date, framing)


def render_chunk(data: bytes) -> bytes:
    """A chunk (RFC 9112 section 7.1); nothing for no data, as an empty one would be the last."""
    return b"%x\r\n%b\r\n" % (len(data), data) if data else b""


@lru_cache(maxsize=256)
def _head(
    status: int, content_type: str, headers: Headers, connection: str, fields: Headers
) -> bytes:
    """All lines that are the same for every response of a kind."""
    own = {name.lower() for name, _ in headers}
    lines = [("Server", "gameserver"), *(f for f in fields if f[0].lower() not in own), *headers]
    if status not in _BODILESS:
        lines.append(("Content-Type", content_type))
    if connection:
        lines.append(("Connection", connection))
    start = f"HTTP/1.1 {status} {_REASONS[status]}"
    return "\r\n".join([start, *(_field(*line) for line in lines), ""]).encode("latin-1")


def _etag_line(etag: str) -> bytes:
    return f"{_field('ETag', etag)}\r\n".encode() if etag else b""


def _field(name: str, value: str) -> str:
    if not (_NAME.fullmatch(name) and value.isprintable() and value.isascii()):
        raise ValueError(f"the header {name!r} would break out of its line")
    return f"{name}: {value}"


_REASONS = {status.value: status.phrase for status in HTTPStatus}
