"""How a level counts and shows its scores: the admin's to say."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from gameserver.errors import invalid
from gameserver.scores.names import LONGEST_TITLE, parse_name
from gameserver.scores.settings import LevelSettings
from gameserver.services import Services
from gameserver.views.admin import require_admin
from gameserver.views.boards import NOTHING
from gameserver.views.moderation import author_of
from gameserver.views.schemas import SETTINGS
from gameserver.web.json_body import Shape, as_sent, read_body, read_text
from gameserver.web.messages import JSON, Request, Response, json_line

# Which values are right, the settings themselves know.
CHANGES = Shape("LevelChanges", *(as_sent(name, schema) for name, schema in SETTINGS.items()))


def configure(request: Request, services: Services, level_id: int) -> Response:
    """Changes some settings of a level; answers all of them."""
    require_admin(request, services)
    NOTHING.read(request.query)
    changes = CHANGES.read(read_body(read_text(request)))
    if isinstance(changes.get("title"), str):
        changes["title"] = _title(changes["title"])
    if isinstance(changes.get("tiers"), list):
        changes["tiers"] = tuple(map(_pair, changes["tiers"]))

    def rule(settings: LevelSettings) -> LevelSettings:
        return replace(settings, **changes)

    # In a thread of its own, as POST in the place of PUT, it has no batch around it.
    with services.moderation.batch():
        settings = services.scores.configure(level_id, rule)
        what = {"level": level_id, **changes}
        services.scores.write_down(author_of(request), "configure", what)
    return Response(200, json_line(settings.members()), JSON)


def _title(text: str) -> str:
    try:
        return parse_name(text, LONGEST_TITLE)
    except ValueError as error:
        raise invalid("title", str(error)) from None


def _pair(value: Any) -> Any:
    """A list as the settings keep it; anything else they refuse."""
    return tuple(value) if isinstance(value, list) else value
