"""Many clients on few users and levels: the final best is the best that was acknowledged.

    python tests/hard/history.py [--seconds 5]

64 clients post scores for 6 users on 3 levels. Every list that a client reads has to fit the
history: in order, no user twice, no score that nobody sent, and none below what had been
acknowledged before the list was asked for. The threaded store also runs in the process, called from
16 threads that change places every microsecond (`sys.setswitchinterval`).
"""

from __future__ import annotations

import random
import sys
import threading
import time
from collections import defaultdict

from harness import Exchange, Game, Load, Report, arguments, high_scores, outcomes, serving

from gameserver.storage.memory.scores import MemoryScores

CLIENTS, USERS, LEVELS = 64, 6, 3


def main() -> int:
    options = arguments(__doc__, seconds=5.0)
    report = Report("history")
    for mode in options.modes:
        with serving(mode) as server:
            load = Load(server.address, CLIENTS, Game(server.address, USERS, LEVELS), options.seed)
            load.start()
            time.sleep(options.seconds)
            exchanges = load.finish()
            found = outcomes(exchanges)
            report.row(
                f"{mode}: answers other than 200",
                f"{len(exchanges) - found['200']} of {len(exchanges):,}",
                0,
                found["200"] == len(exchanges),
            )
            final = {level: high_scores(server.address, level) for level in range(1, LEVELS + 1)}
            wrong = wrong_finals(exchanges, final)
            report.row(
                f"{mode}: users and levels with a wrong best",
                f"{wrong} of {USERS * LEVELS}",
                0,
                not wrong,
            )
            wrong, lists = wrong_lists(exchanges)
            report.row(
                f"{mode}: lists that do not fit the history", f"{wrong} of {lists:,}", 0, not wrong
            )
    in_process(options.seconds, options.seed, report)
    return report.end()


def wrong_finals(exchanges: list[Exchange], final: dict[int, dict[int, int]]) -> int:
    best: dict[tuple[int, int], int] = defaultdict(lambda: -1)
    for exchange in exchanges:
        kind, user, level, score = exchange.tag
        if kind == "score" and exchange.status == 200:
            best[level, user] = max(best[level, user], score)
    return sum(final[level].get(user, -1) != score for (level, user), score in best.items())


def wrong_lists(exchanges: list[Exchange]) -> tuple[int, int]:
    """Lists are read in the order in which they were asked for, so one pass is enough."""
    scores = [e for e in exchanges if e.tag[0] == "score"]
    sent = {(e.tag[2], e.tag[1], e.tag[3]): e.start for e in scores}
    acknowledged = sorted((e.end, e.tag[2], e.tag[1], e.tag[3]) for e in scores if e.status == 200)
    lists = sorted(
        (e for e in exchanges if e.tag[0] == "list" and e.status == 200), key=lambda e: e.start
    )
    at_least: dict[int, dict[int, int]] = defaultdict(dict)
    position = wrong = 0
    for exchange in lists:
        while position < len(acknowledged) and acknowledged[position][0] < exchange.start:
            _, level, user, score = acknowledged[position]
            at_least[level][user] = max(at_least[level].get(user, -1), score)
            position += 1
        level = exchange.tag[2]
        entries = [entry.split("=") for entry in exchange.body.decode().split(",") if entry]
        rows = [(int(user), int(score)) for user, score in entries]
        seen = dict(rows)
        wrong += not (
            len(seen) == len(rows)
            and [score for _, score in rows] == sorted((score for _, score in rows), reverse=True)
            and all(sent.get((level, user, score), 1e99) < exchange.end for user, score in rows)
            and all(seen.get(user, -1) >= score for user, score in at_least[level].items())
        )
    return wrong, len(lists)


def in_process(seconds: float, seed: int, report: Report) -> None:
    store = MemoryScores()
    best: list[dict[tuple[int, int], int]] = [{} for _ in range(16)]
    end = time.monotonic() + seconds

    def work(index: int) -> None:
        chance = random.Random(seed + index)
        while time.monotonic() < end:
            level, user, score = (
                chance.randint(1, 3),
                chance.randint(1, 6),
                chance.randint(0, 10**9),
            )
            store.submit(level, user, score)
            best[index][level, user] = max(best[index].get((level, user), -1), score)
            if chance.random() < 0.1:
                store.high_scores(level)

    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    threads = [threading.Thread(target=work, args=(index,)) for index in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sys.setswitchinterval(before)
    expected = {key: max(b.get(key, -1) for b in best) for b in best for key in b}
    found = {
        (level, int(user)): int(score)
        for level in (1, 2, 3)
        for user, score in (e.split("=") for e in store.high_scores(level).decode().split(","))
    }
    wrong = sum(found.get(key) != score for key, score in expected.items())
    report.row(
        "in the process, 16 threads: wrong bests", f"{wrong} of {len(expected)}", 0, not wrong
    )


if __name__ == "__main__":
    sys.exit(main())
