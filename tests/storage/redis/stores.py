"""Stores of scores in Redis, for tests: as one server has them, or several."""

from __future__ import annotations

import unittest
from itertools import cycle
from typing import Any

from gameserver.scores.values import NORMAL, Limits
from gameserver.storage.engine import Engine, open_engine
from gameserver.times import Clock, server_clock


def open_server(
    test: unittest.TestCase, url: str, limits: Limits = NORMAL, clock: Clock = server_clock
) -> Engine:
    """The engine of a server, closed when the test ends."""
    engine = open_engine(store=url, limits=limits, clock=clock)
    test.addCleanup(engine.close)
    return engine


class TakingTurns:
    """Several stores that pass for one: each call goes to the next of them."""

    def __init__(self, *stores: Any) -> None:
        self._next = cycle(stores)

    def __getattr__(self, name: str) -> Any:
        return getattr(next(self._next), name)
