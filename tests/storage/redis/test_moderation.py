"""Moderation in Redis."""

from __future__ import annotations

import unittest
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from tests.redis_server import redis_url
from tests.scores import moderation_contract
from tests.storage.redis.test_scores import open_scores


class RedisTest(moderation_contract.ModerationContract):
    """The contract."""

    def setUp(self) -> None:
        self.url = redis_url()
        super().setUp()

    def make(self) -> Any:
        return open_scores(self.url, clock=self.clock)

    def restart(self) -> None:
        self.start()

    def batch(self) -> AbstractContextManager[object]:
        return nullcontext()


if __name__ == "__main__":
    unittest.main()
