"""Heads, judged once: clients send the same ones again and again."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from gameserver.http11.fields import Fields, read_fields
from gameserver.http11.head import METHODS, QUERY, REQUEST_LINE, split_head
from gameserver.web.errors import NotImplementedHere
from gameserver.web.messages import Match

_CACHED_HEAD = 1024
_CACHED_QUERY = 128
"""Only heads and queries up to these sizes are remembered, so that the memos stay small."""

_VALID_QUERY = re.compile(QUERY)


@dataclass(slots=True)
class Head:
    """A head, judged: all that is known of a request before its body, but for its query."""

    method: str
    path: str
    fields: Fields
    match: Match


class HeadReader:
    """Judges heads, and finds what their paths lead to; every connection of a server has the same.

    Clients send the same heads again and again, and mostly only their queries differ. So a head is
    remembered without its query, and a query by itself. Both memos are pure functions of bytes,
    bounded in number and in the size of what enters them.
    """

    def __init__(self, resolve: Callable[[str, str, str], Match]) -> None:
        """`resolve` finds the match for a method, a path, and the origin that the head names."""
        self._resolve = resolve
        self._remembered = lru_cache(maxsize=4096)(self._read_plain)

    def read(self, data: bytes, start: int, end: int) -> tuple[Head, str]:
        """The head in `data[start:end]`, which a blank line follows, and its query.

        Raises the error that it deserves.
        """
        if end - start <= _CACHED_HEAD:
            mark = data.find(b"?", start, end)
            if mark < 0:
                head, query = self._remembered(data[start : end + 2]), ""
            else:
                head, query = self._without_query(data, start, mark, end)
            if head:
                return head, query
        return self._read(data[start : end + 2].decode("latin-1"))

    def _without_query(
        self, data: bytes, start: int, mark: int, end: int
    ) -> tuple[Head | None, str]:
        """The same for a head with a question mark; None if it is not that of a plain query.

        The query is what lies between the mark and the next space. That it is one follows from
        three things together: there is a space before the mark, so the mark is behind the method;
        there is no CR before it, nor one in a valid query, so both ends are in the request line;
        and the rest is a valid head, so that the space is the one between target and version.
        """
        space = data.find(b" ", mark, end)
        before = data[start:mark]
        if space < 0 or b" " not in before or b"\r" in before:
            return None, ""
        query = _valid_query(data[mark + 1 : space])
        if query is None:
            return None, ""
        return self._remembered(before + data[space : end + 2]), query

    def _read_plain(self, head: bytes) -> Head | None:
        """A head without a query; None if it is none that a well-behaved client sends."""
        text = head.decode("latin-1")
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
        return Head(method, path, fields, self._resolve(method, path, origin))


def _checked_query(query: bytes) -> str | None:
    """A query as text; None if it is not valid."""
    text = query.decode("latin-1")
    return text if _VALID_QUERY.fullmatch(text) else None


_remembered_query = lru_cache(maxsize=8192)(_checked_query)


def _valid_query(query: bytes) -> str | None:
    return (_remembered_query if len(query) <= _CACHED_QUERY else _checked_query)(query)
