"""What scores in Redis cost: this process' and Redis' CPU time for each post, and memory.

    python benchmarks/redis_scores.py [--members 300000]

Needs Linux (it reads `/proc`), `redis-server`, and the packages `redis` and `hiredis`. Posts go in
batches of 64, as those of a server under load do, after a while in which most boards fill. Prints
a table and stores it in `benchmarks/results/redis_scores.json`. Without HTTP, and without the
rounds in which views ask: only what the store makes of a batch. Takes a minute or two.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import random
import re
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from gameserver.errors import Refused  # noqa: E402 (after the path to it)
from gameserver.scores.values import Post, RequestId  # noqa: E402
from gameserver.storage.engine import open_engine  # noqa: E402
from gameserver.storage.redis.scores.known import Wanted  # noqa: E402
from gameserver.storage.redis.scores.post_calls import Submitted  # noqa: E402
from gameserver.storage.redis.scores.posts import PostItem  # noqa: E402
from tests.redis_server import RedisServer  # noqa: E402

RESULT = ROOT / "benchmarks" / "results" / "redis_scores.json"
BATCH = 64
BATCHES = 1_000
USERS = 10_000

Make = Callable[[random.Random], Any]


class Bench:
    """A Redis of its own, and a store in it."""

    def __init__(self) -> None:
        self.redis = RedisServer()
        self.engine = open_engine(store=self.redis.url)
        self.store: Any = self.engine.scores
        self.chance = random.Random(5)

    def close(self) -> None:
        self.engine.close()
        self.redis.close()

    def cost(self, kind: Any, make: Make, batches: int = BATCHES) -> tuple[float, float]:
        """µs of CPU for each item, here and in Redis."""
        made = [[make(self.chance) for _ in range(BATCH)] for _ in range(batches)]
        here, there = time.process_time(), self._redis_seconds()
        for items in made:
            kind.answers(items, self._replies(kind.commands(items)))
        here, there = time.process_time() - here, self._redis_seconds() - there
        return here / (BATCH * batches) * 1e6, there / (BATCH * batches) * 1e6

    def _replies(self, commands: Any) -> Any:
        """Those of Redis, however long they take on a busy machine."""
        while True:
            try:
                return self.engine.rounds.read(commands)
            except Refused:  # nothing is done twice
                time.sleep(0.5)

    def memory(self) -> int:
        """Bytes that Redis uses."""
        found = re.search(rb"used_memory:([0-9]+)", self.redis.ask("INFO", "memory"))
        assert found
        return int(found[1])

    def _redis_seconds(self) -> float:
        fields = Path(f"/proc/{self.redis.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def costs() -> Iterator[tuple[str, float, float]]:
    """What is measured, and its costs."""
    bench = Bench()
    store = bench.store
    store.configure(1_001, lambda old: replace(old, keep="sum"))
    store.configure(1_002, lambda old: replace(old, reset="weekly", times=True, ties="shared"))
    names = iter(range(10**9))

    def submit(levels: int) -> Make:
        users = USERS // levels
        return lambda chance: Submitted(
            chance.randrange(levels), chance.randrange(users), chance.randrange(2**20)
        )

    def post(level_id: int, with_id: bool = False) -> Make:
        def make(chance: random.Random) -> PostItem:
            request = RequestId(level_id, str(next(names)), bytes(16)) if with_id else None
            posted = [Post(level_id, chance.randrange(2**10))]
            return PostItem(store._judge, chance.randrange(USERS), posted, request)

        return make

    for levels in (1, 50):
        bench.cost(store._submits, submit(levels), 2 * BATCHES)
        yield (f"submit, {levels} levels", *bench.cost(store._submits, submit(levels)))
    yield ("list, unchanged", *bench.cost(store._known, lambda _: Wanted(0)))
    for text, make in (
        ("post, a plain level", post(0)), ("post, a weekly level with times", post(1_002)),
        ("post with an id, a level of sums", post(1_001, with_id=True)),
    ):  # fmt: skip
        yield (text, *bench.cost(store.posts, make, BATCHES // 4))
    bench.close()


def bytes_for_each(members: int) -> float:
    """Bytes of Redis for each score of one large board."""
    bench = Bench()
    before, users = bench.memory(), iter(range(members))
    bench.cost(
        bench.store._submits,
        lambda chance: Submitted(0, next(users), chance.randrange(2**20)),
        members // BATCH,
    )
    used = (bench.memory() - before) / bench.store.gauges()["scores"]
    bench.close()
    return used


def main() -> None:
    """Measures, prints, stores."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--members", type=int, default=300_000)
    members = parser.parse_args().members
    logging.disable(logging.WARNING)
    rows = list(costs())
    for text, here, there in rows:
        print(f"{text:35} here {here:5.1f} µs   Redis {there:5.1f} µs")
    memory = bytes_for_each(members)
    print(f"{members} scores on one board: {memory:.1f} bytes each")
    result = {"costs": rows, "members": members, "bytes": memory}
    RESULT.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
