"""Boards that one can watch: an event for each level at once, and after changes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from hashlib import blake2b

from gameserver.services import Services
from gameserver.views.boards import leaderboard
from gameserver.web.event_stream import (
    EVENT_STREAM,
    LAST_EVENT_ID,
    has_counters,
    make_event,
    make_version,
    parse_event_id,
    shows_the_same,
)
from gameserver.web.messages import Headers, Request, Response
from gameserver.web.query import Query, numbers

MAX_WATCHED = 100

WATCHED = Query(numbers("levels", "the levels to watch", MAX_WATCHED, required=True))

_DIGEST_SIZE = 6
_UNBUFFERED: Headers = (("X-Accel-Buffering", "no"),)
"""nginx is to send on at once what it gets."""


def watch(request: Request, services: Services, *known: int | str) -> Response:
    """The boards of the levels of which a client has not the newest version.

    Without `known` it is a client's request. Else these are levels, each with the version that is
    known: so the front end asks for what has changed, for all its clients together.

    `Response.more` says what the body consists of: a level, its version, and the size of its event
    without an id, 0 if the one that is known shows the same. A client's request gets all levels,
    and else only those are in it of which there is a new version.
    """
    if known:
        pairs = zip(known[::2], known[1::2], strict=True)
        versions = {int(level_id): str(version) for level_id, version in pairs}
        return _boards(request, services, versions, versions)
    (levels,) = WATCHED.read(request.query)
    versions = parse_event_id(request.headers.get(LAST_EVENT_ID, ""))
    return _boards(request, services, dict.fromkeys(levels), versions, whole=True)


def _boards(
    request: Request,
    services: Services,
    levels: Iterable[int],
    versions: Mapping[int, str],
    whole: bool = False,
) -> Response:
    plain = replace(request, query="", headers={})
    start = services.pages.start
    more: list[int | str] = []
    events = []
    for level_id in levels:
        counters = services.scores.version(level_id)
        version = versions.get(level_id, "")
        event = b""
        if not has_counters(version, start, counters):
            body = leaderboard(plain, services, level_id).body
            newest = make_version(start, counters, _digest(body, start))
            event = b"" if shows_the_same(version, newest) else make_event("board", body)
            more += (level_id, newest, len(event))
        elif whole:
            more += (level_id, version, 0)
        events.append(event)
    return Response(200, b"".join(events), EVENT_STREAM, _UNBUFFERED, more=tuple(more))


def _digest(body: bytes, start: str) -> str:
    """Tells what a board shows from all else that it could; `next_reset` and `resets_in` stand at
    its end, and are others each time."""
    shown = body.rpartition(b',"next_reset":')[0]
    return blake2b(shown, digest_size=_DIGEST_SIZE, key=start.encode()).hexdigest()
