"""Stores of scores in Redis, for tests: as one server has them, or several."""

from __future__ import annotations

import unittest
from itertools import cycle
from typing import Any

import mock  # noqa: UP026 (the same mock on every Python)

from gameserver.scores.values import NORMAL, Limits
from gameserver.storage.engine import Engine, open_engine
from gameserver.times import Clock, server_clock
from tests.redis_server import require_redis
from tests.support import PATIENCE


def open_server(
    test: unittest.TestCase,
    url: str,
    limits: Limits = NORMAL,
    clock: Clock = server_clock,
    redis_wait: int = 0,
) -> Engine:
    """The engine of a server, closed when the test ends. It waits for Redis on a busy machine."""
    require_redis()
    for module in ("link", "links"):
        patch = mock.patch(f"gameserver.storage.redis.{module}.ANSWER_SECONDS", PATIENCE)
        patch.start()
        test.addCleanup(patch.stop)
    engine = open_engine(store=url, limits=limits, clock=clock, redis_wait=redis_wait)
    test.addCleanup(engine.close)
    return engine


class TakingTurns:
    """Several stores that pass for one: each call goes to the next of them."""

    def __init__(self, *stores: Any) -> None:
        self._next = cycle(stores)

    def __getattr__(self, name: str) -> Any:
        return getattr(next(self._next), name)
