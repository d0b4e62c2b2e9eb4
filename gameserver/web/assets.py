"""The files of the pages as answers: read once, named by what is in them.

A file refers to another one as `/static/<name>`, in HTML, CSS and JavaScript alike. What is sent
has a hash of the content in each of these names, and that content has such names too; so whatever
has changed has another name, and a browser may keep it for a year. A name is looked up in a table
that is made at the start, never in a folder.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from hashlib import blake2b
from typing import NamedTuple

from gameserver.web.messages import HTML, Headers, Response

LAYOUT = "layout.html"
"""What all pages have in common. The part of a page before its `<main` goes into the head."""

CONTENT_TYPES: Mapping[str, str] = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}

_HEAD, _BODY = b"<!-- head -->\n", b"<!-- body -->\n"
_REFERENCE = re.compile(rb"/static/([a-z0-9_-]+\.[a-z]+)")

_FOR_GOOD: Headers = (("Cache-Control", "public, max-age=31536000, immutable"),)
"""A year; no sooner does a browser ask again (RFC 8246)."""


class Assets(NamedTuple):
    """The pages, and the files that they use."""

    pages: Mapping[str, Response]
    """By the name of the file without `.html`."""
    files: Mapping[str, Response]
    """By the name with the hash in it."""


def make_assets(sources: Mapping[str, bytes]) -> Assets:
    """The answers made of these files; ValueError if one refers to a file that is not there.

    Modules must not import each other in a circle: each name holds the hashes of the next.
    """
    table = _Table(sources)
    layout = sources[LAYOUT]
    pages = {}
    for name in sources:
        base, _, kind = name.partition(".")
        if kind != "html":
            table.hashed(name)
        elif name != LAYOUT:
            body = table.with_hashes(_composed(layout, sources[name]))
            pages[base] = Response(200, body, HTML, etag=f'"{_hash(body)}"')
    return Assets(pages, table.files)


class _Table:
    """The files under `/static/`, as far as they are named."""

    def __init__(self, sources: Mapping[str, bytes]) -> None:
        self._sources = sources
        self._hashed: dict[str, str] = {}
        self.files: dict[str, Response] = {}

    def hashed(self, name: str) -> str:
        """The name of a file with the hash in it."""
        if name in self._hashed:
            return self._hashed[name]
        if name not in self._sources:
            raise ValueError(f"/static/{name} is not there")
        self._hashed[name] = ""
        body = self.with_hashes(self._sources[name])
        base, _, kind = name.partition(".")
        tag = _hash(body)
        named = self._hashed[name] = f"{base}.{tag}.{kind}"
        self.files[named] = Response(200, body, CONTENT_TYPES[kind], _FOR_GOOD, f'"{tag}"')
        return named

    def with_hashes(self, source: bytes) -> bytes:
        """A file with the names of others as they are served."""
        return _REFERENCE.sub(self._reference, source)

    def _reference(self, found: re.Match[bytes]) -> bytes:
        name = found[1].decode()
        hashed = self.hashed(name)
        if not hashed:
            raise ValueError(f"/static/{name} refers to itself, by way of others")
        return b"/static/" + hashed.encode()


def _composed(layout: bytes, page: bytes) -> bytes:
    head, main, body = page.partition(b"<main")
    return layout.replace(_HEAD, head.rstrip() + b"\n").replace(_BODY, main + body)


def _hash(content: bytes) -> str:
    return blake2b(content, digest_size=8).hexdigest()
