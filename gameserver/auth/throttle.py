"""How often somebody may guess a password: five failures in a row are free, then it takes time."""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from dataclasses import dataclass, field
from typing import Protocol

from gameserver.times import HOUR, MINUTE, SECOND

FREE_FAILURES = 5
MAX_WAIT = 15 * MINUTE
MAX_PER_HOUR = 100

_REMEMBERED_NAMES = 65_536
"""More than the server can hash within an hour, so none is forgotten too early."""


class Throttle(Protocol):
    """Counts the guesses at each name.

    Names that nobody has are counted like all others, so that an answer does not tell them
    apart. Guesses that run at the same time are let in together; none of them escapes the count
    of the hour. Thread-safe.
    """

    def begin(self, name: str, now: int) -> int:
        """Lets a guess in and returns 0, or returns the microseconds until one may be made."""

    def end(self, name: str, now: int, right: bool | None) -> None:
        """A guess that was let in was right, or wrong, or (None) was not looked at."""


@dataclass(slots=True)
class Guesses:
    """The guesses at one name."""

    in_a_row: int = 0
    not_before: int = 0
    running: int = 0
    failures: deque[int] = field(default_factory=deque)
    """When the failures of the last hour were."""

    def begin(self, now: int) -> int:
        """As `Throttle.begin`."""
        wait = self._wait(now)
        self.running += not wait
        return wait

    def end(self, now: int, right: bool | None) -> None:
        """As `Throttle.end`."""
        self.running -= 1
        if right:
            self.in_a_row = self.not_before = 0
        elif right is not None:
            self._failed(now)

    def _wait(self, now: int) -> int:
        while self.failures and self.failures[0] <= now - HOUR:
            self.failures.popleft()
        if now < self.not_before:
            return self.not_before - now
        if len(self.failures) + self.running < MAX_PER_HOUR:
            return 0
        return self.failures[0] + HOUR - now if self.failures else SECOND

    def _failed(self, now: int) -> None:
        self.failures.append(now)
        self.in_a_row += 1
        doublings = self.in_a_row - FREE_FAILURES
        if doublings >= 0:
            self.not_before = now + min(MAX_WAIT, SECOND << min(doublings, 30))


class LoginThrottle:
    """A `Throttle` in memory."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._names: OrderedDict[str, Guesses] = OrderedDict()

    def begin(self, name: str, now: int) -> int:
        with self._lock:
            wait = self._names.setdefault(name, Guesses()).begin(now)
            self._names.move_to_end(name)
            if len(self._names) > _REMEMBERED_NAMES:
                self._names.popitem(last=False)
            return wait

    def end(self, name: str, now: int, right: bool | None) -> None:
        with self._lock:
            guesses = self._names.setdefault(name, Guesses(running=1))
            guesses.end(now, right)
            if not (guesses.running or guesses.failures):
                del self._names[name]
