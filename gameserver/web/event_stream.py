"""Server-sent events (WHATWG HTML, section 9.2): their bytes, and what their ids say.

The id of an event says all that its reader has, since a reader that comes back names one id only:
`<version>@<level>` for each level, with commas between them. A version begins with a random part
that is another one each time the server starts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

EVENT_STREAM = "text/event-stream"
LAST_EVENT_ID = "last-event-id"
"""The header field by which a client that comes back says what it has."""

COMMENT = b":\n\n"
"""Means nothing; it shows that the stream is alive."""

_PART = re.compile(r"([0-9A-Za-z.-]{1,200})@([0-9]{1,10})")


def make_event(name: str, data: bytes) -> bytes:
    """An event, but for its id and the blank line that ends it.

    The data may have several lines: what is read has a line feed between them.
    """
    lines = b"".join(b"data: %b\n" % line for line in data.splitlines())
    return b"event: %b\n%b" % (name.encode(), lines)


def with_ids(events: Iterable[tuple[int, str, bytes]], versions: dict[int, str]) -> bytes:
    """Events of levels, each with its level and the new version, complete.

    `versions` are those that their reader has; they become the new ones.
    """
    lines = []
    for level_id, version, event in events:
        versions[level_id] = version
        lines.append(b"%bid: %b\n\n" % (event, event_id(versions).encode()))
    return b"".join(lines)


def event_id(versions: Mapping[int, str]) -> str:
    """What a reader has: the versions by level."""
    return ",".join([f"{version}@{level_id}" for level_id, version in versions.items()])


def parse_event_id(text: str) -> dict[int, str]:
    """The versions by level that an id says; what is none says nothing."""
    parts = [_PART.fullmatch(part) for part in text.split(",")]
    return {int(part[2]): part[1] for part in parts if part}


def retry(milliseconds: int) -> bytes:
    """Says how long a client is to wait before it comes back."""
    return b"retry: %d\n\n" % milliseconds
