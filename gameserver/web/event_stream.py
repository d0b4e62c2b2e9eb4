"""Server-sent events (WHATWG HTML, section 9.2): their bytes, and what their ids say.

A reader that comes back names the id of one event, so that says all that the reader has: the
*version* of each level. A version is `<start>:<counters>~<digest>`: a random part that is another
one each time the server starts, what the store counts, and a digest of what is shown. Where only
the counters differ there is nothing new to see. An id has versions, with commas between them, each
with its level behind `@`; a start is left out where it is the same as before:
`0f481fbf:0-0-5-0-0~1c291ca3@7,0-0-2-0-0~88cd2108@8`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

EVENT_STREAM = "text/event-stream"
LAST_EVENT_ID = "last-event-id"
"""The header field by which a client that comes back says what it has."""

COMMENT = b":\n\n"
"""Means nothing; it shows that the stream is alive."""

_PART = re.compile(r"(?:([0-9a-f]{1,32}):)?([0-9A-Za-z.-]{1,200}~[0-9a-f]{1,32})@([0-9]{1,10})")


def make_event(name: str, data: bytes) -> bytes:
    """An event, but for its id and the blank line that ends it.

    The data may have several lines: what is read has a line feed between them.
    """
    lines = b"".join(b"data: %b\n" % line for line in data.splitlines())
    return b"event: %b\n%b" % (name.encode(), lines)


def with_ids(events: Iterable[tuple[int, str, bytes]], versions: dict[int, str]) -> bytes:
    """Events of levels, each given with its level and the new version, complete.

    `versions` are those that their reader has, by level; they become the new ones.
    """
    lines = []
    for level_id, version, event in events:
        versions[level_id] = version
        lines.append(b"%bid: %b\n\n" % (event, event_id(versions).encode()))
    return b"".join(lines)


def make_version(start: str, counters: str, digest: str) -> str:
    """The version of a level."""
    return f"{start}:{counters}~{digest}"


def has_counters(version: str, start: str, counters: str) -> bool:
    """Whether a version is the one with these counters."""
    return version.startswith(f"{start}:{counters}~")


def shows_the_same(version: str, other: str) -> bool:
    """Whether nobody can see a difference between two versions of a level."""
    start, _, rest = version.partition(":")
    digest = rest.rpartition("~")[2]
    return bool(digest) and other.startswith(f"{start}:") and other.endswith(f"~{digest}")


def event_id(versions: Mapping[int, str]) -> str:
    """The id of the last event of a reader who has these versions, by level."""
    parts = []
    before = ""
    for level_id, version in versions.items():
        start, _, rest = version.partition(":")
        parts.append(f"{rest if start == before else version}@{level_id}")
        before = start
    return ",".join(parts)


def parse_event_id(text: str) -> dict[int, str]:
    """The versions by level that an id says; what is none says nothing."""
    versions = {}
    start = ""
    for part in text.split(","):
        found = _PART.fullmatch(part)
        if found:
            start = found[1] or start
            versions[int(found[3])] = f"{start}:{found[2]}"
    return versions


def retry(milliseconds: int) -> bytes:
    """Says how long a client is to wait before it comes back."""
    return b"retry: %d\n\n" % milliseconds
