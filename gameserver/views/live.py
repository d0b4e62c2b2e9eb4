"""Boards that one can watch: an event for each level at once, and after changes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from gameserver.services import Services
from gameserver.views.boards import leaderboard
from gameserver.web.event_stream import EVENT_STREAM, LAST_EVENT_ID, make_event, parse_event_id
from gameserver.web.messages import Headers, Request, Response
from gameserver.web.query import Query, numbers

MAX_WATCHED = 100

WATCHED = Query(numbers("levels", "the levels to watch", MAX_WATCHED, required=True))

_UNBUFFERED: Headers = (("X-Accel-Buffering", "no"),)
"""nginx is to send on at once what it gets."""


def watch(request: Request, services: Services, *known: int | str) -> Response:
    """The boards of the levels of which a client has not the newest version.

    Without `known` it is a client's request. Else these are levels, each with the version that is
    known: so the front end asks for what has changed, for all its clients together.

    `Response.more` says what the body consists of: a level, its version, and the size of its event
    without an id, 0 if it is not in the body. A client's request gets all levels, and else only
    those are in it that have changed.
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
    scores, pages = services.scores, services.pages
    plain = replace(request, query="", headers={})
    more: list[int | str] = []
    events = []
    for level_id in levels:
        version = pages.stamped(scores.version(level_id))
        is_new = versions.get(level_id) != version
        event = _event(plain, services, level_id) if is_new else b""
        if is_new or whole:
            more += (level_id, version, len(event))
        events.append(event)
    return Response(200, b"".join(events), EVENT_STREAM, _UNBUFFERED, more=tuple(more))


def _event(plain: Request, services: Services, level_id: int) -> bytes:
    """What `GET /api/levels/<level_id>` answers, as an event."""
    return make_event("board", leaderboard(plain, services, level_id).body)
