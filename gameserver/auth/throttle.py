"""How often somebody may guess a password: five failures in a row are free, then it takes time."""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from dataclasses import dataclass, field

from gameserver.times import HOUR, MINUTE, SECOND

FREE_FAILURES = 5
MAX_WAIT = 15 * MINUTE
MAX_PER_HOUR = 100

_REMEMBERED_NAMES = 65_536
"""More than the server can hash within an hour, so none is forgotten too early."""


@dataclass(slots=True)
class _Guesses:
    """The guesses at one name."""

    in_a_row: int = 0
    not_before: int = 0
    running: int = 0
    failures: deque[int] = field(default_factory=deque)
    """When the failures of the last hour were."""

    def wait(self, now: int) -> int:
        while self.failures and self.failures[0] <= now - HOUR:
            self.failures.popleft()
        if now < self.not_before:
            return self.not_before - now
        if len(self.failures) + self.running < MAX_PER_HOUR:
            return 0
        return self.failures[0] + HOUR - now if self.failures else SECOND


class LoginThrottle:
    """Counts the guesses at each name, in memory.

    Names that nobody has are counted like all others, so that an answer does not tell them
    apart. Guesses that run at the same time are let in together; none of them escapes the count
    of the hour. Thread-safe.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._names: OrderedDict[str, _Guesses] = OrderedDict()

    def begin(self, name: str, now: int) -> int:
        """Lets a guess in and returns 0, or returns the microseconds until one may be made."""
        with self._lock:
            guesses = self._names.setdefault(name, _Guesses())
            wait = guesses.wait(now)
            guesses.running += not wait
            self._names.move_to_end(name)
            if len(self._names) > _REMEMBERED_NAMES:
                self._names.popitem(last=False)
            return wait

    def end(self, name: str, now: int, right: bool | None) -> None:
        """A guess that was let in was right, or wrong, or (None) was not looked at."""
        with self._lock:
            guesses = self._names.setdefault(name, _Guesses(running=1))
            guesses.running -= 1
            if right:
                guesses.in_a_row = guesses.not_before = 0
            elif right is not None:
                self._failed(guesses, now)
            if not (guesses.running or guesses.failures):
                del self._names[name]

    def _failed(self, guesses: _Guesses, now: int) -> None:
        guesses.failures.append(now)
        guesses.in_a_row += 1
        doublings = guesses.in_a_row - FREE_FAILURES
        if doublings >= 0:
            guesses.not_before = now + min(MAX_WAIT, SECOND << min(doublings, 30))
