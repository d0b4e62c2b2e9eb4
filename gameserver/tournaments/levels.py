"""The mode `levels`: the sum of a player's best single posts on some levels of the game.

Values are scores, and a category is the number of a level, in decimal digits. What a level is like
is known elsewhere: only the order of its scores matters here, and only when a tournament is made.
The tournament keeps that order in its `modeparams`, so it stays what it was whatever becomes of the
levels' settings.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from gameserver.numbers import MAX_NUMBER, parse_number
from gameserver.tournaments.modes import Result, Values

LEVELS = "levels"
"""The name of the mode."""
MAX_LEVELS = 50
"""Levels of one tournament."""

DESCENDING, ASCENDING = "desc", "asc"
"""The orders of levels: the larger score stands first, or the smaller one."""


class Levels:
    """`7+8`: the sum of the player's best scores on the levels 7 and 8, the larger the better.

    `7+8,asc`: the smaller the better.
    """

    closes_entry_at_start: ClassVar[bool] = False

    def __init__(self, modeparams: str) -> None:
        numbers, has_order, order = modeparams.partition(",")
        self.numbers = _numbers(numbers)
        self.order = order if has_order else DESCENDING
        if self.order not in (DESCENDING, ASCENDING):
            raise ValueError(f"must end with ,{ASCENDING} or ,{DESCENDING}, or with neither")
        self._categories = frozenset(map(str, self.numbers))

    @property
    def modeparams(self) -> str:
        """The only way in which a tournament keeps these parameters."""
        numbers = "+".join(map(str, self.numbers))
        return numbers if self.larger_is_better else f"{numbers},{self.order}"

    @property
    def larger_is_better(self) -> bool:
        return self.order == DESCENDING

    def wants(self, category: str) -> bool:
        return category in self._categories

    def key_expiry(self, generated: int, end: int) -> int | None:
        return None

    def result(self, values: Values) -> Result:
        best = -1 if self.larger_is_better else 0  # values are in ascending order
        scores = [of_level[best] for name in self._categories if (of_level := values.get(name))]
        finished = len(scores) == len(self.numbers)
        return Result(finished, len(scores), sum(scores), self.larger_is_better)


def settled(modeparams: str, order_of: Callable[[int], str]) -> str:
    """What a new tournament keeps of the parameters; ValueError if the levels' orders differ.

    `order_of(level)` is the order of a level's scores now. The parameters need not say it.
    """
    numbers, has_order, _ = modeparams.partition(",")
    orders = {order_of(number) for number in Levels(modeparams).numbers}
    if len(orders) > 1:
        raise ValueError("must be levels of one order: the larger scores first, or the smaller")
    mode = Levels(f"{numbers},{orders.pop()}")
    if has_order and mode.order != Levels(modeparams).order:
        raise ValueError(f"must end with ,{mode.order} or with the levels: that is their order")
    return mode.modeparams


def _numbers(text: str) -> tuple[int, ...]:
    texts = text.split("+")
    if len(texts) > MAX_LEVELS:
        raise ValueError(f"must have at most {MAX_LEVELS} levels")
    try:
        numbers = tuple(map(parse_number, texts))
    except ValueError:
        raise ValueError(f"must be levels, such as 7+8: from 0 to {MAX_NUMBER}") from None
    if len(set(numbers)) < len(numbers):
        raise ValueError("must have each level only once")
    return numbers
