"""Modes: the games that a tournament asks of its players, and the result that they make.

A mode is made of a tournament's `modeparams`; ValueError says, for a person, what is wrong with
them. The modes of a server are given to its `Tournaments` by name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar, NamedTuple, Protocol

Values = Mapping[str, Sequence[int]]
"""The games that a player has handed in: the values of each category, in ascending order."""


class Result(NamedTuple):
    """The result of a player. The smaller `rank_key` is, the better."""

    finished: bool
    games: int
    """Games that count towards what the mode asks for."""
    score: int
    """The sum of the values of these games."""
    larger_is_better: bool = False
    """Whether the larger score is the better one."""

    @property
    def rank_key(self) -> tuple[bool, int, int]:
        """Finished before unfinished, more games before fewer, then the better score."""
        score = -self.score if self.larger_is_better else self.score
        return not self.finished, -self.games, score


class Mode(Protocol):
    """A mode, as the rules use it."""

    closes_entry_at_start: ClassVar[bool]

    @property
    def larger_is_better(self) -> bool:
        """Whether a larger value is better than a smaller one."""

    def wants(self, category: str) -> bool:
        """Whether games of this category count at all."""

    def key_expiry(self, generated: int, end: int) -> int | None:
        """Until when the player may hand in games, where that is not the tournament's end."""

    def result(self, values: Values) -> Result:
        """The result that the games of one player make."""


Modes = Mapping[str, Callable[[str], Mode]]
"""Makes a mode of its parameters, by the name of the mode."""

Settle = Callable[[str], str]
"""Makes of the parameters that a host gives those that a new tournament keeps; ValueError says, for
a person, why there can be no such tournament now."""
