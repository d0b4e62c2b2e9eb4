"""Which tournaments stand in which list: every server has a catalogue of its own in memory.

What has changed is counted in Redis, as with the rules (`link/rules.py`): so a catalogue reads only
what it has not seen, and asks for one number where nothing has changed.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence

from gameserver.storage.redis.link.keys import key
from gameserver.storage.redis.link.link import Command
from gameserver.storage.redis.link.questions import Read
from gameserver.storage.redis.tournaments.tournament_values import tournament_key, unpacked
from gameserver.tournaments.catalogue import Catalogue, Hosted, Listing, Page, card_of
from gameserver.tournaments.tournament import Tournament

NUMBER = key("tournaments")
"""How many changes there have been."""
_CHANGED = key("tournaments:changed")
"""The ids of all tournaments there have been, by the number of the last change."""

_CHUNK = 1_000
"""Tournaments that are read at once."""


def changed(number: int, tournament_id: int) -> list[Command]:
    """What counts the change of a tournament, whose number is the next one."""
    return [("SET", NUMBER, number + 1), ("ZADD", _CHANGED, number + 1, tournament_id)]


class SharedCatalogue:
    """A server's catalogue, with the tournaments in it. Thread-safe."""

    def __init__(self, now: int) -> None:
        """`now` is a moment before which it will not be asked."""
        self._now = now
        self._lock = threading.Lock()
        self._catalogue = Catalogue(now)
        self._tournaments: dict[int, Tournament] = {}
        self._number = 0

    def hosted(self, host_id: int, now: int) -> Hosted:
        """What a host has at this moment, as far as has been read."""
        with self._lock:
            return self._catalogue.hosted(host_id, now)

    def listing(self, name: str, now: int, page: Page | None) -> Listing:
        """What a list shows at this moment, as far as has been read."""
        with self._lock:
            return self._catalogue.listing(name, now, page, self._read)

    def catch_up(self, number: int, read: Read) -> None:
        """Takes in all changes up to this number, and perhaps later ones."""
        with self._lock:
            if number < self._number:  # Redis has lost some
                self._forget()
            if number == self._number:
                return
            (ids,) = read([("ZRANGEBYSCORE", _CHANGED, f"({self._number}", "+inf")])
            for start in range(0, len(ids), _CHUNK):
                self._take_in([int(each) for each in ids[start : start + _CHUNK]], read)
            self._number = number

    def _take_in(self, ids: Sequence[int], read: Read) -> None:
        keys = [tournament_key(each) for each in ids]
        entries = [("EXISTS", tournament_key(each, "entries")) for each in ids]
        found, *entered = read([("MGET", *keys), *entries])
        for tournament_id, values, has_entries in zip(ids, found, entered, strict=True):
            if values is None:
                self._tournaments.pop(tournament_id, None)
                self._catalogue.remove(tournament_id)
            else:
                tournament = self._tournaments[tournament_id] = unpacked(values)
                self._catalogue.put(card_of(tournament, bool(has_entries)))

    def _forget(self) -> None:
        self._catalogue = Catalogue(self._now)
        self._tournaments = {}
        self._number = 0

    def _read(self, ids: Sequence[int]) -> Sequence[Tournament]:
        return [self._tournaments[each] for each in ids]
