"""The mini-game API: log in, post a score to a level, read the level's high scores."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from urllib.parse import unquote

from gameserver.numbers import parse_number
from gameserver.scores.values import Outcome, Post, RequestId
from gameserver.services import Services
from gameserver.views.keyed_posts import with_key
from gameserver.views.playing import request_id, run_request
from gameserver.web.clients import household
from gameserver.web.errors import BadRequest, Unauthorized
from gameserver.web.messages import Request, Response

_ACCEPTED = Response()


def login(request: Request, services: Services, user_id: int) -> Response:
    """A session key for the user; with `secret=` in the query, for its owner."""
    if request.query or user_id in services.claims.guarded:
        return _open(request, services, user_id, _secret_in(request.query))
    return Response(200, services.sessions.login(user_id).encode())


def login_with_secret(request: Request, services: Services, user_id: int) -> Response:
    """A session key for the owner of the user, whose secret is the body."""
    if "secret=" in request.query:
        raise BadRequest("the secret is the body, or in the query of GET")
    try:
        secret = request.body.decode().strip()
    except UnicodeDecodeError:
        raise BadRequest("the secret must be UTF-8") from None
    return _open(request, services, user_id, secret)


def _open(request: Request, services: Services, user_id: int, secret: str | None) -> Response:
    """A session as the claims allow it."""
    opened = services.claims.login(user_id, secret, household(request.client))
    return Response(200, services.sessions.login(*opened).encode())


def _secret_in(query: str) -> str | None:
    """The secret in a query: all of its parameters are not read, as this is the mini-game's."""
    found = [pair[len("secret=") :] for pair in query.split("&") if pair.startswith("secret=")]
    if len(found) > 1:
        raise BadRequest("the secret is in the query twice")
    try:
        return unquote(found[0], errors="strict") if found else None
    except UnicodeDecodeError:
        raise BadRequest("the secret must be UTF-8") from None


def submit_score(request: Request, services: Services, level_id: int) -> Response:
    """Enters the score in the body: it is kept if it is the session's user's best in the level.

    The level's settings may say otherwise. With `id=` in the query it may be repeated.
    """
    key = request.parameter("sessionkey")
    if key is None:
        raise Unauthorized("a session key is needed: POST /<level>/score?sessionkey=<key>")
    user_id = services.sessions.user_of(key)
    try:
        score = parse_number(request.body.strip())
    except ValueError as error:
        raise BadRequest(f"score {error}") from None
    if "&" in request.query:  # else there is nothing but the session key
        _submit_once(request, services, level_id, user_id, score)
    else:
        services.scores.submit(level_id, user_id, score)
    return _ACCEPTED


def _submit_once(
    request: Request, services: Services, level_id: int, user_id: int, score: int
) -> None:
    """Enters a score that may be repeated, or comes with a run or a key, if the query says so."""
    name, run = request.parameter("id"), request.parameter("run") or ""
    said = f"score {score} {run}".rstrip()  # what `views/playing.py` says is never this
    enter = services.scores.post
    if "&key=" in request.query or request.query[0] == "k":
        key = _key_in(request.query)
        said, enter = f"{said}\n{key}", partial(with_key, services, key)
    elif name is None and not run:
        services.scores.submit(level_id, user_id, score)
        return
    if name is not None:
        asked: RequestId | None = request_id(level_id, unquote(name), said)
    else:
        asked = run_request(services, level_id, said) if run else None
    enter(user_id, [Post(level_id, score, run=run)], _nothing, asked)


def _key_in(query: str) -> str:
    """The tournament's key in a query: exactly one, whatever it is."""
    found = [pair[len("key=") :] for pair in query.split("&") if pair.startswith("key=")]
    if len(found) != 1:
        raise BadRequest("the tournament's key must be in the query once: &key=<key>")
    return unquote(found[0])


def _nothing(outcomes: Sequence[Outcome]) -> bytes:
    return b""


def high_score_list(request: Request, services: Services, level_id: int) -> Response:
    """The best scores of the level, best first, as `user=score,user=score`."""
    return Response(200, services.scores.high_scores(level_id))
