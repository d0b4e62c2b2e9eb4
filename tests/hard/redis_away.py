"""Redis gone, slow, stopped, full, a replica, loading: 503 in time, and all else as ever.

    python tests/hard/redis_away.py [--seconds 6] [--trouble gone]

Some clients play, others only log in (signed keys need no store) and ask for `/healthz`. In each
trouble a score is answered 503 with `Retry-After` within half a second (or 200, where Redis still
does it), a list 503 or, up to 5 s old, 200 with `Age`; no threads pile up, and logins stay as fast
as they were. All is well again 2 s after Redis is.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from harness import (
    Exchange,
    Game,
    Load,
    Report,
    arguments,
    loaded,
    outcomes,
    percentile,
    seconds_until,
    serving,
)

from tests.procfs import stop_process
from tests.raw_client import request_bytes
from tests.redis_server import RedisServer, free_port
from tests.servers import ServerProcess

CLIENTS, IDLERS = 16, 4
MOST_SECONDS = 0.5
MOST_AGE = 5
FILLED = 3_000
"""Keys that take a millisecond each to load."""


@contextmanager
def gone(redis: RedisServer, _: float) -> Iterator[None]:
    redis.kill()
    yield
    redis.start()


@contextmanager
def stopped(redis: RedisServer, _: float) -> Iterator[None]:
    stop_process(redis.pid)
    yield
    os.kill(redis.pid, signal.SIGCONT)


@contextmanager
def slow(redis: RedisServer, seconds: float) -> Iterator[None]:
    """It takes connections, and does nothing for them; its end comes by itself."""
    end = time.monotonic() + seconds + 0.5
    redis.ask("CLIENT", "PAUSE", round(1000 * seconds) + 500, "ALL")
    yield
    time.sleep(max(0.0, end - time.monotonic()))


@contextmanager
def full(redis: RedisServer, _: float) -> Iterator[None]:
    redis.ask("CONFIG", "SET", "maxmemory-policy", "noeviction")
    redis.ask("CONFIG", "SET", "maxmemory", "1mb")
    yield
    redis.ask("CONFIG", "SET", "maxmemory", 0)


@contextmanager
def replica(redis: RedisServer, _: float) -> Iterator[None]:
    redis.ask("REPLICAOF", "127.0.0.1", free_port())
    yield
    redis.ask("REPLICAOF", "NO", "ONE")


@contextmanager
def loading(redis: RedisServer, _: float) -> Iterator[None]:
    """It is back and takes seconds to read its file; then it is there by itself."""
    redis.ask("EVAL", f"for n = 1, {FILLED} do redis.call('SET', 'filled' .. n, n) end", 0)
    redis.kill()
    start = threading.Thread(target=redis.start, args=("--key-load-delay", "1000"))
    start.start()
    yield
    start.join()


TROUBLES: dict[str, Callable[[RedisServer, float], Any]] = {
    each.__name__: each for each in (gone, stopped, slow, full, replica, loading)
}


UNREACHABLE = ("gone", "stopped", "slow", "replica")
"""Those in which no list can be fresh."""


def main() -> int:
    options = arguments(__doc__, seconds=6.0, trouble="all")
    report = Report("Redis is away")
    names = TROUBLES if options.trouble == "all" else options.trouble.split(",")
    redis = RedisServer()
    try:
        for mode in options.modes:
            with serving(mode, "--store", redis.url) as server:
                normal = idle_p99(server)
                report.note(f"{mode}: logins, p99 with a Redis: {1000 * normal:.1f} ms")
                for name in names:
                    trouble(mode, name, server, redis, options.seconds, normal, report)
    finally:
        redis.close()
    return report.end()


def idle(chance: random.Random) -> tuple[Any, bytes]:
    """What needs no store."""
    target = chance.choice(("/7/login", "/healthz"))
    return target, request_bytes("GET", target)


def idle_p99(server: ServerProcess) -> float:
    """While others play, as long as Redis is there."""
    with (
        loaded(server.address, CLIENTS, Game(server.address), pause=0.01),
        loaded(server.address, IDLERS, idle, pause=0.005) as idlers,
    ):
        time.sleep(3)
    return percentile([each.end - each.start for each in idlers.exchanges], 0.99)


def trouble(
    mode: str, name: str, server: ServerProcess, redis: RedisServer, seconds: float,
    normal: float, report: Report,
) -> None:  # fmt: skip
    what = f"{mode}, {name}"
    players = Load(server.address, CLIENTS, Game(server.address), pause=0.01)
    idlers = Load(server.address, IDLERS, idle, pause=0.005)
    players.start()
    idlers.start()
    time.sleep(0.5)
    threads = threads_of(server)
    start = time.monotonic()
    with TROUBLES[name](redis, seconds):
        most = threads
        while time.monotonic() < start + seconds:
            most = max(most, threads_of(server))
            time.sleep(0.1)
        end = time.monotonic()
    restored = time.monotonic()
    at = len(players.exchanges)
    found = seconds_until(lambda: all_good(players, at), 10)
    back = None if found is None else time.monotonic() - restored
    idle_found, played = idlers.finish(), players.finish()
    judge(what, name, [e for e in played if start <= e.end <= end], start, report)
    idled = [e.end - e.start for e in idle_found if start <= e.end <= end]
    bar = max(10 * normal, 0.05)
    p99 = percentile(idled, 0.99)
    report.row(
        f"{what}: logins and /healthz, p99 of {len(idled):,}", f"{1000 * p99:.1f} ms",
        f"{1000 * bar:.0f} ms", p99 <= bar and set(outcomes(idle_found)) == {"200"},
    )  # fmt: skip
    report.row(f"{what}: more threads", most - threads, 16, most - threads <= 16)
    report.row(
        f"{what}: all is well again after",
        "never" if back is None else f"{back:.2f} s",
        "2 s",
        back is not None and back <= 2,
    )


def judge(what: str, name: str, found: Sequence[Exchange], start: float, report: Report) -> None:
    """The answers in the time of trouble."""
    report.note(f"{what}: {dict(outcomes(found))}")
    wrong = [
        e for e in found if not (
            e.status == 200 or (e.status == 503 and b"Retry-After: 1\r\n" in e.fields)
        )
    ]  # fmt: skip
    report.row(
        f"{what}: neither 200 nor 503 with Retry-After", f"{len(wrong)} of {len(found):,}", 0,
        not wrong,
    )  # fmt: skip
    slowest = max(e.end - e.start for e in found)
    p99 = percentile([e.end - e.start for e in found], 0.99)
    bar = f"{MOST_SECONDS} s"
    shown = f"{slowest:.2f} s, p99 {1000 * p99:.0f} ms"
    report.row(f"{what}: the slowest answer", shown, bar, slowest <= MOST_SECONDS)
    aged = [e for e in found if e.tag[0] == "list" and b"\r\nAge: " in b"\r\n" + e.fields]
    late = [e for e in aged if age(e) > MOST_AGE or e.start > start + MOST_AGE + 1]
    report.row(
        f"{what}: lists with an Age above {MOST_AGE} s", f"{len(late)} of {len(aged):,}", 0,
        not late,
    )  # fmt: skip
    if name in UNREACHABLE:
        fresh = [
            e
            for e in found
            if e.tag[0] == "list" and e.status == 200 and e not in aged and e.start > start + 1
        ]
        report.row(f"{what}: lists from nowhere", len(fresh), 0, not fresh)


def age(exchange: Exchange) -> int:
    """That of a list, in seconds."""
    return int((b"\r\n" + exchange.fields).partition(b"\r\nAge: ")[2].partition(b"\r\n")[0])


def all_good(load: Load, at: int) -> bool:
    """The last answers are all 200, several for each client, and fresh."""
    last = load.exchanges[at:][-3 * CLIENTS :]
    return len(last) == 3 * CLIENTS and all(
        e.status == 200 and b"Age: " not in e.fields for e in last
    )


def threads_of(server: ServerProcess) -> int:
    return sum(process.threads for process in server.processes())


if __name__ == "__main__":
    sys.exit(main())
