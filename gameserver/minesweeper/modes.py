"""The modes of Minesweeper tournaments: values are times in milliseconds, the less the better."""

from __future__ import annotations

import re
from typing import ClassVar

from gameserver.minesweeper.replays import Difficulty
from gameserver.times import MINUTE
from gameserver.tournaments.modes import Modes, Result, Values


class Sum:
    """`b+i+e`: the sum of a player's best b beginner, i intermediate and e expert times."""

    closes_entry_at_start: ClassVar[bool] = False
    larger_is_better: ClassVar[bool] = False

    _PARAMS = re.compile(r"([0-9]{1,3})\+([0-9]{1,3})\+([0-9]{1,3})")
    _DIFFICULTIES = (Difficulty.BEGINNER, Difficulty.INTERMEDIATE, Difficulty.EXPERT)

    def __init__(self, modeparams: str) -> None:
        found = self._PARAMS.fullmatch(modeparams)
        if not found:
            raise ValueError("must be b+i+e, such as 3+2+1: how many games of each level count")
        counts = map(int, found.groups())
        self._counts = {level: n for level, n in zip(self._DIFFICULTIES, counts, strict=True) if n}
        if not self._counts:
            raise ValueError("at least one game must count")

    def wants(self, category: str) -> bool:
        return category in self._counts

    def key_expiry(self, generated: int, end: int) -> int | None:
        return None

    def result(self, values: Values) -> Result:
        best = [time for level, n in self._counts.items() for time in values.get(level, ())[:n]]
        return Result(len(best) == sum(self._counts.values()), len(best), sum(best))


class SumTimelimit(Sum):
    """`b+i+e,<minutes>`: the same, and a player may upload only for so long after the key."""

    _MAX_MINUTES = 60 * 24 * 366

    def __init__(self, modeparams: str) -> None:
        counts, _, minutes = modeparams.partition(",")
        super().__init__(counts)
        if not re.fullmatch("[0-9]{1,6}", minutes) or not 1 <= int(minutes) <= self._MAX_MINUTES:
            raise ValueError("must be b+i+e,<minutes>, such as 3+2+1,90")
        self._limit = int(minutes) * MINUTE

    def key_expiry(self, generated: int, end: int) -> int | None:
        return min(generated + self._limit, end)


MODES: Modes = {"sum": Sum, "sum_timelimit": SumTimelimit}
