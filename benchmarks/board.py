"""Memory and speed of one level's board, beside a plain dict, sortedcontainers and Redis.

    python benchmarks/board.py [--scores 2000000]

Needs Linux (it reads `/proc`), `redis-server`, and the packages `redis` and `sortedcontainers`.
Prints a table and stores it in `benchmarks/results/board.json`. Each subject is measured in a fresh
process, so that one's freed memory does not serve the next. Times are CPU times, medians of
several rounds; in this process they include the loop that makes the calls, some 0.03 µs; those of
Redis are the server's alone, with one command at a time and with 100 in a pipeline. Takes some
minutes.
"""

from __future__ import annotations

import argparse
import json
import platform
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from resource import getpagesize

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.board_peers import (  # noqa: E402 (after the path to it)
    PIPELINE,
    Command,
    RedisBoard,
    SortedBoard,
    paging,
    ranking,
    removing,
    submitting,
)
from gameserver.scores.board import MAX_NUMBER, Board  # noqa: E402
from gameserver.scores.ranking import Ranking  # noqa: E402
from gameserver.scores.seasons import ALL  # noqa: E402
from gameserver.scores.settings import DEFAULT  # noqa: E402

RESULT = ROOT / "benchmarks" / "results" / "board.json"
ROUNDS = 7
CALLS = 20_000  # per round
SMALL = 200
MANY = 20_000
LOADED = 1_000_000

Row = tuple[str, float, str]  # what, figure, unit


def main() -> None:
    """Measures, prints, stores."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scores", type=int, default=2_000_000, help="on the large board")
    scores = parser.parse_args().scores
    report = {**origin(), "scores": scores, "rows": []}
    for measure, size in SUBJECTS:
        for what, figure, unit in in_fresh_process(measure, size or scores):
            print(f"{what:<58}{figure:>10.2f} {unit}", flush=True)
            report["rows"].append({"what": what, "figure": round(figure, 3), "unit": unit})
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(report, indent=2, ensure_ascii=False) + "\n")
    print(f"stored in {RESULT.relative_to(ROOT)}")


def measure_board(size: int) -> Iterator[Row]:
    """One board to which every score is submitted."""
    name, rng = f"board of {size:,}", random.Random(1)
    start, board = resident(), Board()
    yield f"{name}: first score", 1e6 * build(board.submit, size) / size, "µs"
    if size > SMALL:
        yield f"{name}: memory", (resident() - start) / size, "bytes/score"
    yield f"{name}: not improving", per_call(board.submit, lambda: some(rng, size)), "µs"
    yield f"{name}: rank", per_call(board.rank, lambda: some_users(rng, size)), "µs"
    yield f"{name}: improving", per_call(board.submit, lambda: better(rng, board.best, size)), "µs"
    yield f"{name}: improving, then rank", improve_and_rank(board, rng, size), "µs"
    yield f"{name}: top 15", per_call(board.top, lambda: [(15,)] * 2_000), "µs"
    yield f"{name}: list, cached", per_call(board.csv, lambda: [()] * CALLS), "µs"
    yield f"{name}: page of 15 in the middle", per_call(board.lines, lambda: pages(rng, size)), "µs"
    if size > SMALL:
        page = Ranking(ALL, board, DEFAULT, {}).page
        yield f"{name}: the same with ranks", per_call(page, lambda: pages(rng, size)), "µs"
        churn(board, rng, size)
        yield f"{name}: memory after improvements", (resident() - start) / size, "bytes/score"
        yield f"{name}: removal", removals(board.remove, size), "µs"


def measure_sorted(size: int) -> Iterator[Row]:
    """The same on a SortedList and a dict."""
    name, rng = f"SortedList + dict of {size:,}", random.Random(1)
    start, board = resident(), SortedBoard()
    yield f"{name}: first score", 1e6 * build(board.submit, size) / size, "µs"
    yield f"{name}: memory", (resident() - start) / size, "bytes/score"
    yield f"{name}: not improving", per_call(board.submit, lambda: some(rng, size)), "µs"
    yield f"{name}: rank", per_call(board.rank, lambda: some_users(rng, size)), "µs"
    yield f"{name}: improving", per_call(board.submit, lambda: better(rng, board.best, size)), "µs"
    yield f"{name}: page of 15 in the middle", per_call(board.lines, lambda: pages(rng, size)), "µs"
    yield f"{name}: removal", removals(board.remove, size), "µs"


def measure_redis(size: int) -> Iterator[Row]:
    """The same on a sorted set of Redis."""
    board = RedisBoard()
    try:
        yield from measure_sorted_set(board, size)
    finally:
        board.close()


def measure_sorted_set(board: RedisBoard, size: int) -> Iterator[Row]:
    name, rng = f"Redis of {size:,}", random.Random(1)
    start, used, scores = board.resident(), board.used(), random.Random(2)
    first = ((user(n), scores.getrandbits(30)) for n in range(size))
    board.many(submitting(*row) for row in first)
    yield f"{name}: memory", (board.resident() - start) / size, "bytes/score"
    yield f"{name}: memory by its own account", (board.used() - used) / size, "bytes/score"
    for what, command, arguments in (
        ("not improving", submitting, lambda: some(rng, size)),
        ("rank", ranking, lambda: some_users(rng, size)),
        ("improving", submitting, lambda: better(rng, board.score, size)),
        ("page of 15 in the middle", paging, lambda: pages(rng, size)),
        ("removal", removing, different_users(size)),
    ):
        for at_once in (1, PIPELINE):
            figure = served(board, command, arguments, at_once)
            yield f"{name}: {what}, {at_once} at once", figure, "µs"


def served(
    board: RedisBoard, command: Command, arguments: Callable[[], list[tuple]], at_once: int
) -> float:
    """The server's CPU time for a command, in µs: all rounds together, for its clock is coarse."""
    seconds = count = 0.0
    for _ in range(ROUNDS):
        commands = [command(*row) for row in arguments()]
        before = board.cpu()
        board.many(commands, at_once)
        seconds += board.cpu() - before
        count += len(commands)
    return 1e6 * seconds / count


