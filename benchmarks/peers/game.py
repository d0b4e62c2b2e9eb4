"""The game of the Python peers: session keys, best scores and the top 15 of each level.

All peers keep the same state in the same way, so that they differ only in how they speak HTTP.
`sqlite_game.py` has the same game in a file.
"""

from __future__ import annotations

import secrets
import threading
import time
from bisect import insort
from collections.abc import Callable

KEY_LIFETIME = 600.0  # seconds
LIST_LENGTH = 15
LARGEST = 2**31 - 1


class InvalidKeyError(Exception):
    """The session key is unknown or has expired."""


class InvalidNumberError(ValueError):
    """Not a 31 bit unsigned integer in ASCII decimals."""


def number(text: str) -> int:
    """The user, level or score that a request names."""
    if not (text.isascii() and text.isdigit() and len(text) <= 10 and int(text) <= LARGEST):
        raise InvalidNumberError(text)
    return int(text)


class Sessions:
    """Random session keys in a table. All live equally long, so the table is in order of expiry."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._sessions: dict[str, tuple[int, float]] = {}

    def open(self, user: int) -> str:
        """A new session key for the user; those that have expired are forgotten."""
        key, now = secrets.token_urlsafe(16), self._clock()
        with self._lock:
            while self._sessions and (oldest := next(iter(self._sessions.items())))[1][1] < now:
                del self._sessions[oldest[0]]
            self._sessions[key] = (user, now + KEY_LIFETIME)
        return key

    def user(self, key: str) -> int:
        """Whose key it is, or InvalidKeyError."""
        user, expires = self._sessions.get(key, (0, 0.0))
        if expires < self._clock():
            raise InvalidKeyError(key)
        return user


class Level:
    """The best score of each user, the top of those in order, and that as CSV.

    A best score only rises, so a user outside `top` can enter it only by a new best.
    `top` holds (-score, arrival, user): of two equal scores the earlier stands first.
    """

    def __init__(self) -> None:
        self.best: dict[int, int] = {}
        self.top: list[tuple[int, int, int]] = []
        self.csv: str | None = None
        self._arrivals = 0

    def submit(self, user: int, score: int) -> None:
        if score <= self.best.get(user, -1):
            return
        self.best[user] = score
        self._arrivals += 1
        if len(self.top) == LIST_LENGTH and score <= -self.top[-1][0]:
            return
        self.top = [standing for standing in self.top if standing[2] != user]
        insort(self.top, (-score, self._arrivals, user))
        del self.top[LIST_LENGTH:]
        self.csv = None

    def high_score_list(self) -> str:
        if self.csv is None:
            self.csv = ",".join(f"{user}={-score}" for score, _, user in self.top)
        return self.csv


class MemoryGame:
    """The game in memory, for any number of threads."""

    def __init__(self) -> None:
        self._sessions = Sessions()
        self._lock = threading.Lock()
        self._levels: dict[int, Level] = {}

    def login(self, user: int) -> str:
        """A new session key."""
        return self._sessions.open(user)

    def submit(self, key: str, level_id: int, score: int) -> None:
        """Keeps the score if it is the best of the key's user, or InvalidKeyError."""
        user = self._sessions.user(key)
        with self._lock:
            level = self._levels.get(level_id)
            if level is None:
                level = self._levels[level_id] = Level()
            level.submit(user, score)

    def high_score_list(self, level_id: int) -> str:
        """The top 15 as CSV of `user=score`, best first."""
        with self._lock:
            level = self._levels.get(level_id)
            return "" if level is None else level.high_score_list()
