"""The mini-game API: log in, post a score to a level, read the level's high scores."""

from __future__ import annotations

from gameserver.app import Game
from gameserver.web.errors import Unauthorized
from gameserver.web.messages import Request, Response
from gameserver.web.routing import parse_number

_ACCEPTED = Response()


def login(request: Request, game: Game, user_id: int) -> Response:
    """A session key for the user."""
    return Response(200, game.sessions.login(user_id).encode())


def submit_score(request: Request, game: Game, level_id: int) -> Response:
    """Keeps the score in the body, if it is the best of the session's user in the level."""
    key = request.parameter("sessionkey")
    if key is None:
        raise Unauthorized("a session key is needed: POST /<level>/score?sessionkey=<key>")
    user_id = game.sessions.user_of(key)
    game.scores.submit(level_id, user_id, parse_number(request.body.strip(), "score"))
    return _ACCEPTED


def high_score_list(request: Request, game: Game, level_id: int) -> Response:
    """The best scores of the level, best first, as `user=score,user=score`."""
    return Response(200, game.scores.high_scores(level_id))
