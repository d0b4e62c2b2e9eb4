"""The values that a tournament consists of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, StrEnum, auto
from typing import NamedTuple


class Entry(StrEnum):
    """How far a player has come into a tournament."""

    NONE = "not_participating"
    REQUESTED = "requested"
    INVITED = "invited"
    PARTICIPATING = "participating"


class Phase(Enum):
    UPCOMING = auto()
    IN_PROGRESS = auto()
    OVER = auto()


LISTS: Mapping[str, frozenset[Phase]] = {
    "all": frozenset(Phase),
    "archive": frozenset({Phase.OVER}),
    "in_progress": frozenset({Phase.IN_PROGRESS}),
    "upcoming": frozenset({Phase.UPCOMING}),
    "active": frozenset({Phase.UPCOMING, Phase.IN_PROGRESS}),
}
"""The lists of tournaments, and the phases of those that stand in them."""


def phase_at(start: int, end: int, now: int) -> Phase:
    """The phase of what runs from `start` up to but not including `end`."""
    if now >= end:
        return Phase.OVER
    return Phase.UPCOMING if now < start else Phase.IN_PROGRESS


NOT_STORED = 0
"""The id of a tournament that has none yet."""


@dataclass(frozen=True, slots=True)
class Tournament:
    """One tournament, which runs from `start` up to but not including `end`."""

    id: int
    host_id: int
    name: str
    mode: str
    modeparams: str
    location: str
    start: int
    end: int
    open_entry: bool
    hide_results: bool

    def phase(self, now: int) -> Phase:
        return phase_at(self.start, self.end, now)


class View(NamedTuple):
    """A tournament as its page shows it. `unproven` is for the host alone, as are requests.

    `larger_is_better`: which of two results.
    """

    tournament: Tournament
    entry: Entry
    host: str
    players: list[tuple[str, Entry]]
    unproven: Mapping[str, int] | None
    larger_is_better: bool


class Submission(NamedTuple):
    """A game that is handed in for a player, whatever game it is."""

    user_id: int
    category: str
    """The kind that is counted apart: with Minesweeper the level."""
    value: int
    digest: bytes
    """The same for the same game, however it is handed in."""
    proven: bool
    """The game itself bears the value out."""
    violation: str = ""
    """Why the game counts in no tournament, for a person; empty if it does."""


class Score(NamedTuple):
    """A submission that counts, as standings need it."""

    user_id: int
    category: str
    value: int
