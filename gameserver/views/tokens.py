"""The tokens of the games' own servers: the admin's to make and to end."""

from __future__ import annotations

from gameserver.auth.game_tokens import LONGEST_NAME
from gameserver.errors import Refused
from gameserver.services import Services
from gameserver.views.admin import ADMIN, require_admin
from gameserver.views.board_json import moment
from gameserver.views.boards import NOTHING
from gameserver.views.moderation import author_of
from gameserver.web.json_body import Shape, read_body, read_text, text
from gameserver.web.messages import JSON, Request, Response, json_line

NEW = Shape(
    "NewToken",
    text("name", True, minLength=1, maxLength=LONGEST_NAME, pattern="^[A-Za-z0-9_-]+$"),
)


def make(request: Request, services: Services) -> Response:
    """A new token: the only answer that it ever stands in."""
    require_admin(request, services)
    NOTHING.read(request.query)
    name = NEW.read(read_body(read_text(request)))["name"]
    if name == ADMIN:
        raise Refused("name_taken", "the audit calls the admin so: choose another name", "name")
    token = services.game_tokens.make(name)
    services.scores.write_down(author_of(request), "make_token", {"name": name})
    return Response(200, json_line({"name": name, "token": token}), JSON)


def listing(request: Request, services: Services) -> Response:
    """The names of the tokens."""
    require_admin(request, services)
    NOTHING.read(request.query)
    listed = [
        {"name": token.name, "created": moment(token.created)}
        for token in services.game_tokens.all()
    ]
    return Response(200, json_line({"tokens": listed}), JSON)


def revoke(request: Request, services: Services, name: str) -> Response:
    """Ends a token at once."""
    require_admin(request, services)
    NOTHING.read(request.query)
    services.game_tokens.revoke(name)
    services.scores.write_down(author_of(request), "end_token", {"name": name})
    return Response(204)
