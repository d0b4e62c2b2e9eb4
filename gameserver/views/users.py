"""Users: their names, how to find one, all of a user's scores, and to forget one."""

from __future__ import annotations

from typing import Any

from gameserver.errors import Refused, invalid
from gameserver.scores.names import LONGEST_NAME, parse_name
from gameserver.services import Services
from gameserver.views.admin import shows_admin
from gameserver.views.board_json import user_score
from gameserver.views.boards import NOTHING
from gameserver.views.moderation import author_of
from gameserver.views.schemas import NAME
from gameserver.views.who import SESSION, require_right_over
from gameserver.web.etags import matches
from gameserver.web.json_body import Shape, as_sent, read_body, read_text
from gameserver.web.json_body import text as text_member
from gameserver.web.messages import JSON, Request, Response, json_line, render_json
from gameserver.web.query import Query, number, text

CHUNK_LEVELS = 64
"""Levels whose scores are found in half a millisecond: so long everybody else waits."""

SEARCH = Query(
    text("q", "the beginning of a name", LONGEST_NAME, required=True),
    number("limit", "the most users to list", 20, 1, 20),
)
NAMING = Shape("NewName", as_sent("name", NAME, required=True), text_member("sessionkey"))


def search(request: Request, services: Services) -> Response:
    """The users whose name begins like this."""
    q, limit = SEARCH.read(request.query)
    scores = services.scores

    def render() -> str:
        found = scores.users(q, limit)
        return render_json({"users": [{"user": user_id, "name": name} for user_id, name in found]})

    return services.pages.answer(request, scores.overall_version(), ("users", q, limit), render)


def data(
    request: Request, services: Services, user_id: int, level_id: int = -1, comma: int = 0
) -> Response:
    """All that the server keeps of a user; with a level what comes from that one on.

    A user may have a score in every level, so it comes in chunks. `comma`: there are scores in
    front. The admin is also told whether the user is banned or hidden.
    """
    scores = services.scores
    if level_id >= 0:
        return _chunk(services, user_id, level_id, comma)
    NOTHING.read(request.query)
    about: dict[str, Any] = {"user": user_id, "name": scores.name(user_id), "tournaments": []}
    if shows_admin(request, services):
        # No version tells whether that has changed, so there is no ETag.
        about["state"], etag = scores.state(user_id), ""
    else:
        etag = services.pages.etag(scores.overall_version())
        if matches(request.headers.get("if-none-match", ""), etag):
            return Response(304, etag=etag)
    head = render_json(about)
    first = _chunk(services, user_id, 0, 0)
    body = f'{head[:-1]},"scores":['.encode() + first.body
    return first._replace(body=body, etag=etag)


def _chunk(services: Services, user_id: int, level_id: int, comma: int) -> Response:
    """Some of a user's scores, and the end of the JSON behind the last."""
    found = services.scores.scores_of(user_id, level_id, CHUNK_LEVELS)
    text = ",".join(render_json(user_score(each)) for each in found)
    if comma and text:
        text = f",{text}"
    if len({each.level_id for each in found}) < CHUNK_LEVELS:
        return Response(200, f"{text}]}}\n".encode(), JSON)
    return Response(200, text.encode(), JSON, more=(found[-1].level_id + 1, 1))


def rename(request: Request, services: Services, user_id: int) -> Response:
    """Gives a user a name; null takes it away."""
    (key,) = SESSION.read(request.query)
    body = read_body(read_text(request))
    require_right_over(request, services, user_id, key, body)
    name = NAMING.read(body)["name"]
    if name is not None:
        name = _name(name, services)
    services.scores.rename(user_id, name)
    return Response(200, json_line({"user": user_id, "name": name}), JSON)


def forget(request: Request, services: Services, user_id: int) -> Response:
    """Removes everything of a user; the number is anybody's again."""
    (key,) = SESSION.read(request.query)
    token = require_right_over(request, services, user_id, key, {})
    services.scores.forget(user_id)
    services.claims.lift(user_id)
    if token:
        services.scores.write_down(author_of(request, token), "forget", {"user": user_id})
    return Response(204)


def _name(value: object, services: Services) -> str:
    if not isinstance(value, str):
        raise invalid("name", "must be text, or null")
    try:
        name = parse_name(value)
    except ValueError as error:
        raise invalid("name", str(error)) from None
    if services.blocked_names.block(name):
        raise Refused("name_blocked", "this name is not wanted here", "name")
    return name
