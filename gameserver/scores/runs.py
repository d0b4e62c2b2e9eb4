"""Runs: what a player draws before a game, so that its score cannot come too early or twice.

A run is signed, so the server keeps none that was only drawn; it keeps the numbers of those that a
score has used up, for as long as they would be good. The level and the user are signed as well and
not written: a run of another user or level is one that this server has not made.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from hashlib import blake2b
from hmac import compare_digest
from itertools import islice
from typing import NamedTuple, Protocol

from gameserver.errors import Refused
from gameserver.scores.settings import LONGEST_RUN, LevelSettings
from gameserver.times import MILLISECOND, SECOND

LIFETIME = LONGEST_RUN * SECOND
MOST = 5_000_000
"""How many used runs are remembered, some 150 bytes each in memory; more scores are refused."""

_RUN = re.compile("[0-9a-f]{60}")
"""The time in ms (12 digits), the number (16), and the MAC (32)."""


class Run(NamedTuple):
    """A run that was just drawn."""

    text: str
    not_before: int
    """The moment from which on its score is taken."""
    expires: int


class UsedRuns(Protocol):
    """The numbers of runs that are used up."""

    def __contains__(self, number: object) -> bool: ...

    def __len__(self) -> int: ...

    def add(self, number: int, now: int) -> None:
        """Remembers a number, and forgets two of those that cannot come again."""


class UsedRunsInMemory:
    """`UsedRuns` in a dictionary, the oldest first."""

    def __init__(self) -> None:
        self._used: dict[int, int] = {}

    def __contains__(self, number: object) -> bool:
        return number in self._used

    def __len__(self) -> int:
        return len(self._used)

    def add(self, number: int, now: int) -> None:
        self._used[number] = now
        for oldest in list(islice(self._used, 2)):
            if self._used[oldest] <= now - LIFETIME:
                del self._used[oldest]


class Runs:
    """Draws runs, and judges those that come with a score."""

    def __init__(
        self,
        used: UsedRuns,
        key: bytes | None = None,
        randomness: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        """`key`: 32 bytes to sign with; without it runs end with this object."""
        self._used = used
        self._key = randomness(32) if key is None else key
        self._randomness = randomness

    def draw(self, level_id: int, user_id: int, settings: LevelSettings, now: int) -> Run:
        """A new run for a user in a level."""
        drawn = now // MILLISECOND
        number = int.from_bytes(self._randomness(8)) >> 1  # SQLite's integers have a sign
        signed = f"{drawn:012x}{number:016x}"
        begin = drawn * MILLISECOND
        return Run(
            signed + self._mac(signed, level_id, user_id),
            begin + settings.min_seconds * SECOND,
            begin + LIFETIME,
        )

    def check(
        self, run: str, level_id: int, user_id: int, settings: LevelSettings, now: int
    ) -> None:
        """Refused unless the run, empty for none, lets a score of the user in now.

        `run_needed`, `run_unknown` (also one that has expired), `run_used`, `run_too_early`;
        `full` while too many have been used within a day.
        """
        if not run:
            raise Refused("run_needed", "the level takes a score with a run only: draw one first")
        signed, mac = run[:28], run[28:]
        is_ours = _RUN.fullmatch(run) and compare_digest(mac, self._mac(signed, level_id, user_id))
        begin = int(signed[:12], 16) * MILLISECOND if is_ours else 0
        if not is_ours or now >= begin + LIFETIME:
            raise Refused("run_unknown", "this is no run of this user and level, or an old one")
        if _number(run) in self._used:
            raise Refused("run_used", "a score has used this run up: draw another one")
        wait = begin + settings.min_seconds * SECOND - now
        if wait > 0:
            raise Refused(
                "run_too_early", f"a run takes at least {settings.min_seconds} s", wait=wait
            )
        if len(self._used) >= MOST:
            raise Refused("full", "too many runs were used within a day")

    def use(self, run: str, now: int) -> None:
        """Uses a run up, which `check` has let pass."""
        self._used.add(_number(run), now)

    def _mac(self, signed: str, level_id: int, user_id: int) -> str:
        text = f"{level_id} {user_id} {signed}".encode()
        return blake2b(text, digest_size=16, key=self._key).hexdigest()


def _number(run: str) -> int:
    return int(run[12:28], 16)
