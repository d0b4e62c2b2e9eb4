"""Which tournaments stand in which list: kept up as they come, begin, end and go.

An engine has one catalogue. It knows when each tournament starts and ends, whose it is and
whether anybody has entered, but not the tournament itself. So a list costs the same however many
tournaments there are, and what is asked for again is remembered until it changes.

Invariants: every id stands on the shelves of its phase at `_now`, which never goes back; on each
shelf `_fair` is in ascending order the newest `PLACES_PER_HOST` ids of each host.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Callable, Sequence
from heapq import heapify, heappop, heappush
from typing import NamedTuple

from gameserver.tournaments.tournament import LISTS, Phase, Tournament, phase_at

MAX_LISTED = 1_000
"""Tournaments that are shown at once."""
PLACES_PER_HOST = 20
"""So many of one host's stand in a list that is cut."""

_REMEMBERED_PAGES = 16
"""Of each list."""
_SPARE_MOMENTS = 1_000


class Page(NamedTuple):
    """A part of a list: `limit` tournaments, without the `offset` newest."""

    offset: int
    limit: int


class Listing:
    """What a list shows, in the order of the ids. The same object as long as it stays the same."""

    __slots__ = ("__weakref__", "tournaments")

    def __init__(self, tournaments: Sequence[Tournament]) -> None:
        self.tournaments = tournaments


class Card(NamedTuple):
    """What a catalogue knows of a tournament. `entered`: somebody is in it, or asked or invited."""

    id: int
    host_id: int
    start: int
    end: int
    entered: bool


def card_of(tournament: Tournament, entered: bool) -> Card:
    """The card of a tournament."""
    return Card(tournament.id, tournament.host_id, tournament.start, tournament.end, entered)


class Hosted(NamedTuple):
    """How many tournaments of a host are not over, and how many nobody has entered."""

    active: int
    empty: int


class _Shelf:
    """The ids in one of the lists, in ascending order."""

    def __init__(self) -> None:
        self.pages: dict[Page | None, Listing] = {}
        self._ids: list[int] = []
        self._of_host: dict[int, list[int]] = {}
        self._fair: list[int] = []

    def add(self, tournament_id: int, host_id: int) -> None:
        self.pages.clear()
        insort(self._ids, tournament_id)
        hosted = self._of_host.setdefault(host_id, [])
        insort(hosted, tournament_id)
        if tournament_id in hosted[-PLACES_PER_HOST:]:
            insort(self._fair, tournament_id)
            if len(hosted) > PLACES_PER_HOST:
                _take(self._fair, hosted[-PLACES_PER_HOST - 1])

    def remove(self, tournament_id: int, host_id: int) -> None:
        self.pages.clear()
        _take(self._ids, tournament_id)
        hosted = self._of_host[host_id]
        if tournament_id in hosted[-PLACES_PER_HOST:]:
            _take(self._fair, tournament_id)
            if len(hosted) > PLACES_PER_HOST:
                insort(self._fair, hosted[-PLACES_PER_HOST - 1])
        _take(hosted, tournament_id)
        if not hosted:
            del self._of_host[host_id]

    def count(self, host_id: int) -> int:
        """How many are the host's."""
        return len(self._of_host.get(host_id, ()))

    def ids(self, page: Page | None) -> list[int]:
        """Those on a page; without one, the whole list or, if that is too long, a fair part."""
        if page:
            end = max(0, len(self._ids) - page.offset)
            return self._ids[max(0, end - page.limit) : end]
        return self._ids[:] if len(self._ids) <= MAX_LISTED else self._fair[-MAX_LISTED:]


class Catalogue:
    """All tournaments of an engine, which holds its lock around every call."""

    def __init__(self, now: int = 0) -> None:
        """`now` is a moment before which it will not be asked."""
        self._now = now
        self._cards: dict[int, tuple[Card, Phase]] = {}
        self._shelves = {name: _Shelf() for name in LISTS}
        self._moments: list[tuple[int, int]] = []
        """A heap of when tournaments start or end, and which."""
        self._empty: Counter[int] = Counter()
        """How many tournaments of a host nobody has entered."""
        self.next_id = 1
        """No tournament has had this id, or a later one."""

    def put(self, card: Card) -> None:
        """Takes in a tournament, or what has become of one."""
        self.remove(card.id)
        self.next_id = max(self.next_id, card.id + 1)
        phase = phase_at(card.start, card.end, self._now)
        self._cards[card.id] = card, phase
        self._empty[card.host_id] += not card.entered
        self._move(card, None, phase)
        for moment in (card.start, card.end):
            if moment > self._now:
                heappush(self._moments, (moment, card.id))
        self._forget_moments()

    def remove(self, tournament_id: int) -> None:
        """Forgets a tournament, if it is there."""
        card, phase = self._cards.pop(tournament_id, (None, None))
        if card:
            self._empty[card.host_id] -= not card.entered
            if not self._empty[card.host_id]:
                del self._empty[card.host_id]
            self._move(card, phase, None)

    def enter(self, tournament_id: int) -> bool:
        """Somebody has entered a tournament; whether that is new."""
        card, phase = self._cards[tournament_id]
        if card.entered:
            return False
        self._cards[tournament_id] = card._replace(entered=True), phase
        self._empty[card.host_id] -= 1
        return True

    def entered(self, tournament_id: int) -> bool:
        """Whether anybody has entered."""
        return self._cards[tournament_id][0].entered

    def hosted(self, host_id: int, now: int) -> Hosted:
        """What a host has at this moment."""
        self._advance(now)
        return Hosted(self._shelves["active"].count(host_id), self._empty[host_id])

    def listing(
        self,
        name: str,
        now: int,
        page: Page | None,
        read: Callable[[Sequence[int]], Sequence[Tournament]],
    ) -> Listing:
        """What a list shows at this moment; `read` gets tournaments by their ids, in order."""
        self._advance(now)
        shelf = self._shelves[name]
        listing = shelf.pages.get(page)
        if listing is None:
            listing = Listing(read(shelf.ids(page)))
            if len(shelf.pages) >= _REMEMBERED_PAGES:
                shelf.pages.clear()
            shelf.pages[page] = listing
        return listing

    def _advance(self, now: int) -> None:
        """Moves what has started or ended meanwhile."""
        self._now = max(self._now, now)
        while self._moments and self._moments[0][0] <= self._now:
            _, tournament_id = heappop(self._moments)
            card, before = self._cards.get(tournament_id, (None, None))
            if card:
                phase = phase_at(card.start, card.end, self._now)
                self._cards[tournament_id] = card, phase
                self._move(card, before, phase)

    def _move(self, card: Card, before: Phase | None, after: Phase | None) -> None:
        for name, phases in LISTS.items():
            if before not in phases and after in phases:
                self._shelves[name].add(card.id, card.host_id)
            elif before in phases and after not in phases:
                self._shelves[name].remove(card.id, card.host_id)

    def _forget_moments(self) -> None:
        """Makes the heap anew when most of it is of tournaments that were changed or deleted."""
        if len(self._moments) > 4 * len(self._cards) + _SPARE_MOMENTS:
            self._moments = [
                (moment, card.id)
                for card, _ in self._cards.values()
                for moment in (card.start, card.end)
                if moment > self._now
            ]
            heapify(self._moments)


def _take(ids: list[int], tournament_id: int) -> None:
    """Removes an id that is in the list, which is in ascending order."""
    del ids[bisect_left(ids, tournament_id)]
