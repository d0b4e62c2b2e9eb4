"""The mini-game API: log in, post a score to a level, read the level's high scores."""

from __future__ import annotations

from gameserver.numbers import parse_number
from gameserver.services import Services
from gameserver.web.errors import BadRequest, Unauthorized
from gameserver.web.messages import Request, Response

_ACCEPTED = Response()


def login(request: Request, services: Services, user_id: int) -> Response:
    """A session key for the user."""
    return Response(200, services.sessions.login(user_id).encode())


def submit_score(request: Request, services: Services, level_id: int) -> Response:
    """Keeps the score in the body, if it is the best of the session's user in the level."""
    key = request.parameter("sessionkey")
    if key is None:
        raise Unauthorized("a session key is needed: POST /<level>/score?sessionkey=<key>")
    user_id = services.sessions.user_of(key)
    try:
        score = parse_number(request.body.strip())
    except ValueError as error:
        raise BadRequest(f"score {error}") from None
    services.scores.submit(level_id, user_id, score)
    return _ACCEPTED


def high_score_list(request: Request, services: Services, level_id: int) -> Response:
    """The best scores of the level, best first, as `user=score,user=score`."""
    return Response(200, services.scores.high_scores(level_id))
