"""Stores of scores in Redis, for tests: as one server has them, or several."""

from __future__ import annotations

import unittest
from hashlib import sha1
from itertools import cycle
from typing import Any

import mock  # noqa: UP026 (the same mock on every Python)

from gameserver.scores.values import NORMAL, Limits
from gameserver.storage.engine import Engine, open_engine
from gameserver.storage.redis.link.address import parse_address
from gameserver.times import Clock, server_clock
from tests.redis_server import RedisServer, require_redis
from tests.support import PATIENCE


def open_server(
    test: unittest.TestCase,
    url: str,
    limits: Limits = NORMAL,
    clock: Clock = server_clock,
    redis_wait: int = 0,
) -> Engine:
    """The engine of a server, closed when the test ends. It waits for Redis on a busy machine."""
    _be_patient(test)
    engine = open_engine(store=url, limits=limits, clock=clock, redis_wait=redis_wait)
    test.addCleanup(engine.close)
    return engine


def open_buckets(
    test: unittest.TestCase,
    url: str,
    limits: Limits = NORMAL,
    clock: Clock = server_clock,
    buckets: int = 3,
) -> Any:
    """The same, with levels that are spread over buckets, on a Redis of any kind."""
    _be_patient(test)
    from gameserver.storage.redis.engine import RedisEngine  # needs the package

    engine = RedisEngine(parse_address(url), limits=limits, clock=clock, buckets=buckets)
    test.addCleanup(engine.close)
    return engine


def keep_scripts_in_slots(test: unittest.TestCase) -> None:
    """From now on Redis refuses what a script does to keys of several slots.

    It does not look where a script has no line that says what the script is, for compatibility.
    """
    require_redis()
    from gameserver.storage.redis.link.link import Link

    send, shas = Link._send, {}
    if send.__name__ == "send_strictly":
        return

    def strict(command: Any) -> Any:
        if command[0] == "SCRIPT":
            text = "#!lua\n" + command[2]
            shas[sha1(command[2].encode()).hexdigest()] = sha1(text.encode()).hexdigest()
            return (*command[:2], text)
        if command[0] == "EVALSHA":
            return ("EVALSHA", shas[command[1]], *command[2:])
        return command

    def send_strictly(link: Link, commands: Any, *more: Any) -> Any:
        return send(link, list(map(strict, commands)), *more)

    patch = mock.patch.object(Link, "_send", send_strictly)
    patch.start()
    test.addCleanup(patch.stop)


def milliseconds_left(redis: RedisServer, name: str) -> int:
    """How long the key is still there; negative if it is not, or for ever."""
    return int(redis.ask("PTTL", name).removeprefix(b":"))


def _be_patient(test: unittest.TestCase) -> None:
    require_redis()
    for module in ("link", "links"):
        patch = mock.patch(f"gameserver.storage.redis.link.{module}.ANSWER_SECONDS", PATIENCE)
        patch.start()
        test.addCleanup(patch.stop)


class TakingTurns:
    """Several stores that pass for one: each call goes to the next of them."""

    def __init__(self, *stores: Any) -> None:
        self._next = cycle(stores)

    def __getattr__(self, name: str) -> Any:
        return getattr(next(self._next), name)
