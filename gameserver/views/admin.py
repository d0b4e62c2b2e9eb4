"""Who the admin is."""

from __future__ import annotations

from gameserver.services import Services
from gameserver.web.errors import NotFound, TokenNeeded
from gameserver.web.messages import Request

ADMIN = "admin"
"""The name of the admin's token in the audit; no game's token has it."""

AUTHORIZATION = "authorization"
"""The header field that holds the token: `Bearer <token>`."""


def require_admin(request: Request, services: Services) -> None:
    """Refuses who is not the admin; where there is none, there is nothing to call either."""
    if services.admin is None:
        raise NotFound("there is no admin: the server runs without --admin_token_file")
    if not services.admin.is_in(request.headers.get(AUTHORIZATION, "")):
        raise TokenNeeded("the admin's token is needed: Authorization: Bearer <token>")


def shows_admin(request: Request, services: Services) -> bool:
    """Whether the admin's token is shown; nobody is refused for want of it."""
    authorization = request.headers.get(AUTHORIZATION, "")
    return services.admin is not None and services.admin.is_in(authorization)


def is_admin(request: Request, services: Services) -> bool:
    """Whether the admin asks what anybody may ask; a wrong token is refused."""
    if services.admin is None or AUTHORIZATION not in request.headers:
        return False
    require_admin(request, services)
    return True
