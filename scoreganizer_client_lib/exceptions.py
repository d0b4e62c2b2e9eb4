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
        ├── ScoreganizerNotGenerated
        ├── ScoreganizerNotLoggedIn
        ├── ScoreganizerRetry
        ├── ScoreganizerTokenTooRecent
        ├── ScoreganizerTournamentOver
        └── ScoreganizerWait                        it will be different after `wait_time`
            ├── ScoreganizerNotGeneratedYet
            └── ScoreganizerTooEarly

A code without a class of its own raises `ScoreganizerWait` if the server said how
long to wait, `ScoreganizerError` if not.
"""

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
    another attempt, None if the server did not say.
    """

    wait_time: timedelta | None

    def __init__(self, error: str, wait_time: timedelta | None = None) -> None:
        super().__init__(error)
        self.error = error
        self.wait_time = wait_time


class ScoreganizerWait(ScoreganizerError):
    """Too early: the same call may succeed after `wait_time`."""

    wait_time: timedelta

    def __init__(self, error: str, wait_time: timedelta | None = None) -> None:
        super().__init__(error, UNSTATED_WAIT if wait_time is None else wait_time)

    def do_wait(self) -> None:
        """Sleep for `wait_time`, however long that is."""
        time.sleep(self.wait_time.total_seconds())


class ScoreganizerInvalidData(ScoreganizerError):
    """The uploaded file is not a replay, or names no valid key."""


class ScoreganizerInvalidLoginData(ScoreganizerError):
    """Unknown user or wrong password."""


class ScoreganizerKeyExists(ScoreganizerError):
    """The key was generated before: `get_key` returns it."""


class ScoreganizerModeConstraintViolated(ScoreganizerError):
    """The tournament's mode does not count this game."""


class ScoreganizerNeverGenerated(ScoreganizerError):
    """No key was generated, and none can be any more."""


class ScoreganizerNotGenerated(ScoreganizerError):
    """No key was generated so far: `gen_key` generates it."""


class ScoreganizerNotGeneratedYet(ScoreganizerWait):
    """No key can be generated before the tournament starts."""


class ScoreganizerNotLoggedIn(ScoreganizerError):
    """The call needs valid credentials."""


class ScoreganizerRetry(ScoreganizerError):
    """The upload collided with another request; the same upload may succeed."""


class ScoreganizerTokenTooRecent(ScoreganizerError):
    """The token was refreshed too recently to be refreshed again."""


class ScoreganizerTooEarly(ScoreganizerWait):
    """The tournament has not started."""


class ScoreganizerTournamentOver(ScoreganizerError):
    """The tournament, or the player's own time in it, has ended."""


InvalidLoginData = ScoreganizerInvalidLoginData

CLASS_BY_CODE: dict[str, type[ScoreganizerError]] = {
    "invalid_data": ScoreganizerInvalidData,
    "invalid_login_data": ScoreganizerInvalidLoginData,
    "key_exists": ScoreganizerKeyExists,
    "mode_constraint_violated": ScoreganizerModeConstraintViolated,
    "never_generated": ScoreganizerNeverGenerated,
    "not_generated": ScoreganizerNotGenerated,
    "not_generated_yet": ScoreganizerNotGeneratedYet,
    "not_logged_in": ScoreganizerNotLoggedIn,
    "retry": ScoreganizerRetry,
    "token_too_recent": ScoreganizerTokenTooRecent,
    "too_early": ScoreganizerTooEarly,
    "tournament_over": ScoreganizerTournamentOver,
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
    "ScoreganizerNotGenerated",
    "ScoreganizerNotGeneratedYet",
    "ScoreganizerNotLoggedIn",
    "ScoreganizerRetry",
    "ScoreganizerTokenTooRecent",
    "ScoreganizerTooEarly",
    "ScoreganizerTournamentOver",
    "ScoreganizerWait",
]
