"""Lines of boards, as scripts return them: with ranks, names, moments and metadata."""

from __future__ import annotations

from collections.abc import Sequence
from struct import iter_unpack
from typing import Any, NamedTuple

from gameserver.scores.level import Level
from gameserver.scores.notes import NOTHING, Note
from gameserver.scores.ranking import PERCENTILES
from gameserver.scores.seasons import Season
from gameserver.scores.values import Bucket, Entry, Histogram, Page, TierBound
from gameserver.storage.redis.scores.ordering import ARRIVAL_BITS_HERE, by_order, parts_of


def read_note(text: bytes | None) -> Note:
    """The moment and the metadata that stand beside a line; see `scripts/lines.lua`."""
    if text is None:
        return NOTHING
    at, _, meta = text.partition(b":")
    return int(at) if at else None, meta[1:] if meta else None


def write_note(at: int | None, meta: bytes | None) -> bytes | None:
    """What `read_note` reads; None if there is nothing to note."""
    if at is None and meta is None:
        return None
    return b"%b:%b" % (b"" if at is None else b"%d" % at, b"" if meta is None else b"=" + meta)


class BoardView(NamedTuple):
    """A board whose lines are read."""

    level: Level
    season: Season

    def score(self, r: int) -> int:
        return by_order(r, self.level.is_ascending)

    def page(self, reply: Sequence[Any]) -> Page:
        """A page of what `part` in `scripts/read.lua` returns."""
        players, offset, _, lines, _, _ = reply
        entries = self.entries(reply)
        behind = offset + len(entries)
        cursor = None
        if entries and behind < players:
            *_, (_, place) = iter_unpack(">Id", lines)
            r, arrival = parts_of(place)
            cursor = f"{self.season.start:x}-{r << ARRIVAL_BITS_HERE | arrival:x}"
        return Page(self.season, players, offset, entries, cursor)

    def entries(self, reply: Sequence[Any]) -> list[Entry]:
        """The same, without the page."""
        _, offset, first_rank, lines, notes, names = reply
        settings = self.level.settings
        notes = notes or [None] * len(names)
        entries: list[Entry] = []
        for n, (user_id, place) in enumerate(iter_unpack(">Id", lines)):
            score = self.score(parts_of(place)[0])
            rank = offset + n + 1
            if settings.ties == "shared":
                if not entries:
                    rank = first_rank
                elif entries[-1].score == score:
                    rank = entries[-1].rank
            at, meta = read_note(notes[n])
            at = at if settings.times else None
            name = None if names[n] is None else names[n].decode()
            entries.append(Entry(rank, user_id, name, score, meta, at))
        return entries

    def histogram(self, reply: Sequence[Any] | None) -> Histogram:
        """What `read.histogram` returns; None of an empty board."""
        if reply is None:
            return Histogram(self.season, (), {})
        players, first, last, width, below, reached = reply
        lowest, highest = sorted((self.score(first), self.score(last)))
        starts = range(lowest, highest + 1, width)
        below = [*below, players]
        buckets = [
            Bucket(start, min(start + width - 1, highest), below[n + 1] - below[n])
            for n, start in enumerate(starts)
        ]
        count = len(PERCENTILES)
        percentiles = dict(zip(PERCENTILES, map(self.score, reached[:count]), strict=True))
        tiers = [
            TierBound(name, percent, self.score(r))
            for (name, percent), r in zip(self.level.settings.tiers, reached[count:], strict=True)
            if r is not None
        ]
        return Histogram(self.season, buckets, percentiles, tiers)