def measure_load(size: int) -> Iterator[Row]:
    """A board loaded in bulk. Its memory is left out: the rows' would be counted with it."""
    rows = [(user(n), MAX_NUMBER - n) for n in range(size)]
    seconds = timed(lambda: Board.load(rows))
    yield f"board of {size:,}: load", seconds, "s"


def measure_many(count: int) -> Iterator[Row]:
    """Many boards with one score each."""
    start = resident()
    boards = [Board() for _ in range(count)]
    yield f"{count:,} boards: memory, empty", (resident() - start) / count, "bytes/board"
    for board in boards:
        board.submit(4711, 1500)
    yield f"{count:,} boards: memory, one score", (resident() - start) / count, "bytes/board"


def measure_dict(size: int) -> Iterator[Row]:
    """A dict from user to score, which knows no order."""
    best: dict[int, int] = {}

    def submit(user_id: int, score: int) -> bool:
        if score <= best.get(user_id, -1):
            return False
        best[user_id] = score
        return True

    start, rng = resident(), random.Random(1)
    yield f"dict of {size:,}: first score", 1e6 * build(submit, size) / size, "µs"
    yield f"dict of {size:,}: memory", (resident() - start) / size, "bytes/score"
    yield f"dict of {size:,}: not improving", per_call(submit, lambda: some(rng, size)), "µs"


SUBJECTS: tuple[tuple[Callable[[int], Iterator[Row]], int], ...] = (
    (measure_board, 0),  # 0: as many as asked for
    (measure_dict, 0),
    (measure_sorted, 0),
    (measure_redis, 0),
    (measure_board, SMALL),
    (measure_load, LOADED),
    (measure_many, MANY),
)


