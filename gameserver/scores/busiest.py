"""Levels in the order of their players, and the search for their titles."""

from __future__ import annotations

import heapq
from array import array
from itertools import islice

from gameserver.numbers import MAX_NUMBER
from gameserver.scores.column import Column
from gameserver.scores.names import fold

RARE = 1_000
"""Up to so many levels that a search finds are sorted; more are met soon in the whole order."""

WAITING = 64
"""Up to so many levels wait for their new place."""


class Busiest:
    """All levels, those with the most players first, some 150 bytes each.

    - `players` has the players of each level, as they are now.
    - `order` has a key for each level: MAX_NUMBER - players in the upper bits, the level in the
      lower 31. Nothing is ever sorted as a whole.
    - `waiting` has the levels whose key in `order` is an old one, with the players it is made of,
      None for a level without a key. Many players come to the same level one after another, so
      few of them cost a move.
    """

    def __init__(self) -> None:
        self._order = Column(array("Q"), array("B"))
        self._players: dict[int, int] = {}
        self._waiting: dict[int, int | None] = {}
        self._titles: dict[int, str] = {}
        self.changes = 0
        """How often the number of players or the title of a level has changed."""

    def __len__(self) -> int:
        """How many levels there are."""
        return len(self._players)

    def __contains__(self, level_id: int) -> bool:
        return level_id in self._players

    def put(self, level_id: int, players: int) -> None:
        """The level has so many players now."""
        self.changes += 1
        self._waiting.setdefault(level_id, self._players.get(level_id))
        self._players[level_id] = players
        if len(self._waiting) > WAITING:
            self._settle()

    def put_title(self, level_id: int, title: str | None) -> None:
        self.changes += 1
        self._titles.pop(level_id, None)
        if title is not None:
            self._titles[level_id] = fold(title)

    def remove(self, level_id: int) -> None:
        """The level is gone."""
        self.changes += 1
        self._waiting.setdefault(level_id, self._players.get(level_id))
        self._players.pop(level_id, None)
        self._titles.pop(level_id, None)

    def part(self, offset: int, limit: int) -> list[int]:
        """Levels from `offset` on, at most `limit`."""
        self._settle()
        return [key & MAX_NUMBER for key, _ in self._order.part(offset, limit)]

    def search(self, q: str, offset: int, limit: int) -> tuple[list[int], int]:
        """As `part`, of the levels that `q` finds, see `ScoreStore.levels`; how many it finds."""
        self._settle()
        text, titles = fold(q), self._titles
        found = [level_id for level_id, title in titles.items() if text in title]
        number = int(q) if q.isdecimal() and q.isascii() and len(q) <= 10 else -1
        if number in self._players and text not in titles.get(number, ""):
            found.append(number)
        end = offset + limit
        if len(found) <= RARE:
            keys = heapq.nsmallest(end, (_key(n, self._players[n]) for n in found))
            return [key & MAX_NUMBER for key in keys[offset:]], len(found)
        levels = (key & MAX_NUMBER for key, _ in self._order.items())
        matching = (n for n in levels if n == number or text in titles.get(n, ""))
        return list(islice(matching, offset, end)), len(found)

    def _settle(self) -> None:
        """Gives all levels that wait their place."""
        for level_id, old in self._waiting.items():
            players = self._players.get(level_id)
            if old == players:
                continue
            if old is not None:
                self._order.remove(_key(level_id, old))
            if players is not None:
                self._order.put(_key(level_id, players), 0)
        self._waiting.clear()


def _key(level_id: int, players: int) -> int:
    return MAX_NUMBER - players << 31 | level_id
