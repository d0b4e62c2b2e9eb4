"""Everything a call can raise, and the table from error code to class.

    Exception
    ├── OSError
    │   └── requests.exceptions.RequestException    no reply came: here NetworkException
    └── ScoreganizerError                           the server's reply is an error
        ├── ScoreganizerInvalidData
        ├── ScoreganizerInvalidLoginData            here also InvalidLoginData
        ├── ScoreganizerKeyExists
        ├── ScoreganizerModeConstraintViolated
        ├── ScoreganizerNeverGenerated
        ├── ScoreganizerNoSuchTournament
        ├── ScoreganizerNoSuchUser
        ├── ScoreganizerNotGenerated
        ├── ScoreganizerNotHost
        ├── ScoreganizerNotLoggedIn
        ├── ScoreganizerNotRequested
        ├── ScoreganizerNothingSubmitted
        ├── ScoreganizerResultsHidden
        ├── ScoreganizerRetry
        ├── ScoreganizerTokenTooRecent
        ├── ScoreganizerTooManyTournaments
        ├── ScoreganizerTournamentOver
        ├── ScoreganizerUsernameTaken
        └── ScoreganizerWait                        it will be different after `wait_time`
            ├── ScoreganizerNotGeneratedYet
            └── ScoreganizerTooEarly

A code without a class of its own raises `ScoreganizerWait` if the server said how
long to wait, `ScoreganizerError` if not.
"""

from __future__ import annotations

import time
from datetime import timedelta

from requests.exceptions import RequestException as NetworkException

UNSTATED_WAIT = timedelta(seconds=1)
"""The wait of a `ScoreganizerWait` for which the server named none. Not zero: whoever
waits and asks again in a loop should not do so without a pause."""


class ScoreganizerError(Exception):
    """The server's reply is an error.

    `error` is the server's code, for example "invalid_login_data". It is the HTTP
    status ("502") if the reply is not one of the API's, "invalid_response" if a reply
    without an error cannot be understood. `wait_time` is how long to wait before
    another attempt, None if the server did not say. `field` is the part of the request
    that is wrong, `message` says for a person what is; both are empty where the server
    says nothing.
    """

    wait_time: timedelta | None
    field: str = ""
    message: str = ""

    def __init__(self, error: str, wait_time: timedelta | None = None) -> None:
        super().__init__(error)
        self.error = error
        self.wait_time = wait_time

    def explain(self, field: str, message: str) -> None:
        """Keeps what the server says in addition, and shows it below the error in a traceback."""
        self.field, self.message = field, message
        if message:
            self.add_note(f"{field}: {message}" if field else message)


class ScoreganizerWait(ScoreganizerError):
    """Too early: the same call may succeed after `wait_time`."""

    wait_time: timedelta

    def __init__(self, error: str, wait_time: timedelta | None = None) -> None:
        super().__init__(error, UNSTATED_WAIT if wait_time is None else wait_time)

    def do_wait(self) -> None:
        """Sleeps for `wait_time`, however long that is."""
        time.sleep(self.wait_time.total_seconds())


class ScoreganizerInvalidData(ScoreganizerError):
    """A field is wrong; or the uploaded file is not a replay, or names no valid key."""


class ScoreganizerInvalidLoginData(ScoreganizerError):
    """Unknown user or wrong password."""


class ScoreganizerKeyExists(ScoreganizerError):
    """The key was generated before: `get_key` returns it."""


class ScoreganizerModeConstraintViolated(ScoreganizerError):
    """The tournament's mode does not count this game."""


class ScoreganizerNeverGenerated(ScoreganizerError):
    """No key was generated, and none can be any more."""


class ScoreganizerNoSuchTournament(ScoreganizerError):
    """No tournament has this id."""


class ScoreganizerNoSuchUser(ScoreganizerError):
    """Nobody has this name."""


class ScoreganizerNotGenerated(ScoreganizerError):
    """No key was generated so far: `gen_key` generates it."""


