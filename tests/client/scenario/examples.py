"""The examples of the API's documentation, as functions that a test can call."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pprint import pprint
from typing import Any

from requests.exceptions import RequestException

from scoreganizer_client_lib import Scoreganizer
from scoreganizer_client_lib.exceptions import ScoreganizerError, ScoreganizerInvalidLoginData

Address = dict[str, Any]  # host, port, https


def play(
    address: Address,
    login: tuple[str, str],
    tournament: int,
    make_replay: Callable[[str], str],
) -> str:
    """Logs in, prints one's tournaments, gets the key, uploads a game played with it.

    Returns the credentials. `make_replay` takes the key, and returns a file's path.
    """
    client = Scoreganizer(**address)
    credentials: str = client.login(*login)
    pprint(client.tournaments.my_active())
    client.scores.upload_filename(make_replay(client.tournaments.get_key(tournament)))
    return credentials


def log_in_with_patience(address: Address, logins: Iterator[tuple[str, str]]) -> list[str]:
    """Asks for a name and a password until they are right; what was said meanwhile."""
    client, said = Scoreganizer(**address), []
    while True:
        try:
            client.login(*next(logins))
        except ScoreganizerInvalidLoginData:
            said.append("invalid login data")
        except RequestException:
            said.append("the request was not sent")
            raise
        except ScoreganizerError as error:
            said.append(f"unexpected: {error.error}")
            raise
        else:
            return [*said, "logged in"]


def log_in_if_necessary(address: Address, auth_filename: str, login: tuple[str, str]) -> bool:
    """Uses saved credentials, or logs in and saves new ones; whether a login was necessary."""
    client = Scoreganizer(**address, auth_filename=auth_filename)
    necessary = not client.token_status_ok()
    if necessary:
        client.login(*login)
    return necessary
