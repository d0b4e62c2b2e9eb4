"""Lists of tournaments: bounded, fair, and the same as a look at everything would give."""

from __future__ import annotations

import random
import unittest
from collections import Counter
from collections.abc import Sequence

import mock  # noqa: UP026 (the same mock on every Python)

from gameserver.tournaments.catalogue import MAX_LISTED, PLACES_PER_HOST, Card, Catalogue, Page
from gameserver.tournaments.tournament import LISTS, Tournament, phase_at


def read(ids: Sequence[int]) -> list[Tournament]:
    """Stands for the tournaments themselves."""
    return [Tournament(n, 0, "", "", "", "", 0, 0, True, False) for n in ids]


class CatalogueTest(unittest.TestCase):
    """What stands in a list."""

    def setUp(self) -> None:
        self.catalogue = Catalogue()

    def put(self, host_id: int = 1, start: int = 0, end: int = 1, entered: bool = False) -> int:
        number = self.catalogue.next_id
        self.catalogue.put(Card(number, host_id, start, end, entered))
        return number

    def shown(self, name: str = "all", now: int = 0, page: Page | None = None) -> list[int]:
        return [each.id for each in self.catalogue.listing(name, now, page, read).tournaments]

    def test_whole(self) -> None:
        """A list that is not too long is not cut, whosever the tournaments are."""
        ids = [self.put() for _ in range(MAX_LISTED)]
        self.assertEqual(self.shown(), ids)

    def test_cut(self) -> None:
        """Of a list that is too long the newest are shown, but few of one host."""
        others = [self.put(host_id) for host_id in range(2, 1002)]
        greedy = [self.put(1) for _ in range(5000)]
        shown = self.shown()
        self.assertEqual(shown, others[PLACES_PER_HOST:] + greedy[-PLACES_PER_HOST:])
        self.catalogue.remove(greedy[-1])
        places = PLACES_PER_HOST
        self.assertEqual(self.shown(), others[places:] + greedy[-places - 1 : -1])

    def test_pages_reach_everything(self) -> None:
        """By pages every tournament can be had, however many a host has."""
        ids = [self.put() for _ in range(2500)]
        pages = [self.shown(page=Page(offset, 1000)) for offset in (2000, 1000, 0)]
        self.assertEqual([each for page in pages for each in page], ids)

    def test_pages_are_remembered(self) -> None:
        """A page is read once until the list changes; there are not many remembered."""
        self.put()
        reading = mock.Mock(side_effect=read)
        for offset in (*range(20), 19):
            self.catalogue.listing("all", 0, Page(offset, 1), reading)
        self.assertEqual(reading.call_count, 20)
        self.put()
        self.catalogue.listing("all", 0, Page(19, 1), reading)
        self.assertEqual(reading.call_count, 21)

    def test_deleted_leave_nothing(self) -> None:
        """What has been deleted takes no memory, though its end be far away."""
        for _ in range(3000):
            self.catalogue.remove(self.put(start=10**15, end=10**16))
        self.assertLess(len(self.catalogue._moments), 1500)
        self.assertEqual(self.catalogue.hosted(1, 0), (0, 0))

    def test_against_a_look_at_everything(self) -> None:
        """Whatever comes, changes, goes, begins and ends, the lists are as they should be."""
        chance = random.Random(9)
        cards: dict[int, Card] = {}
        now = 0
        with mock.patch("gameserver.tournaments.catalogue.MAX_LISTED", 30):
            for _ in range(1500):
                self.change(chance, cards, now)
                now += chance.choice((0, 0, 0, 1, 5))
                if chance.random() < 0.2:
                    self.compare(cards, now)

    def change(self, chance: random.Random, cards: dict[int, Card], now: int) -> None:
        known = chance.choice([*cards, 0]) if cards else 0
        start = now + chance.randrange(-50, 100)
        if known and chance.random() < 0.3:
            self.catalogue.remove(known)
            del cards[known]
        elif known and chance.random() < 0.3:
            self.catalogue.enter(known)
            cards[known] = cards[known]._replace(entered=True)
        else:
            number = known or self.catalogue.next_id
            host_id = cards[known].host_id if known else chance.choice((1, 1, 1, 2, 3))
            cards[number] = Card(
                number, host_id, start, start + chance.randrange(1, 300), chance.random() < 0.5
            )
            self.catalogue.put(cards[number])

    def compare(self, cards: dict[int, Card], now: int) -> None:
        for name, phases in LISTS.items():
            ids = [n for n, c in sorted(cards.items()) if phase_at(c.start, c.end, now) in phases]
            self.assertEqual(self.shown(name, now, Page(3, 7)), ids[:-3][-7:])
            self.assertEqual(self.shown(name, now), fair(cards, ids, 30))
        for host_id in (1, 2, 3):
            mine = [card for card in cards.values() if card.host_id == host_id]
            active, empty = (card.end > now for card in mine), (not card.entered for card in mine)
            self.assertEqual(self.catalogue.hosted(host_id, now), (sum(active), sum(empty)))


def fair(cards: dict[int, Card], ids: list[int], size: int) -> list[int]:
    """What a list shows: found by looking at each, the newest first."""
    if len(ids) <= size:
        return ids
    places: Counter[int] = Counter()
    shown = []
    for number in reversed(ids):
        places[cards[number].host_id] += 1
        if places[cards[number].host_id] <= PLACES_PER_HOST:
            shown.append(number)
    return shown[:size][::-1]


if __name__ == "__main__":
    unittest.main()
