"""A board as it is read: its lines with ranks and names, by page, by cursor, around a user."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gameserver.errors import invalid
from gameserver.scores.board import Board
from gameserver.scores.rank_key import ARRIVAL_BITS, first_key
from gameserver.scores.seasons import Season
from gameserver.scores.settings import LevelSettings
from gameserver.scores.values import Bucket, Entry, Histogram, Neighbours, Page, TierBound

PERCENTILES = (1, 10, 25, 50, 75, 90, 99)

_CURSOR = re.compile(r"([0-9a-f]{1,16})-([0-9a-f]{1,16})", re.ASCII)


def season_of_cursor(cursor: str) -> int:
    """The start of the season that a cursor belongs to; see `ScoreStore.after`."""
    return read_cursor(cursor)[0]


def read_cursor(cursor: str) -> tuple[int, int]:
    """The start of a cursor's season, and what tells the line that it stands behind.

    Refused (`invalid_data`, field `after`) if it is no cursor.
    """
    match = _CURSOR.fullmatch(cursor)
    if not match:
        raise invalid("after", "must be the `next` of a page")
    return int(match[1], 16), int(match[2], 16)


@dataclass(frozen=True, slots=True)
class Ranking:
    """A board with all that its lines show. Every call takes O(log n) and O(1) for each line."""

    season: Season
    board: Board
    settings: LevelSettings
    names: Mapping[int, str]

    def page(self, offset: int, limit: int) -> Page:
        """See `ScoreStore.page`."""
        lines = self.board.lines(offset, limit)
        players = len(self.board)
        behind = offset + len(lines)
        cursor = f"{self.season.start:x}-{lines[-1][0]:x}" if lines and behind < players else None
        return Page(self.season, players, offset, self._entries(lines, offset), cursor)

    def after(self, cursor: str, limit: int) -> Page:
        """See `ScoreStore.after`."""
        start, key = read_cursor(cursor)
        if start != self.season.start:
            raise invalid("after", "must be the `next` of a page of the same season")
        return self.page(self.board.position(key + 1), limit)

    def around(self, user_id: int, count: int) -> Neighbours | None:
        """See `ScoreStore.around`."""
        place = self.board.rank(user_id)
        if place is None:
            return None
        size = 2 * count + 1
        first = max(0, min(place - 1 - count, len(self.board) - size))
        page = self.page(first, size)
        return Neighbours(page.entries[place - 1 - first], page)

    def entries(self, users: Sequence[int]) -> list[Entry]:
        """See `ScoreStore.entries`."""
        lines = ((self.board.line(user_id), user_id) for user_id in set(users))
        ranked = sorted((line.key, user_id) for line, user_id in lines if line)
        return [
            entry
            for key, user_id in ranked
            for entry in self._entries([(key, user_id)], self.board.position(key))
        ]

    def rank(self, user_id: int) -> int | None:
        """The rank that is shown of a user; None without a score."""
        line = self.board.line(user_id)
        if line is None:
            return None
        key = self._first_equal(line.key) if self.settings.ties == "shared" else line.key
        return self.board.position(key) + 1

    def rank_of(self, score: int) -> int:
        """See `ScoreStore.rank_of`."""
        first = self._first_key(score)
        behind = 0 if self.settings.ties == "shared" else 1 << ARRIVAL_BITS
        return self.board.position(first + behind) + 1

    def histogram(self, buckets: int) -> Histogram:
        """See `ScoreStore.histogram`."""
        players = len(self.board)
        if not players:
            return Histogram(self.season, (), {})
        scores = self._score_at(0), self._score_at(players - 1)
        percentiles = {p: self._score_at(players + -p * players // 100) for p in PERCENTILES}
        spread = self._buckets(min(scores), max(scores), buckets)
        return Histogram(self.season, spread, percentiles, self._tiers(players))

    def _tiers(self, players: int) -> list[TierBound]:
        places = [int(percent * players // 100) - 1 for _, percent in self.settings.tiers]
        return [
            TierBound(name, percent, self._score_at(place))
            for (name, percent), place in zip(self.settings.tiers, places, strict=True)
            if place >= 0
        ]

    def _buckets(self, lowest: int, highest: int, count: int) -> list[Bucket]:
        width = -(-(highest - lowest + 1) // count)
        starts = range(lowest, highest + 1, width)
        below = [self._below(start) for start in starts] + [len(self.board)]
        return [
            Bucket(start, min(start + width - 1, highest), below[n + 1] - below[n])
            for n, start in enumerate(starts)
        ]

    def _below(self, score: int) -> int:
        """How many have a lower score."""
        if self.settings.order == "asc":
            return self.board.position(self._first_key(score))
        return len(self.board) - self.board.position(self._first_key(score - 1))

    def _score_at(self, position: int) -> int:
        return self.board.score_in(self.board.lines(position, 1)[0][0])

    def _entries(self, lines: Sequence[tuple[int, int]], offset: int) -> list[Entry]:
        """The lines, of which the first has `offset` others before it."""
        board, names, ties = self.board, self.names, self.settings.ties
        entries: list[Entry] = []
        for place, (key, user_id) in enumerate(lines, offset + 1):
            rank, score = place, board.score_in(key)
            if ties == "shared":
                equal = entries and entries[-1].score == score
                rank = entries[-1].rank if equal else board.position(self._first_equal(key)) + 1
            at, meta = board.note(user_id)
            at = at if self.settings.times else None
            entries.append(Entry(rank, user_id, names.get(user_id), score, meta, at))
        return entries

    def _first_key(self, score: int) -> int:
        return first_key(score, self.board.is_ascending)

    def _first_equal(self, key: int) -> int:
        """The lowest rank key that the same score can have."""
        return key >> ARRIVAL_BITS << ARRIVAL_BITS
