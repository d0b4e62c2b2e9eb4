"""Moderation in Redis."""

from __future__ import annotations

import unittest
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from tests.redis_server import redis_url
from tests.scores import moderation_contract
from tests.storage.redis.stores import TakingTurns, open_server


class InRedis(moderation_contract.ModerationContract):
    """Moderation in Redis."""

    def setUp(self) -> None:
        self.url = redis_url()
        super().setUp()

    def make(self) -> Any:
        return open_server(self, self.url, clock=self.clock).scores

    def restart(self) -> None:
        self.start()

    def batch(self) -> AbstractContextManager[object]:
        return nullcontext()


class RedisTest(InRedis):
    """The contract."""


class TwoServersTest(InRedis):
    """Two servers that share a Redis, and take turns."""

    def make(self) -> Any:
        first, second = super().make(), super().make()
        second._audit = first._audit  # how much they keep is changed by tests
        second._wanted = first._wanted
        return TakingTurns(first, second)


if __name__ == "__main__":
    unittest.main()
