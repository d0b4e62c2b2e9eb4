"""Other ordered boards with the calls of `Board`: sortedcontainers and a Redis sorted set.

Left out on purpose: ties. A sorted set of Redis orders equal scores by the text of the member;
here sortedcontainers has (score, user) pairs, which does the same.
"""

from __future__ import annotations

import os
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import redis
from sortedcontainers import SortedList

PIPELINE = 100
KEY = "board"
CLOCK_TICK = 1 / os.sysconf("SC_CLK_TCK")


class SortedBoard:
    """A `SortedList` of (-score, user) and a dict from user to score."""

    def __init__(self) -> None:
        self._ranking: SortedList = SortedList()
        self._best: dict[int, int] = {}

    def submit(self, user_id: int, score: int) -> bool:
        old = self._best.get(user_id)
        if old is not None:
            if score <= old:
                return False
            self._ranking.remove((-old, user_id))
        self._best[user_id] = score
        self._ranking.add((-score, user_id))
        return True

    def best(self, user_id: int) -> int | None:
        return self._best.get(user_id)

    def rank(self, user_id: int) -> int:
        return int(self._ranking.index((-self._best[user_id], user_id))) + 1

    def lines(self, offset: int, count: int) -> list[tuple[int, int]]:
        return list(self._ranking.islice(offset, offset + count))

    def remove(self, user_id: int) -> None:
        self._ranking.remove((-self._best.pop(user_id), user_id))


class RedisBoard:
    """A sorted set in a `redis-server` of its own, on a free port, that writes no file.

    The time of a call is the server's CPU time alone: its client could be written in any language.
    """

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory()
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self._process = subprocess.Popen(
            ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "",
             "--appendonly", "no", "--dir", self._folder.name],
            stdout=subprocess.DEVNULL,
        )  # fmt: skip
        self._redis = redis.Redis(port=port)
        self._wait()

    def close(self) -> None:
        self._redis.close()
        self._process.terminate()
        self._process.wait()
        self._folder.cleanup()

    def resident(self) -> int:
        """The bytes of the server that are in memory."""
        return int(self._redis.info("memory")["used_memory_rss"])

    def used(self) -> int:
        """The bytes that its allocator has handed out."""
        return int(self._redis.info("memory")["used_memory"])

    def cpu(self) -> float:
        """The CPU time of the server so far, in seconds: to the 10 ms."""
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) * CLOCK_TICK

    def many(self, commands: Iterable[tuple[object, ...]], pipeline: int = PIPELINE) -> None:
        """Sends commands, so many at once."""
        waiting = self._redis.pipeline(transaction=False)
        for command in commands:
            waiting.execute_command(*command)
            if len(waiting) >= pipeline:
                waiting.execute()
        waiting.execute()

    def score(self, user_id: int) -> int | None:
        found = self._redis.zscore(KEY, str(user_id))
        return None if found is None else int(found)

    def _wait(self, patience: float = 10) -> None:
        give_up = time.monotonic() + patience
        while True:
            try:
                self._redis.ping()
                return
            except redis.ConnectionError:
                if time.monotonic() > give_up:
                    raise
                time.sleep(0.05)


def submitting(user_id: int, score: int) -> tuple[object, ...]:
    """The command for a score that counts if it is the user's best."""
    return "ZADD", KEY, "GT", score, user_id


def ranking(user_id: int) -> tuple[object, ...]:
    """The command for a user's rank."""
    return "ZREVRANK", KEY, user_id


def paging(offset: int, count: int) -> tuple[object, ...]:
    """The command for a page."""
    return "ZREVRANGE", KEY, offset, offset + count - 1, "WITHSCORES"


def removing(user_id: int) -> tuple[object, ...]:
    """The command that takes a user off."""
    return "ZREM", KEY, user_id


Command = Callable[..., tuple[object, ...]]
