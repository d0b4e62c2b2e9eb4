"""Moments: whole microseconds since 1970 in UTC. The server's clock alone decides.

On the wire a moment is a naive ISO 8601 date and time in UTC, with 0, 3 or 6 digits of a second.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

MILLISECOND = 1_000
SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

FIRST_YEAR, LAST_YEAR = 2000, 2099
"""The years that a date in a request may lie in."""

Clock = Callable[[], float]
"""Seconds since 1970."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_ISO = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{3}|\.[0-9]{6})?)?"
)


def forward(clock: Clock) -> Clock:
    """A clock that says what `clock` does, but never less than it has said before.

    Whoever sets a clock back does not make valid again what has expired, and nobody waits longer
    than documented. After a new start the time is what the clock says then.
    """
    newest = 0.0

    def now() -> float:
        nonlocal newest
        seconds = clock()
        # Between threads it may go back by as much as lies between two bytecodes: nothing.
        if seconds > newest:
            newest = seconds
        return newest

    return now


server_clock = forward(time.time)
"""The clock of this server, for all that it decides. Those of its processes are the same, as a
process that is forked knows the newest moment, too."""


def moment_of(seconds: float) -> int:
    """A clock's seconds as a moment."""
    return int(seconds * SECOND)


def parse_moment(text: str) -> int:
    """The moment that a date and time in UTC names, with minutes or a finer grain.

    ValueError: it is written in another way, there is no such time, or it is too far away.
    """
    if not _ISO.fullmatch(text):
        raise ValueError("a date and time in UTC looks like 2030-05-20T13:37:00")
    when = datetime.fromisoformat(text).replace(tzinfo=UTC)
    if not FIRST_YEAR <= when.year <= LAST_YEAR:
        raise ValueError(f"the year must lie between {FIRST_YEAR} and {LAST_YEAR}")
    return (when - _EPOCH) // _MICROSECOND


def format_moment(moment: int) -> str:
    """A moment as a naive date and time in UTC, with 0 or 6 digits of a second."""
    return (_EPOCH + moment * _MICROSECOND).replace(tzinfo=None).isoformat()
