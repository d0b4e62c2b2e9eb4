"""Claims: a user of one's own, and what games' servers and the admin do about claims."""

from __future__ import annotations

from gameserver.auth.claims import LONGEST, SHORTEST
from gameserver.services import Services
from gameserver.views.boards import NOTHING
from gameserver.views.moderation import author_of
from gameserver.views.who import require_game_or_admin
from gameserver.web.clients import household
from gameserver.web.json_body import Shape, read_body, read_text, text
from gameserver.web.messages import JSON, Request, Response, json_line

EMPTY = Shape("Nothing")
SECRET = Shape("NewSecret", text("secret", True, minLength=SHORTEST, maxLength=LONGEST))


def draw(request: Request, services: Services) -> Response:
    """A user of whom nothing is known, already claimed, and the secret."""
    NOTHING.read(request.query)
    _read_nothing(request)
    user_id, secret = services.claims.draw(household(request.client))
    answer = json_line({"user": user_id, "secret": secret})
    return Response(201, answer, JSON, (("Cache-Control", "no-store"),))


def put(request: Request, services: Services, user_id: int) -> Response:
    """Gives a user a secret, whoever has played as the user."""
    require_game_or_admin(request, services)
    NOTHING.read(request.query)
    services.claims.put(user_id, SECRET.read(read_body(read_text(request)))["secret"])
    return _claimed(user_id, True)


def lift(request: Request, services: Services, user_id: int) -> Response:
    """Takes a user's secret away: anybody may play as the user again."""
    token = require_game_or_admin(request, services)
    NOTHING.read(request.query)
    _read_nothing(request)
    services.claims.lift(user_id)
    services.scores.write_down(author_of(request, token), "unclaim", {"user": user_id})
    return _claimed(user_id, False)


def _read_nothing(request: Request) -> None:
    """Reads a body that may be missing, and says nothing."""
    text = read_text(request)
    EMPTY.read(read_body(text) if text else {})


def _claimed(user_id: int, is_claimed: bool) -> Response:
    return Response(200, json_line({"user": user_id, "claimed": is_claimed}), JSON)
