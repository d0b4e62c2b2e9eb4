"""What a mode is: what a tournament asks of its players, and what their games come to.

A mode is made of a tournament's `modeparams`; ValueError says, for a person, what is wrong with
them. The modes of a server are given to its `Tournaments` by name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar, NamedTuple, Protocol

Values = Mapping[str, Sequence[int]]
"""What a player has handed in, category by category, each category's values in ascending order."""


class Result(NamedTuple):
    """What a player has reached. The smaller `rank_key` is, the better."""

    finished: bool
    games: int
    """Games that count towards what the mode asks for."""
    score: int
    """The sum of the values of these games."""

    @property
    def rank_key(self) -> tuple[bool, int, int]:
        """Finished before unfinished, more games before fewer, then the smaller score."""
        return not self.finished, -self.games, self.score


class Mode(Protocol):
    """What the rules ask a mode."""

    closes_entry_at_start: ClassVar[bool]

    def wants(self, category: str) -> bool:
        """Whether games of this category count at all."""

    def key_expiry(self, generated: int, end: int) -> int | None:
        """Until when the player may hand in games, where that is not the tournament's end."""

    def result(self, values: Values) -> Result:
        """What the games of one player come to."""


Modes = Mapping[str, Callable[[str], Mode]]
"""Makes a mode of its parameters, by the name of the mode."""
