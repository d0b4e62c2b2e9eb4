"""Whose request it is: a player's, that of a game's own server, or the admin's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from gameserver.auth.bearer import bearer_in
from gameserver.errors import Refused, invalid
from gameserver.numbers import MAX_NUMBER
from gameserver.services import Services
from gameserver.views.admin import ADMIN, AUTHORIZATION
from gameserver.web.errors import TokenNeeded, Unauthorized
from gameserver.web.messages import Request
from gameserver.web.query import Query, text

SESSION = Query(text("sessionkey", "the player's session key; or in the body", 200, ""))


class Writer(NamedTuple):
    """For whom a request writes."""

    user_id: int
    is_trusted: bool
    """Whether a game's server says so, and not the player."""


def writer(
    request: Request, services: Services, key: str | None, body: Mapping[str, Any]
) -> Writer:
    """The user whose session key is in the query or the body, or whom a game's server names."""
    if has_token(request):
        require_game(request, services)
        if key or "sessionkey" in body:
            raise invalid("sessionkey", "goes without a game's token")
        return Writer(_named(body), True)
    if "user" in body:
        raise invalid("user", "goes with a game's token only: Authorization: Bearer <token>")
    return Writer(services.sessions.user_of(session_key(key, body)), False)


def require_right_over(
    request: Request, services: Services, user_id: int, key: str | None, body: Mapping[str, Any]
) -> str:
    """Refuses who is neither the user's owner nor a game's server nor the admin.

    Returns the name of the token; empty for the owner.
    """
    if has_token(request):
        return require_game_or_admin(request, services)
    shown = session_key(key, body)
    if services.sessions.user_of(shown) != user_id or not services.sessions.is_owner(shown):
        raise Refused("not_owner", "only the user's owner may: log in with the user's secret")
    return ""


def session_key(key: str | None, body: Mapping[str, Any]) -> str:
    """The session key in the query or in the body."""
    key = key or body.get("sessionkey")
    if not isinstance(key, str) or not key:
        raise Unauthorized("a session key is needed: sessionkey in the query or in the JSON")
    return key


def has_token(request: Request) -> bool:
    """Whether a token comes with the request; other schemes are a proxy's business."""
    return bearer_in(request.headers.get(AUTHORIZATION, "")) is not None


def require_game(request: Request, services: Services) -> str:
    """The name of the game's token; a wrong one is refused."""
    name = services.game_tokens.holder(request.headers.get(AUTHORIZATION, ""))
    if name is None:
        raise TokenNeeded("a game's token is needed: Authorization: Bearer <token>")
    return name


def require_game_or_admin(request: Request, services: Services) -> str:
    """The name of the token, a game's or the admin's; a wrong one is refused."""
    authorization = request.headers.get(AUTHORIZATION, "")
    if services.admin is not None and services.admin.is_in(authorization):
        return ADMIN
    name = services.game_tokens.holder(authorization)
    if name is None:
        raise TokenNeeded("a token is needed: Authorization: Bearer <token>")
    return name


def _named(body: Mapping[str, Any]) -> int:
    user_id = body.get("user")
    if type(user_id) is not int or not 0 <= user_id <= MAX_NUMBER:
        raise invalid("user", f"must be a whole number from 0 to {MAX_NUMBER}")
    return user_id
