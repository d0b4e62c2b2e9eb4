"""Scores in Redis."""

from __future__ import annotations

import unittest
from typing import Any

from gameserver.scores.values import NORMAL, Limits
from gameserver.storage.engine import open_engine
from gameserver.times import Clock, server_clock
from tests.redis_server import redis_url
from tests.scores import board_contract, contracts


def open_scores(url: str, limits: Limits = NORMAL, clock: Clock = server_clock) -> Any:
    """A store, as a server of its own has it."""
    return open_engine(store=url, limits=limits, clock=clock).scores


class RedisTest(contracts.ScoresContract):
    """The scores of all levels, in Redis."""

    def make(self) -> Any:
        return open_scores(redis_url())


class InRedis(board_contract.BoardContract):
    """Boards in Redis."""

    def make(self) -> Any:
        self.url = redis_url()
        return open_scores(self.url, self.limits, self.clock)

    def restart(self) -> None:
        self.store = open_scores(self.url, self.limits, self.clock)


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


if __name__ == "__main__":
    unittest.main()
