"""Taking scores and users away, and undoing it: the admin's to do.

All but reading the audit may take long. These run in threads of their own, outside any batch.
"""

from __future__ import annotations

from typing import Any

from gameserver.errors import invalid
from gameserver.scores.audit import AuditEntry, Author, Job
from gameserver.scores.moderation import Action
from gameserver.services import Services
from gameserver.times import parse_moment
from gameserver.views.admin import ADMIN, require_admin
from gameserver.views.board_json import moment
from gameserver.views.boards import NOTHING
from gameserver.web import query
from gameserver.web.json_body import Member, Shape, flag, number, read_body, read_text
from gameserver.web.messages import JSON, Request, Response, View, json_line

AUDIT = query.Query(
    query.number("offset", "how many entries to leave out", 0),
    query.number("limit", "the most entries to list", 100, 1, 1000),
)


def _moment(name: str) -> Member:
    """A moment in UTC, as the answers have them (RFC 3339)."""

    def read(value: Any) -> int:
        if not isinstance(value, str):
            raise ValueError("must be text")
        return parse_moment(value.removesuffix("Z"))

    return Member(name, read, {"type": "string", "format": "date-time"})


PURGE = Shape(
    "Purge",
    number("user"),
    number("level"),
    _moment("from"),
    _moment("to"),
    number("min"),
    number("max"),
    flag("dry_run", required=True),
)


def remove_level(request: Request, services: Services, level_id: int) -> Response:
    """Takes a level away, with all seasons and settings."""
    author = _author(request, services)
    removed, undo = services.moderation.remove_level(author, level_id)
    return _json({"removed": removed, "undo": undo})


def remove_score(request: Request, services: Services, level_id: int, user_id: int) -> Response:
    """Takes a user's score off a level's board."""
    author = _author(request, services)
    undo = services.moderation.remove_score(author, level_id, user_id)
    return _json({"removed": 1, "undo": undo})


def _state_view(action: Action) -> View:
    def view(request: Request, services: Services, user_id: int) -> Response:
        author = _author(request, services)
        state, undo = services.moderation.put_state(author, user_id, action)
        return _json({"user": user_id, "state": state, "undo": undo})

    view.__name__ = action
    return view


ban, unban = _state_view("ban"), _state_view("unban")
hide, unhide = _state_view("hide"), _state_view("unhide")


def purge(request: Request, services: Services) -> Response:
    """Takes away, or counts, all scores within some bounds."""
    author = _author(request, services)
    body = read_body(read_text(request))
    fields = PURGE.read(body)
    dry_run = fields.pop("dry_run")
    if not fields:
        raise invalid("body", "must have a bound: user, level, from, to, min or max")
    job = Job(
        "remove",
        level=fields.get("level"),
        user=fields.get("user"),
        min=fields.get("min"),
        max=fields.get("max"),
        begin=fields.get("from"),
        end=fields.get("to"),
    )
    if dry_run:
        return _json({"count": services.moderation.count(job)})
    what = {name: value for name, value in body.items() if name != "dry_run"}
    count, undo = services.moderation.purge(author, job, what)
    return _json({"count": count, "undo": undo})


def audit(request: Request, services: Services) -> Response:
    """What was done, the newest first."""
    require_admin(request, services)
    entries = services.scores.audit(*AUDIT.read(request.query))
    return _json({"entries": [_entry(each) for each in entries]})


def undo(request: Request, services: Services, entry_id: int) -> Response:
    """Undoes what an entry of the audit says."""
    restored = services.moderation.undo(_author(request, services), entry_id)
    return _json({"restored": restored})


def author_of(request: Request, token: str = ADMIN) -> Author:
    """Who shows a token, as the audit names them: the admin, or a game's server by its token."""
    return Author(request.client, token)


def _author(request: Request, services: Services) -> Author:
    """The admin; whoever else it is, is refused."""
    require_admin(request, services)
    NOTHING.read(request.query)
    return author_of(request)


def _entry(entry: AuditEntry) -> dict[str, Any]:
    return {
        "id": entry.id,
        "at": moment(entry.at),
        "action": entry.action,
        "what": entry.what,
        "from": entry.author.client,
        "by": entry.author.token,
        "undone": entry.is_undone,
    }


def _json(value: object) -> Response:
    return Response(200, json_line(value), JSON)
