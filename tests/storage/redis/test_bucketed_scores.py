"""Scores that are spread over buckets: what every store promises."""

from __future__ import annotations

import unittest
from typing import Any

from gameserver.scores.values import Limits, Post
from tests.redis_server import redis_url, shared_cluster
from tests.scores import board_contract, contracts
from tests.storage.redis.stores import (
    TakingTurns,
    keep_scripts_in_slots,
    open_buckets,
    open_server,
)
from tests.storage.redis.test_scores import SentTwice


class InBuckets(board_contract.BoardContract):
    """Boards in three buckets of a Redis."""

    test_full: Any = None  # see FullTest

    def make(self) -> Any:
        self.url = redis_url()
        return self.open()

    def open(self) -> Any:
        return open_buckets(self, self.url, self.limits, self.clock).scores

    def restart(self) -> None:
        self.store = self.open()


class InCluster(InBuckets):
    """Boards in a Redis in cluster mode, where no script may use keys of two slots."""

    limits = Limits(levels=16 * 50, scores=16 * 2_000, seasons=3)

    def make(self) -> Any:
        keep_scripts_in_slots(self)
        self.url = shared_cluster().url
        return self.open()

    def open(self) -> Any:
        return open_server(self, self.url, self.limits, self.clock).scores


class OnTwoServers(InBuckets):
    """Boards of two servers that share a Redis, and take turns."""

    def open(self) -> Any:
        return TakingTurns(super().open(), super().open())


class ScoresTest(contracts.ScoresContract):
    """The scores of all levels, in buckets."""

    def make(self) -> Any:
        return open_buckets(self, redis_url()).scores


class ScoresInClusterTest(contracts.ScoresContract):
    """The same, in a cluster."""

    def make(self) -> Any:
        keep_scripts_in_slots(self)
        return open_server(self, shared_cluster().url).scores


class FullTest(InBuckets):
    """Limits, of which each bucket keeps its share."""

    def test_full(self) -> None:
        """Beyond its share a bucket takes no new score and no new level; others still do."""
        self.submit(1, *((user_id, 1) for user_id in range(667)))
        self.assert_refused("full", self.store.submit, 4, 1, 1)
        posts = [Post(2, 9), Post(1, 1)]
        self.assert_refused("full", self.store.post, 5_000, posts, self.answer)
        self.assertEqual(self.users(2), [])
        self.submit(1, (0, 9))
        for level_id in range(2, 50, 3):
            self.configure(level_id, times=True)
        self.configure(50, times=True)
        self.assert_refused("full", self.store.submit, 53, 1, 1)
        self.assert_refused("full", self.store.configure, 53, lambda settings: settings)
        self.submit(50, (7, 1))
        self.submit(3, (7, 1))
        self.assertEqual(self.store.gauges(), {"levels": 19, "scores": 669})


class PostTest(InBuckets, board_contract.PostTests):
    """Posts, in buckets."""


class RepeatTest(InBuckets, board_contract.RepeatTests):
    """Requests that are repeated, in buckets."""


class ReadingTest(InBuckets, board_contract.ReadingTests):
    """Reading, in buckets."""


class SeasonTest(InBuckets, board_contract.SeasonTests):
    """Seasons, in buckets."""


class LevelTest(InBuckets, board_contract.LevelTests):
    """Levels, in buckets."""


class UserTest(InBuckets, board_contract.UserTests):
    """Users, in buckets."""


class RandomOperationsTest(InBuckets, board_contract.RandomOperationsTests):
    """Random operations, in buckets."""


class PostInClusterTest(InCluster, board_contract.PostTests):
    """Posts, in a cluster."""


class RepeatInClusterTest(InCluster, board_contract.RepeatTests):
    """Requests that are repeated, in a cluster."""


class ReadingInClusterTest(InCluster, board_contract.ReadingTests):
    """Reading, in a cluster."""


class SeasonInClusterTest(InCluster, board_contract.SeasonTests):
    """Seasons, in a cluster."""


class LevelInClusterTest(InCluster, board_contract.LevelTests):
    """Levels, in a cluster."""


class UserInClusterTest(InCluster, board_contract.UserTests):
    """Users, in a cluster."""


class RandomOperationsInClusterTest(InCluster, board_contract.RandomOperationsTests):
    """Random operations, in a cluster."""


class PostOnTwoTest(OnTwoServers, board_contract.PostTests):
    """Posts, in buckets of two servers."""


class RepeatOnTwoTest(OnTwoServers, board_contract.RepeatTests):
    """Requests that are repeated, in buckets of two servers."""


class UserOnTwoTest(OnTwoServers, board_contract.UserTests):
    """Users, in buckets of two servers."""


class RandomOperationsOnTwoTest(OnTwoServers, board_contract.RandomOperationsTests):
    """Random operations, in buckets of two servers."""


class PostTwiceTest(SentTwice, OnTwoServers, board_contract.PostTests):
    """Posts in buckets that are sent twice."""


class UserTwiceTest(SentTwice, OnTwoServers, board_contract.UserTests):
    """Changes of users in buckets that are sent twice."""


if __name__ == "__main__":
    unittest.main()
