"""Passwords: scrypt (RFC 7914) with a salt for each, and threads that bound the work."""

from __future__ import annotations

import hashlib
import logging
import os
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from hmac import compare_digest
from typing import TYPE_CHECKING, NamedTuple

from gameserver.errors import Refused
from gameserver.times import SECOND

if TYPE_CHECKING:
    from concurrent.futures import Future, ThreadPoolExecutor

log = logging.getLogger(__name__)

N = 2**15
SALT_SIZE = 16

_CORES = os.cpu_count() or 1
_QUEUE_PER_CORE = 8
_NICENESS = 10
_PATIENCE_SECONDS = 5.0
"""Much longer than a hash takes when there is a core for it."""


class Cost(NamedTuple):
    """The cost of a hash: 128 * n * r bytes of memory, and time in proportion to n * r * p."""

    n: int
    r: int = 8
    p: int = 3


class Workers:
    """Threads that hash, one per core, and up to `queue` calls that wait for one.

    On Linux they run when a core has nothing else to do: a hash takes long in any case, and
    requests that take microseconds shall not wait for it. On a machine without idle time that
    could be forever; so what is not done within `patience` seconds is done by other threads, of
    which there are as many, at a low priority.
    """

    def __init__(
        self,
        threads: int = _CORES,
        queue: int = _QUEUE_PER_CORE * _CORES,
        patience: float = _PATIENCE_SECONDS,
    ) -> None:
        self._places = threading.BoundedSemaphore(threads + queue)
        self._threads = threads
        self._patience = patience
        self._lock = threading.Lock()
        self._executors: dict[Callable[[], None], ThreadPoolExecutor] = {}

    def run(self, work: Callable[[], bytes]) -> bytes:
        """The result of the work, once a thread has done it; `Refused` if too much waits."""
        if not self._places.acquire(blocking=False):
            raise _overloaded()
        try:
            done = self._submit(_run_when_idle, work)
            try:
                return done.result(self._patience)
            except TimeoutError:
                done.cancel()
                return self._submit(_run_with_low_priority, work).result()
        finally:
            self._places.release()

    def _submit(self, initializer: Callable[[], None], work: Callable[[], bytes]) -> Future[bytes]:
        try:
            return self._executor(initializer).submit(work)
        except RuntimeError as error:
            log.error("a password cannot be hashed: %s", error)
            raise _overloaded() from None

    def _executor(self, initializer: Callable[[], None]) -> ThreadPoolExecutor:
        """The threads that begin with this call; there are none before they are needed."""
        from concurrent.futures import ThreadPoolExecutor

        with self._lock:
            if initializer not in self._executors:
                self._executors[initializer] = ThreadPoolExecutor(
                    self._threads, "hash", initializer
                )
            return self._executors[initializer]


def _overloaded() -> Refused:
    return Refused("overloaded", "too many people log in at once", wait=SECOND)


def _run_when_idle() -> None:
    if sys.platform == "linux":  # elsewhere it would be for the whole process, or is not there
        with suppress(OSError):  # a container may forbid it
            os.sched_setscheduler(threading.get_native_id(), os.SCHED_IDLE, os.sched_param(0))


def _run_with_low_priority() -> None:
    if sys.platform == "linux":
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)


class Passwords:
    """Hashes passwords, and compares them with hashes: `scrypt:n:r:p:salt:hash`.

    The cost stands in each hash, so that it can be raised while the old ones still work.
    """

    def __init__(
        self,
        cost: Cost | None = None,
        workers: Workers | None = None,
        randomness: Callable[[int], bytes] = os.urandom,
    ) -> None:
        self._cost = cost or Cost(N)
        self._workers = workers or Workers()
        self._randomness = randomness
        self._nobodys = self._written(self._cost, bytes(SALT_SIZE), bytes(64))

    def hash(self, password: str) -> str:
        """A hash to keep. It takes a while, and is not to be asked for inside a transaction."""
        salt = self._randomness(SALT_SIZE)
        return self._written(self._cost, salt, self._scrypt(self._cost, salt, password))

    def verify(self, password: str, kept: str | None) -> bool:
        """Whether the password is the one hashed; without a hash it is not, after as long."""
        _, n, r, p, salt, expected = (kept or self._nobodys).split(":")
        cost = Cost(int(n), int(r), int(p))
        digest = self._scrypt(cost, bytes.fromhex(salt), password)
        return compare_digest(digest, bytes.fromhex(expected)) and kept is not None

    def _scrypt(self, cost: Cost, salt: bytes, password: str) -> bytes:
        n, r, p = cost
        memory = 128 * r * (n + p + 2)
        scrypt = partial(hashlib.scrypt, salt=salt, n=n, r=r, p=p, maxmem=memory)
        return self._workers.run(partial(scrypt, password.encode()))

    def _written(self, cost: Cost, salt: bytes, digest: bytes) -> str:
        return ":".join(["scrypt", *map(str, cost), salt.hex(), digest.hex()])
