"""ETags, and pages that are rendered once (RFC 9110 sections 8.8.3 and 13.1.2).

An ETag is made of a version, which its owner counts, so whether somebody has the newest page is
known before anything of it is made. All are weak: `resets_in` and the like may differ.
"""

from __future__ import annotations

import secrets
from collections import OrderedDict
from collections.abc import Callable, Hashable

from gameserver.web.messages import JSON, Request, Response

MAX_PAGES = 1024
MAX_PAGE_SIZE = 16 * 1024
"""Pages are remembered up to these bounds: 16 MiB in all."""


class Pages:
    """Rendered pages. For use inside a batch only, like the scores that they show."""

    def __init__(self, randomness: Callable[[int], bytes] = secrets.token_bytes) -> None:
        self.start = randomness(4).hex()
        """Another one each time the server starts, as versions may repeat then."""
        self._pages: OrderedDict[Hashable, Response] = OrderedDict()

    def etag(self, version: str) -> str:
        """The ETag of what has this version."""
        return f'W/"{self.start}-{version}"'

    def answer(
        self,
        request: Request,
        version: str,
        key: Hashable,
        render: Callable[[], str],
        moving: Callable[[], str] | None = None,
    ) -> Response:
        """304 if the client has it, else the page: the same object as long as the version is.

        `key` is what tells the page from all others; None: it is not remembered. `render` makes
        its JSON, an object. `moving` makes the members at its end that are others each time.
        """
        etag = self.etag(version)
        known = request.headers.get("if-none-match")
        if known and matches(known, etag):
            return Response(304, etag=etag)
        page = self._pages.get(key)
        if page is None or page.etag != etag:
            page = self._rendered(key, etag, render)
        if moving is None:
            return page
        return page._replace(body=b"%b,%b}\n" % (page.body[:-2], moving().encode()))

    def _rendered(self, key: Hashable, etag: str, render: Callable[[], str]) -> Response:
        page = Response(200, f"{render()}\n".encode(), JSON, etag=etag)
        if key is not None and len(page.body) <= MAX_PAGE_SIZE:
            self._pages[key] = page
            self._pages.move_to_end(key)
            if len(self._pages) > MAX_PAGES:
                self._pages.popitem(last=False)
        return page


def matches(known: str, etag: str) -> bool:
    """Whether a field `If-None-Match` names the ETag, by weak comparison."""
    if known == etag:
        return True
    opaque = etag.removeprefix("W/")
    tags = (tag.strip(" \t") for tag in known.split(","))
    return known.strip(" \t") == "*" or any(tag.removeprefix("W/") == opaque for tag in tags)
