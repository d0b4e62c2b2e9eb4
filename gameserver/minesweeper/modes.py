"""Modes: what a tournament asks of its players, and how their games make a result.

A new mode is one class here and its name in `MODES`. An instance is made of the tournament's
`modeparams`; ValueError says, for a person, what is wrong with them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar, NamedTuple, Protocol

from gameserver.minesweeper.replays import Level
from gameserver.times import MINUTE

Times = Mapping[Level, Sequence[int]]
"""A player's times in milliseconds, level by level, each level's best first."""


class Result(NamedTuple):
    """What a player has reached. The smaller `rank_key` is, the better."""

    finished: bool
    games: int
    """Games that count towards what the mode asks for."""
    score: int
    """Milliseconds: the sum of the times of these games."""

    @property
    def rank_key(self) -> tuple[bool, int, int]:
        """Finished before unfinished, more games before fewer, then the smaller score."""
        return not self.finished, -self.games, self.score


class Mode(Protocol):
    """What the rules ask a mode."""

    closes_entry_at_start: ClassVar[bool]

    def wants(self, level: Level) -> bool:
        """Whether games of this level count at all."""

    def key_expiry(self, generated: int, end: int) -> int | None:
        """Until when the player may upload, where that is not the tournament's end."""

    def result(self, times: Times) -> Result:
        """What the games of one player come to."""


class Sum:
    """`b+i+e`: the sum of a player's best b beginner, i intermediate and e expert times."""

    closes_entry_at_start: ClassVar[bool] = False

    _PARAMS = re.compile(r"([0-9]{1,3})\+([0-9]{1,3})\+([0-9]{1,3})")
    _LEVELS = (Level.BEGINNER, Level.INTERMEDIATE, Level.EXPERT)

    def __init__(self, modeparams: str) -> None:
        found = self._PARAMS.fullmatch(modeparams)
        if not found:
            raise ValueError("b+i+e is wanted, such as 3+2+1: how many games of each level count")
        counts = map(int, found.groups())
        self._counts = {level: n for level, n in zip(self._LEVELS, counts, strict=True) if n}
        if not self._counts:
            raise ValueError("at least one game must count")

    def wants(self, level: Level) -> bool:
        return level in self._counts

    def key_expiry(self, generated: int, end: int) -> int | None:
        return None

    def result(self, times: Times) -> Result:
        best = [time for level, n in self._counts.items() for time in times.get(level, ())[:n]]
        return Result(len(best) == sum(self._counts.values()), len(best), sum(best))


class SumTimelimit(Sum):
    """`b+i+e,<minutes>`: the same, and a player may upload only for so long after the key."""

    _MAX_MINUTES = 60 * 24 * 366

    def __init__(self, modeparams: str) -> None:
        counts, _, minutes = modeparams.partition(",")
        super().__init__(counts)
        if not re.fullmatch("[0-9]{1,6}", minutes) or not 1 <= int(minutes) <= self._MAX_MINUTES:
            raise ValueError("b+i+e,<minutes> is wanted, such as 3+2+1,90")
        self._limit = int(minutes) * MINUTE

    def key_expiry(self, generated: int, end: int) -> int | None:
        return min(generated + self._limit, end)


MODES: Mapping[str, Callable[[str], Mode]] = {"sum": Sum, "sum_timelimit": SumTimelimit}
