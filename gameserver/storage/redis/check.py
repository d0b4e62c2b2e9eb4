"""What is looked at before a Redis is used: one line says what is wrong, and what is right."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from redis.exceptions import (
    AuthenticationError,
    NoPermissionError,
    RedisError,
    ResponseError,
)

from gameserver.errors import StartError
from gameserver.storage.redis.layout import IN_CLUSTER
from gameserver.storage.redis.link.address import Address
from gameserver.storage.redis.link.keys import key
from gameserver.storage.redis.link.link import Link, LinkLost

log = logging.getLogger(__name__)

OLDEST = (6, 2)
"""The oldest version: `ZADD … LT` came with it."""

SLOTS = 16384
"""Of a cluster."""

EDGES = (1.0000000000000002, -1.7976931348623157e308, 2.2250738585072014e-308)
"""Scores of sorted sets that are others when they are rounded."""


def check_server(address: Address) -> int:
    """Returns how many buckets the levels are spread over there.

    StartError if the Redis cannot keep what a server gives it; warns of what may lose it.
    """
    try:
        link = Link(address)
    except (AuthenticationError, NoPermissionError) as error:
        raise StartError(f"{address} lets nobody in so: {error}") from None
    except (LinkLost, RedisError) as error:
        raise StartError(f"{address} cannot be used: {error}") from None
    try:
        found = _info(address, link)
        is_cluster = _check_kind(address, found)
        if is_cluster:
            _check_slots(address, link)
        _check_numbers(address, link)
        _warn(address, found)
        return IN_CLUSTER if is_cluster else 1
    except LinkLost as error:
        raise StartError(f"{address} cannot be used: {error}") from None
    finally:
        link.close()


def _info(address: Address, link: Link) -> Mapping[str, str]:
    """What it says about itself."""
    (text,) = link.send([("INFO",)])
    if isinstance(text, ResponseError):
        raise StartError(f"{address} cannot be used: {text}")
    lines = text.decode(errors="replace").splitlines()
    return dict(line.split(":", 1) for line in lines if ":" in line and line[0] != "#")


def _check_kind(address: Address, found: Mapping[str, str]) -> bool:
    """Returns whether it is in cluster mode."""
    version = found.get("redis_version", "0")
    numbers = tuple(int(part) for part in version.split(".")[:2] if part.isdecimal())
    if numbers < OLDEST:
        raise StartError(f"{address} is Redis {version}: it takes 6.2 or a newer one, or Valkey")
    return found.get("cluster_enabled") == "1"


def _check_slots(address: Address, link: Link) -> None:
    """StartError unless this node of a cluster has all slots."""
    own, ranges = link.send([("CLUSTER", "MYID"), ("CLUSTER", "SLOTS")])
    for reply in (own, ranges):
        if isinstance(reply, ResponseError):
            raise StartError(f"{address} cannot be used: {reply}")
    slots = sum(last - first + 1 for first, last, (_, _, node, *_), *_ in ranges if node == own)
    if slots != SLOTS:
        raise StartError(
            f"{address} is a node of a cluster and has {slots:,} of its {SLOTS:,} slots: it takes a"
            " single Redis, or a node that has all of them"
        )


def _check_numbers(address: Address, link: Link) -> None:
    """Writes scores and reads them back: some that pass for a Redis round them."""
    scores = [value for at, edge in enumerate(EDGES) for value in (repr(edge), at)]
    place = key("check")
    written, *kept, _ = link.send(
        [
            ("ZADD", place, *scores),
            *(("ZSCORE", place, at) for at in range(len(EDGES))),
            ("DEL", place),
        ]
    )
    if isinstance(written, ResponseError):
        raise StartError(f"{address} cannot be written to: {written}")
    if [float(each) for each in kept] != list(EDGES):
        raise StartError(f"{address} rounds the scores of sorted sets: it takes a real Redis")


def _warn(address: Address, found: Mapping[str, str]) -> None:
    if found.get("maxmemory_policy", "noeviction") != "noeviction":
        log.warning("%s may evict scores: set its maxmemory-policy to noeviction", address)
    if found.get("aof_enabled", "1") != "1":
        log.warning("%s has no AOF, and loses scores when it ends: set appendonly yes", address)
