"""Accounts: registering, logging in, and whose request it is."""

from __future__ import annotations

from gameserver.services import Services
from gameserver.web.forms import read_fields, text_field
from gameserver.web.messages import Request, Response, json_response

CREDENTIALS = "x-scoreganizer-authorization"
"""The header field that identifies the user: `<username>:<token>`."""


def register(request: Request, services: Services) -> Response:
    """Opens an account."""
    fields = read_fields(request)
    username = text_field(fields, "username")
    user_id = services.accounts.register(username, text_field(fields, "password"))
    return json_response({"id": user_id, "username": username}, 201)


def obtain_token(request: Request, services: Services) -> Response:
    """Logs in. Credentials that are sent along are not looked at."""
    fields = read_fields(request)
    username, password = text_field(fields, "username"), text_field(fields, "password")
    return json_response({"token": services.accounts.obtain_token(username, password)})


def token_status(request: Request, services: Services) -> Response:
    """The state of the token in the header, if there is one."""
    return json_response({"status": services.accounts.token_status(credentials(request))})


def refresh_token(request: Request, services: Services) -> Response:
    """A new token for an old one."""
    return json_response({"token": services.accounts.refresh_token(credentials(request))})


def change_password(request: Request, services: Services) -> Response:
    """Changes the password; all tokens but the one in the header end."""
    fields = read_fields(request)
    old, new = text_field(fields, "old"), text_field(fields, "new")
    services.accounts.change_password(credentials(request), old, new)
    return json_response({})


def delete_account(request: Request, services: Services) -> Response:
    """Deletes the account; what others see of it stays under another name."""
    password = text_field(read_fields(request), "password")
    user_id = services.accounts.delete(credentials(request), password)
    services.tournaments.end_keys(user_id)
    return json_response({})


# For the views of accounts' other things


def credentials(request: Request) -> str:
    """The credentials in the header, if any."""
    return request.headers.get(CREDENTIALS, "")


def user(request: Request, services: Services) -> int:
    """The id of the client's user; a client that is not logged in is refused."""
    return services.accounts.logged_in(credentials(request))