class ScoreganizerNotGeneratedYet(ScoreganizerWait):
    """No key can be generated before the tournament starts."""


class ScoreganizerNotHost(ScoreganizerError):
    """Only the tournament's host may do this."""


class ScoreganizerNotLoggedIn(ScoreganizerError):
    """The call needs valid credentials."""


class ScoreganizerNotRequested(ScoreganizerError):
    """The player has not asked to enter the tournament."""


class ScoreganizerNothingSubmitted(ScoreganizerError):
    """Nothing of the player counts in the tournament."""


class ScoreganizerResultsHidden(ScoreganizerError):
    """Before the tournament's end only its host sees the standings."""


class ScoreganizerRetry(ScoreganizerError):
    """The upload collided with another request; the same upload may succeed."""


class ScoreganizerTokenTooRecent(ScoreganizerError):
    """The token was refreshed too recently to be refreshed again."""


class ScoreganizerTooEarly(ScoreganizerWait):
    """The tournament has not started."""


class ScoreganizerTooManyTournaments(ScoreganizerError):
    """Too many of the user's tournaments are not over."""


class ScoreganizerTournamentOver(ScoreganizerError):
    """The tournament, or the player's own time in it, has ended."""


class ScoreganizerUsernameTaken(ScoreganizerError):
    """Somebody else has this name."""


InvalidLoginData = ScoreganizerInvalidLoginData

CLASS_BY_CODE: dict[str, type[ScoreganizerError]] = {
    "invalid_data": ScoreganizerInvalidData,
    "invalid_login_data": ScoreganizerInvalidLoginData,
    "key_exists": ScoreganizerKeyExists,
    "mode_constraint_violated": ScoreganizerModeConstraintViolated,
    "never_generated": ScoreganizerNeverGenerated,
    "no_such_tournament": ScoreganizerNoSuchTournament,
    "no_such_user": ScoreganizerNoSuchUser,
    "not_generated": ScoreganizerNotGenerated,
    "not_generated_yet": ScoreganizerNotGeneratedYet,
    "not_host": ScoreganizerNotHost,
    "not_logged_in": ScoreganizerNotLoggedIn,
    "not_requested": ScoreganizerNotRequested,
    "nothing_submitted": ScoreganizerNothingSubmitted,
    "results_hidden": ScoreganizerResultsHidden,
    "retry": ScoreganizerRetry,
    "token_too_recent": ScoreganizerTokenTooRecent,
    "too_early": ScoreganizerTooEarly,
    "too_many_tournaments": ScoreganizerTooManyTournaments,
    "tournament_over": ScoreganizerTournamentOver,
    "username_taken": ScoreganizerUsernameTaken,
}


def error_for(code: str, wait_time: timedelta | None = None) -> ScoreganizerError:
    """The exception that stands for an error code of the server."""
    default = ScoreganizerError if wait_time is None else ScoreganizerWait
    return CLASS_BY_CODE.get(code, default)(code, wait_time)


__all__ = [
    "InvalidLoginData",
    "NetworkException",
    "ScoreganizerError",
    "ScoreganizerInvalidData",
    "ScoreganizerInvalidLoginData",
    "ScoreganizerKeyExists",
    "ScoreganizerModeConstraintViolated",
    "ScoreganizerNeverGenerated",
    "ScoreganizerNoSuchTournament",
    "ScoreganizerNoSuchUser",
    "ScoreganizerNotGenerated",
    "ScoreganizerNotGeneratedYet",
    "ScoreganizerNotHost",
    "ScoreganizerNotLoggedIn",
    "ScoreganizerNotRequested",
    "ScoreganizerNothingSubmitted",
    "ScoreganizerResultsHidden",
    "ScoreganizerRetry",
    "ScoreganizerTokenTooRecent",
    "ScoreganizerTooEarly",
    "ScoreganizerTooManyTournaments",
    "ScoreganizerTournamentOver",
    "ScoreganizerUsernameTaken",
    "ScoreganizerWait",
]
