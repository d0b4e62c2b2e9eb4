"""Passwords: scrypt (RFC 7914) with a salt for each, and a gate that bounds the work."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hmac import compare_digest
from typing import NamedTuple

from gameserver.tournaments.errors import Refused
from gameserver.tournaments.moments import SECOND

SALT_SIZE = 16

_CORES = os.cpu_count() or 1
_QUEUE_PER_CORE = 8


class Cost(NamedTuple):
    """What one hash costs: 128 * n * r bytes of memory, and time in proportion to n * r * p."""

    n: int = 2**15
    r: int = 8
    p: int = 3


class Gate:
    """Lets `slots` threads through at a time; up to `queue` more may wait, others are refused."""

    def __init__(self, slots: int = _CORES, queue: int = _QUEUE_PER_CORE * _CORES) -> None:
        self._slots = threading.BoundedSemaphore(slots)
        self._places = threading.BoundedSemaphore(slots + queue)

    @contextmanager
    def passage(self) -> Iterator[None]:
        if not self._places.acquire(blocking=False):
            raise Refused("overloaded", "too many people log in at once", wait=SECOND)
        try:
            with self._slots:
                yield
        finally:
            self._places.release()


class Passwords:
    """Hashes passwords, and compares them with hashes: `scrypt:n:r:p:salt:hash`.

    The cost stands in each hash, so that it can be raised while the old ones still work.
    """

    def __init__(
        self,
        cost: Cost | None = None,
        gate: Gate | None = None,
        randomness: Callable[[int], bytes] = os.urandom,
    ) -> None:
        self._cost = cost or Cost()
        self._gate = gate or Gate()
        self._randomness = randomness
        self._nobodys = self._written(self._cost, bytes(SALT_SIZE), bytes(64))

    def hashed(self, password: str) -> str:
        """A hash to keep. It takes a while, and is not to be asked for inside a transaction."""
        salt = self._randomness(SALT_SIZE)
        return self._written(self._cost, salt, self._scrypt(self._cost, salt, password))

    def is_right(self, password: str, kept: str | None) -> bool:
        """Whether the password is the one hashed; without a hash it is not, after as long."""
        _, n, r, p, salt, expected = (kept or self._nobodys).split(":")
        cost = Cost(int(n), int(r), int(p))
        digest = self._scrypt(cost, bytes.fromhex(salt), password)
        return compare_digest(digest, bytes.fromhex(expected)) and kept is not None

    def _scrypt(self, cost: Cost, salt: bytes, password: str) -> bytes:
        n, r, p = cost
        memory = 128 * r * (n + p + 2)
        with self._gate.passage():
            return hashlib.scrypt(password.encode(), salt=salt, n=n, r=r, p=p, maxmem=memory)

    def _written(self, cost: Cost, salt: bytes, digest: bytes) -> str:
        return ":".join(["scrypt", *map(str, cost), salt.hex(), digest.hex()])
