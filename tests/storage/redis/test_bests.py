"""Scores that a server remembers, so that it need not ask for those that are no better."""

from __future__ import annotations

import unittest

import mock  # noqa: UP026 (the same mock on every Python)

from gameserver.numbers import MAX_NUMBER
from gameserver.storage.redis import bests as bests_module
from gameserver.storage.redis.bests import Bests
from gameserver.storage.redis.link import Unavailable
from tests.redis_server import redis_url, shared_redis
from tests.storage.redis.stores import open_server


class BestsTest(unittest.TestCase):
    """What is known of users in levels."""

    def test_rises(self) -> None:
        """What is known only rises."""
        bests = Bests(b"since")
        for score in (5, 9, 0, 9):
            bests.note(1, 7, score)
        self.assertEqual(bests.get(1, 7), 9)

    def test_apart(self) -> None:
        """Each user in each level is known apart; nothing is known of others."""
        bests = Bests()
        bests.note(1, MAX_NUMBER, 5)
        bests.note(2, 0, 0)
        found = [bests.get(level, user) for level in (1, 2) for user in (0, MAX_NUMBER)]
        self.assertEqual(found, [None, 5, 0, None])

    def test_full(self) -> None:
        """There is an end to what is remembered."""
        with mock.patch.object(bests_module, "MOST_BESTS", 2):
            bests = Bests()
            bests.note(1, 7, 5)
            bests.note(1, 7, 6)
            self.assertFalse(bests.is_full)
            bests.note(1, 8, 5)
            self.assertTrue(bests.is_full)


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

    def test_replicas(self) -> None:
        """Where replicas have to confirm scores each is sent, as they may not have the best."""
        redis = shared_redis()
        open_server(self, redis.url)  # what a server keeps at its first start, replicas or not
        store = open_server(self, redis.url, redis_wait=1).scores
        redis.ask("CONFIG", "RESETSTAT")
        for score, count in ((9, 2), (5, 3)):  # for the first the level has its place as well
            with self.assertRaises(Unavailable):
                store.submit(1, 7, score)
            self.assertIn(b"cmdstat_zadd:calls=%d," % count, redis.ask("INFO", "commandstats"))

    def test_more_than_are_remembered(self) -> None:
        """With more users than are remembered all is entered, and nothing twice."""
        with mock.patch.object(bests_module, "MOST_BESTS", 3):
            for score in (5, 4, 6):
                for user in range(10):
                    self.assertEqual(self.store.submit(1, user, score), score != 4)
        self.assertEqual(self.store.summary(1).players, 10)


if __name__ == "__main__":
    unittest.main()
