"""Opens the engine in a Redis, where there is what it takes."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING

from gameserver.errors import StartError
from gameserver.scores.values import NORMAL, Limits
from gameserver.storage.redis.link.address import Address, parse_address
from gameserver.times import Clock, server_clock

if TYPE_CHECKING:
    from gameserver.storage.redis.engine import RedisEngine

OLDEST_PACKAGE = 5
"""The oldest version of `redis` that can be told which protocol to speak."""


def open_redis(
    store: str,
    replicas: int = 0,
    store_tokens: bool = False,
    limits: Limits = NORMAL,
    clock: Clock = server_clock,
) -> RedisEngine:
    """The engine for the Redis at an address; StartError says why there is none."""
    address = parsed_address(store)
    from gameserver.storage.redis.check import check_server
    from gameserver.storage.redis.engine import RedisEngine

    return RedisEngine(address, replicas, store_tokens, limits, clock, check_server(address))


def check_redis(store: str) -> None:
    """StartError if the Redis at an address cannot be used."""
    address = parsed_address(store)
    from gameserver.storage.redis.check import check_server

    check_server(address)


def parsed_address(store: str) -> Address:
    """The address that a text is; StartError if it is none, or if it would be of no use."""
    try:
        address = parse_address(store)
    except ValueError as error:
        raise StartError(str(error)) from None
    require_package()
    return address


def require_package() -> None:
    """StartError if the package is not installed that speaks with Redis, or is too old."""
    if not find_spec("redis"):
        raise StartError("a store in Redis needs a package: pip install 'gameserver[redis]'")
    version = import_module("redis").__version__
    if int(version.partition(".")[0]) < OLDEST_PACKAGE:
        raise StartError(
            f"the package redis is too old with its version {version}: pip install 'redis>="
            f"{OLDEST_PACKAGE}'"
        )
