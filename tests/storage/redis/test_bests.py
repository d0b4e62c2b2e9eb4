"""Scores that a server remembers, so that it need not ask for those that are no better."""

from __future__ import annotations

import unittest

import mock  # noqa: UP026 (the same mock on every Python)

from gameserver.numbers import MAX_NUMBER
from gameserver.storage.redis.scores import bests as bests_module
from gameserver.storage.redis.scores.bests import Bests
from tests.redis_server import redis_url
from tests.storage.redis.stores import open_server


class BestsTest(unittest.TestCase):
    """What is known of users in levels."""

    def setUp(self) -> None:
        self.bests = Bests()

    def test_rises(self) -> None:
        """What is known only rises."""
        for score in (5, 9, 0, 9):
            self.bests.note(b"then", 1, 7, score)
        self.assertEqual(self.bests.get(1, 7), (b"then", 9))

    def test_apart(self) -> None:
        """Each user in each level is known apart; nothing is known of others."""
        self.bests.note(b"then", 1, MAX_NUMBER, 5)
        self.bests.note(b"then", 2, 0, 0)
        found = [self.bests.get(level, user)[1] for level in (1, 2) for user in (0, MAX_NUMBER)]
        self.assertEqual(found, [None, 5, 0, None])

    def test_taken(self) -> None:
        """After something was taken away nothing is known any more."""
        self.bests.note(b"then", 1, 7, 5)
        self.bests.keep(b"then")
        self.assertEqual(self.bests.get(1, 7), (b"then", 5))
        self.bests.keep(b"now")
        self.assertEqual(self.bests.get(1, 7), (b"now", None))
        self.bests.note(b"later", 1, 8, 5)
        self.assertEqual(self.bests.get(1, 8), (b"later", 5))

    def test_full(self) -> None:
        """There is an end to what is remembered: then it begins anew."""
        with mock.patch.object(bests_module, "MOST_BESTS", 2):
            for user, score in ((7, 5), (8, 5), (9, 5)):
                self.bests.note(b"then", 1, user, score)
        self.assertEqual([self.bests.get(1, user)[1] for user in (7, 8, 9)], [None, None, 5])


class TwoServersTest(unittest.TestCase):
    """What one server remembers while another one takes scores away."""

    def setUp(self) -> None:
        url = redis_url()
        self.engine, other = open_server(self, url), open_server(self, url)
        self.store, self.other = self.engine.scores, other.scores

    def test_asked_all_the_same(self) -> None:
        """Who asks at once, without a batch, is answered by Redis."""
        self.assertTrue(self.store.submit(1, 7, 9))
        self.assertFalse(self.store.submit(1, 7, 5))
        self.other.remove(1, 7)
        self.assertTrue(self.store.submit(1, 7, 5))

    def test_more_than_are_remembered(self) -> None:
        """With more users than are remembered all is entered, and nothing twice."""
        with mock.patch.object(bests_module, "MOST_BESTS", 3):
            for score in (5, 4, 6):
                for user in range(10):
                    self.assertEqual(self.store.submit(1, user, score), score != 4)
        self.assertEqual(self.store.summary(1).players, 10)


if __name__ == "__main__":
    unittest.main()
