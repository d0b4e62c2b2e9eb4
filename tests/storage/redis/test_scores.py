"""Scores in Redis."""

from __future__ import annotations

import unittest
from typing import Any

import mock  # noqa: UP026 (the same mock on every Python)

from tests.redis_server import redis_url, require_redis
from tests.scores import board_contract, contracts
from tests.storage.redis.stores import TakingTurns, open_server


class RedisTest(contracts.ScoresContract):
    """The scores of all levels, in Redis."""

    def make(self) -> Any:
        return open_server(self, redis_url()).scores


class InRedis(board_contract.BoardContract):
    """Boards in Redis."""

    def make(self) -> Any:
        self.url = redis_url()
        return self.open()

    def open(self) -> Any:
        return open_server(self, self.url, self.limits, self.clock).scores

    def restart(self) -> None:
        self.store = self.open()


class PostTest(InRedis, board_contract.PostTests):
    """Posts, in Redis."""


class RepeatTest(InRedis, board_contract.RepeatTests):
    """Requests that are repeated, in Redis."""


class ReadingTest(InRedis, board_contract.ReadingTests):
    """Reading, in Redis."""


class SeasonTest(InRedis, board_contract.SeasonTests):
    """Seasons, in Redis."""


class LevelTest(InRedis, board_contract.LevelTests):
    """Levels, in Redis."""


class UserTest(InRedis, board_contract.UserTests):
    """Users, in Redis."""


class RandomOperationsTest(InRedis, board_contract.RandomOperationsTests):
    """Random operations, in Redis."""


class OnTwoServers(InRedis):
    """Boards of two servers that share a Redis, and take turns."""

    def open(self) -> Any:
        return TakingTurns(super().open(), super().open())


class PostOnTwoTest(OnTwoServers, board_contract.PostTests):
    """Posts, on two servers."""


class RepeatOnTwoTest(OnTwoServers, board_contract.RepeatTests):
    """Requests that are repeated, on two servers."""


class ReadingOnTwoTest(OnTwoServers, board_contract.ReadingTests):
    """Reading, on two servers."""


class LevelOnTwoTest(OnTwoServers, board_contract.LevelTests):
    """Levels, on two servers."""


class UserOnTwoTest(OnTwoServers, board_contract.UserTests):
    """Users, on two servers."""


class RandomOperationsOnTwoTest(OnTwoServers, board_contract.RandomOperationsTests):
    """Random operations, on two servers."""


class SentTwice(OnTwoServers):
    """The same, where everything goes to Redis twice, and the second reply is the answer."""

    def setUp(self) -> None:
        require_redis()
        from gameserver.storage.redis.link.links import Links  # needs the package

        send = Links.send

        def send_twice(links: Links, commands: Any, seconds: float) -> Any:
            send(links, commands, seconds)
            return send(links, commands, seconds)

        patch = mock.patch.object(Links, "send", send_twice)
        patch.start()
        self.addCleanup(patch.stop)
        super().setUp()


class PostTwiceTest(SentTwice, board_contract.PostTests):
    """Posts that are sent twice."""


class RepeatTwiceTest(SentTwice, board_contract.RepeatTests):
    """Requests that are repeated, and sent twice."""


class UserTwiceTest(SentTwice, board_contract.UserTests):
    """Changes of users that are sent twice."""


class RandomOperationsTwiceTest(SentTwice, board_contract.RandomOperationsTests):
    """Random operations that are sent twice."""


if __name__ == "__main__":
    unittest.main()
