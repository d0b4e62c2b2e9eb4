"""The values that go into a store of scores, and come out of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from gameserver.scores.seasons import Season
from gameserver.scores.settings import LevelSettings, Tiers

SEVERAL = -1
"""Stands for the level of a request that posts to several at once."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a store keeps."""

    levels: int = 100_000
    """Levels with scores or settings."""
    scores: int = 20_000_000
    """Scores of all levels and seasons."""
    seasons: int = 12
    """Past seasons of each level."""

    def share(self, parts: int) -> Limits:
        """Those of one of so many equal parts of a store."""
        return replace(self, levels=-(-self.levels // parts), scores=-(-self.scores // parts))


NORMAL = Limits()
"""The limits of a server that was not told others."""


class Post(NamedTuple):
    """A score that a user hands in."""

    level_id: int
    score: int
    meta: bytes | None = None
    """A JSON object as it was sent."""
    is_trusted: bool = False
    """Whether a game's own server hands it in for the user."""
    run: str = ""
    """The run that it comes with."""


class RequestId(NamedTuple):
    """What a client calls a request of its own, so that it may be repeated."""

    level_id: int
    """The level that it posts to, or `SEVERAL`."""
    id: str
    digest: bytes
    """16 to 32 bytes that are the same for the same path and body, and for no others."""


def run_id(level_id: int) -> int:
    """Stands for the level of a request that draws a run there."""
    return -2 - level_id


class Outcome(NamedTuple):
    """What a post came to."""

    level_id: int
    season: str
    """The season's name."""
    score: int
    """The score that was posted."""
    best: int
    """The user's score that now stands on the board."""
    rank: int
    previous_rank: int | None
    """None if it is the user's first score."""
    improved: bool
    """Whether it is the first, or what stands on the board is better than before."""


class Entry(NamedTuple):
    """A line of a board."""

    rank: int
    """1 for the first; equal scores have the same one where the level's ties are shared."""
    user_id: int
    name: str | None
    score: int
    meta: bytes | None
    at: int | None
    """The moment at which the score came; None where the level keeps no times."""


class Page(NamedTuple):
    """Some lines of a board in rank order."""

    season: Season
    players: int
    """How many lines the whole board has."""
    offset: int
    """How many of them stand before these."""
    entries: Sequence[Entry]
    next: str | None
    """The cursor behind the last line, for `after`; None at the board's end."""


class Neighbours(NamedTuple):
    """A user's line, and the page that it stands on."""

    entry: Entry
    page: Page


class LevelSummary(NamedTuple):
    """A level in the season that is on."""

    level_id: int
    settings: LevelSettings
    season: Season
    resets_in: int | None
    """Microseconds to the season's end; None if it has none."""
    players: int
    best: int | None
    """The score that stands first."""


class LevelList(NamedTuple):
    """Some of the levels, the busiest first."""

    levels: Sequence[LevelSummary]
    total: int
    """How many there are, or how many of them the search finds."""


class SeasonSummary(NamedTuple):
    """A season of a level, and how it ended or stands."""

    season: Season
    players: int
    best: int | None


class Bucket(NamedTuple):
    """How many players have a score from `first` to `last`, both included."""

    first: int
    last: int
    players: int


class TierBound(NamedTuple):
    """Where a tier ends."""

    name: str
    percent: float
    score: int
    """The last score in it, or in a better one."""


class Histogram(NamedTuple):
    """How the scores of a board are spread."""

    season: Season
    buckets: Sequence[Bucket]
    """By ascending score, without a gap; empty where the board is."""
    percentiles: Mapping[int, int]
    """The score that one needs to be among the best 100 - p percent; empty where the board is."""
    tiers: Sequence[TierBound] = ()
    """Those that somebody is in, or in a better one."""


class UserScore(NamedTuple):
    """One of a user's scores."""

    level_id: int
    season: Season
    rank: int
    score: int
    at: int | None
    players: int
    """How many have a score there."""
    settings: LevelSettings
    is_current: bool
    """Whether the season is on."""


def percentile(rank: int, players: int) -> float:
    """The percentage of players who stand at the rank or below, with two decimals."""
    return round(100 * (players - rank + 1) / players, 2)


def tier(tiers: Tiers, rank: int, players: int) -> str | None:
    """The name of the first tier that the rank is in; None if it is in none."""
    for name, percent in tiers:
        if percent * players >= 100 * rank:
            return name
    return None