def in_fresh_process(measure: Callable[[int], Iterator[Row]], size: int) -> list[Row]:
    """The rows of one subject."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(rows_of, measure, size).result()


def rows_of(measure: Callable[[int], Iterator[Row]], size: int) -> list[Row]:
    """All rows as a list, which unlike a generator travels between processes."""
    return list(measure(size))


def user(n: int) -> int:
    """The n-th user: a different, scattered 31-bit number for each n, kept nowhere."""
    x = n * 0x41C64E6D & MAX_NUMBER
    x = (x ^ x >> 15) * 0x2C1B3C6D & MAX_NUMBER
    return x ^ x >> 13


def build(submit: Callable[[int, int], object], size: int) -> float:
    """Submits a random score for every user; the seconds spent in that alone."""
    rng, seconds = random.Random(2), 0.0
    for first in range(0, size, CALLS):
        rows = [(user(n), rng.getrandbits(30)) for n in range(first, min(first + CALLS, size))]
        seconds += timed(lambda rows=rows: call(submit, rows))
    return seconds


def churn(board: Board, rng: random.Random, size: int) -> None:
    """Improves as many scores as a quarter of the board, some of them repeatedly."""
    for _ in range(size // 4 // CALLS):
        call(board.submit, better(rng, board.best, size))


def improve_and_rank(board: Board, rng: random.Random, size: int) -> float:
    """An improvement and the rank that it brings, in µs together."""

    def submit_and_rank(user_id: int, score: int) -> None:
        board.submit(user_id, score)
        board.rank(user_id)

    return per_call(submit_and_rank, lambda: better(rng, board.best, size))


def some_users(rng: random.Random, size: int) -> list[tuple[int]]:
    """Arguments: random users."""
    return [(user(rng.randrange(size)),) for _ in range(CALLS)]


def some(rng: random.Random, size: int) -> list[tuple[int, int]]:
    """Arguments: random users with a score that improves nothing."""
    return [(user_id, 0) for (user_id,) in some_users(rng, size)]


def pages(rng: random.Random, size: int) -> list[tuple[int, int]]:
    """Arguments: pages of 15 around the middle of the ranking."""
    return [(size // 2 - rng.randrange(size // 10), 15) for _ in range(2_000)]


def removals(remove: Callable[[int], object], size: int) -> float:
    """The time of a removal, in µs, of other users in each round."""
    return per_call(remove, different_users(size))


def different_users(size: int) -> Callable[[], list[tuple[int]]]:
    """Arguments: at each call other users, until all have been."""
    numbers = iter(range(size))
    return lambda: [(user(n),) for n in islice(numbers, size // 100)]


def better(
    rng: random.Random, best: Callable[[int], int | None], size: int
) -> list[tuple[int, int]]:
    """Arguments: different random users, each with a better score than so far."""
    bests = {user_id: best(user_id) or 0 for (user_id,) in some_users(rng, size)}
    return [
        (user_id, score + rng.randint(1, 1 + (MAX_NUMBER - score) // 4))
        for user_id, score in bests.items()
    ]


def per_call(function: Callable[..., object], arguments: Callable[[], list[tuple]]) -> float:
    """The median over the rounds of the time per call, in µs."""
    rounds = []
    for _ in range(ROUNDS):
        rows = arguments()
        rounds.append(1e6 * timed(lambda rows=rows: call(function, rows)) / len(rows))
    return statistics.median(rounds)


def call(function: Callable[..., object], rows: Iterable[tuple]) -> None:
    """Calls `function` with each row of arguments."""
    for row in rows:
        function(*row)


def timed(function: Callable[[], object]) -> float:
    """The seconds of CPU time that one call takes."""
    start = time.process_time()
    function()
    return time.process_time() - start


def resident() -> int:
    """The bytes of this process that are in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * getpagesize()


def origin() -> dict[str, object]:
    """When, where and of which commit the figures are."""
    models = [
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith("model name")  # a line per core; not every architecture has it
    ] or ["unknown processor"]
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": f"{platform.system()} {platform.machine()}, {len(models)} x {models[0]}",
        "commit": commit(),
        "python": f"{platform.python_implementation()} {platform.python_version()}",
    }


def commit() -> str:
    """The commit that holds what was measured, or "uncommitted"."""
    scores = ["board", "column", "notes", "rank_key", "ranking"]
    measured = ["benchmarks/board.py", "benchmarks/board_peers.py"]
    measured += [f"gameserver/scores/{name}.py" for name in scores]
    if git("status", "--porcelain", "--", *measured):
        return "uncommitted"
    return git("rev-parse", "--verify", "--quiet", "HEAD") or "uncommitted"


def git(*arguments: str) -> str:
    """What a git command prints about the project; nothing if it fails."""
    command = ["git", "--no-optional-locks", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True).stdout.strip()


if __name__ == "__main__":
    main()
