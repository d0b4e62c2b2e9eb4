"""Which pages of other sites may read an answer (Fetch standard, section 3.2: CORS)."""

from __future__ import annotations

import re
from collections.abc import Sequence

from gameserver.web.messages import ALLOW_ORIGIN, Headers

ANYBODY = "*"

_ORIGIN = re.compile(r"https?://(?:[A-Za-z0-9._~-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")


class CrossOrigin:
    """The origins whose pages may read the answers: all, or some."""

    def __init__(self, origins: Sequence[str] = (ANYBODY,)) -> None:
        self.anybody = ANYBODY in origins
        self._origins = frozenset(origins)

    def known(self, origin: str) -> str:
        """The origin if it is one of some; else none. Only what this says makes a difference."""
        return "" if self.anybody or origin not in self._origins else origin

    def restricted(self, fields: Headers, origin: str) -> Headers:
        """The header fields of a response, for the page of a `known` origin."""
        others = closed(fields)
        if self.anybody or len(others) == len(fields):
            return fields
        allowed = ((ALLOW_ORIGIN, origin),) if origin else ()
        return (*others, *allowed, ("Vary", "Origin"))


def closed(fields: Headers) -> Headers:
    """The header fields of a response that no page of another site may read."""
    return tuple(field for field in fields if field[0] != ALLOW_ORIGIN)


def parse_origins(text: str) -> tuple[str, ...]:
    """`*`, or origins with commas between them; ValueError if one is none."""
    origins = tuple(part.strip() for part in text.split(","))
    for origin in origins:
        if origin != ANYBODY and not _ORIGIN.fullmatch(origin):
            raise ValueError("an origin looks like https://example.org")
    return origins
