"""`kill -9` of a random worker under load: only its requests in flight fail, and no score is lost.

    python tests/hard/kill_worker.py [--rounds 50] [--seconds 1]

Every score that was acknowledged has to be in the lists at the end. The forked server only: the
threaded one has no workers.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from collections import Counter

from harness import (
    Game,
    Load,
    Report,
    answers,
    arguments,
    high_scores,
    outcomes,
    seconds_until,
    serving,
    stop,
)

from tests.servers import ServerProcess

CLIENTS = 32
USERS, LEVELS = 12, 4


def main() -> int:
    options = arguments(__doc__, rounds=50, seconds=0.6)
    report = Report("kill -9 of a worker")
    chance = random.Random(options.seed)
    with serving("forked") as server:
        number = len(server.workers())
        load = Load(server.address, CLIENTS, Game(server.address, USERS, LEVELS), options.seed)
        load.start()
        slowest, zombies, too_many, missing = 0.0, 0, 0, 0
        for _ in range(options.rounds):
            time.sleep(options.seconds)
            before = len(load.exchanges)
            killed = chance.choice(server.workers())
            os.kill(killed, signal.SIGKILL)
            took = seconds_until(
                lambda killed=killed: (
                    killed not in server.workers()
                    and len(server.workers()) == number
                    and answers(server.address)
                ),
                5,
            )
            missing += took is None
            slowest = max(slowest, took or 5)
            time.sleep(0.1)
            failed = sum(e.status != 200 for e in load.exchanges[before:])
            too_many += failed > CLIENTS
            zombies = max(zombies, sum(p.state == "Z" for p in server.processes()))
        exchanges = load.finish()
        found = outcomes(exchanges)
        report.note(str(dict(found)))
        bad = sum(
            count for word, count in found.items() if word not in ("200", "unanswered", "cut")
        )
        report.row("other failures than requests in flight", bad, 0, not bad)
        report.row("rounds with more failures than clients", too_many, 0, not too_many)
        report.row(
            "slowest: all workers there and answering",
            f"{slowest:.2f} s",
            "1 s",
            slowest <= 1 and not missing,
        )
        report.row("zombies", zombies, 0, not zombies)
        lost = lost_scores(server, exchanges)
        report.row("acknowledged scores that are lost", lost, 0, not lost)
        code = stop(server)
        report.row(
            "exit code, processes left",
            (code, len(server.processes())),
            (0, 0),
            code == 0 and not server.processes(),
        )
    return report.end()


def lost_scores(server: ServerProcess, exchanges: list) -> int:
    """Users whose best is below an acknowledged score, or above every score that was sent."""
    acknowledged: Counter[tuple[int, int]] = Counter()
    sent: Counter[tuple[int, int]] = Counter()
    for exchange in exchanges:
        kind, user, level, score = exchange.tag
        if kind == "score":
            sent[level, user] = max(sent[level, user], score)
            if exchange.status == 200:
                acknowledged[level, user] = max(acknowledged[level, user], score)
    lists = {level: high_scores(server.address, level) for level in range(1, LEVELS + 1)}
    return sum(
        not best <= lists[level].get(user, -1) <= sent[level, user]
        for (level, user), best in acknowledged.items()
    )


if __name__ == "__main__":
    sys.exit(main())
