"""Heads, judged once: clients send the same ones again and again."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache

from gameserver.http11.fields import Fields, read_fields
from gameserver.http11.head import METHODS, QUERY, REQUEST_LINE, split_head
from gameserver.web.errors import NotImplementedHere
from gameserver.web.etags import matches
from gameserver.web.messages import Match, Response

_CACHED_HEAD = 1024
"""Only heads up to this size are remembered, so that the memo takes some 10 MB at most, however
clients choose what they send."""

_VALID_QUERY = re.compile(QUERY.encode())
_PLAIN = bytes(byte for byte in range(256) if _VALID_QUERY.fullmatch(bytes([byte])))
"""The characters that are valid anywhere in a query: all but the `%` of an escape."""


@dataclass(slots=True)
class Head:
    """A head, judged: all that is known of a request before its body, but for its query."""

    method: str
    path: str
    fields: Fields
    match: Match


class HeadReader:
    """Judges heads, and finds what their paths lead to; every connection of a server has the same.

    Clients send the same heads again and again, and mostly only their queries differ: they hold
    the session keys. So a head is remembered without its query. The memo is a pure function of
    bytes, bounded in number and in the size of what enters it.
    """

    def __init__(self, resolve: Callable[[str, str, str], Match]) -> None:
        """`resolve` finds the match for a method, a path, and the origin that the head names."""
        self._resolve = resolve
        self._remembered = lru_cache(maxsize=8192)(self._read_plain)

    def read(self, data: bytes, start: int, end: int) -> tuple[Head, str]:
        """The head in `data[start:end]`, which a blank line follows, and its query.

        Raises the error that it deserves.
        """
        text = data[start : end + 2]
        if len(text) <= _CACHED_HEAD:
            before, mark, rest = text.partition(b"?")
            if mark:
                query, _, after = rest.partition(b" ")
                # The query first: what is wrong is found in the order in which it was sent.
                if _is_query(query) and (known := self._remembered(before, after)) is not None:
                    return known, query.decode("latin-1")
            elif (known := self._remembered(text)) is not None:
                return known, ""
        return self._read(text.decode("latin-1"))

    def _read_plain(self, before: bytes, after: bytes | None = None) -> Head | None:
        """A head, or its parts before the mark of a query and behind the space that ends it.

        None if it is none that a well-behaved client sends. That what was between the parts is a
        query, if it is a valid one, follows from three things together: there is a space before
        the mark, so the mark is behind the method; there is no CR before it, nor one in a valid
        query, so both ends are in the request line; and the rest is a valid head without a query,
        so the space is the one between target and version.
        """
        if after is None:
            text = before.decode("latin-1")
        elif b" " in before and b"\r" not in before:
            text = (before + b" " + after).decode("latin-1")
        else:
            return None
        line = REQUEST_LINE.match(text)
        if line is None or line[3] is not None:
            return None
        return self._judged(line[1], line[2], text[line.end() :])

    def _read(self, text: str) -> tuple[Head, str]:
        method, path, query, block = split_head(text)
        return self._judged(method, path, block), query

    def _judged(self, method: str, path: str, block: str) -> Head:
        fields = read_fields(block)
        if method not in METHODS:
            raise NotImplementedHere("the server does not know this method")
        origin = fields.by_name.get("origin", "")
        match = self._resolve(method, path, origin)
        if match.answer and match.answer.etag:
            match = _revalidated(match, match.answer, fields.by_name.get("if-none-match", ""))
        return Head(method, path, fields, match)


def _revalidated(match: Match, answer: Response, known: str) -> Match:
    """The match with 304 for its answer, if the client has that already (RFC 9110 13.1.2)."""
    if not matches(known, answer.etag):
        return match
    not_modified = Response(304, headers=answer.headers, etag=answer.etag)
    return replace(match, answer=not_modified, alone=False)


def _is_query(query: bytes) -> bool:
    """Whether a query is valid: mostly it holds nothing but plain characters."""
    return not query.translate(None, _PLAIN) or bool(_VALID_QUERY.fullmatch(query))
