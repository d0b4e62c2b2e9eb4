"""`kill -9` of a server amid a moderator's job, under load: another one finishes it.

    python tests/hard/redis_kill_servers.py [--rounds 20] [--cluster 1]

Two servers share a Redis. One is told to take a level of 3,000 scores away, to bring it back, to
ban a user with scores on 1,500 levels or to let the user back, and killed at a random moment. The
next thing that the other one is told to do finishes the job first (it is told to wait for ten
seconds at most, as it may still be the killed one's turn): then the level, or the user's scores,
are there as a whole or not at all. Meanwhile a player posts there with a tournament's key: the last
post is on the board and in the tournament, or in neither. Clients of the other server get 200; on a
busy machine, where a round trip takes longer than 0.1 s, 503 once in a while. With `--cluster 1`
the Redis is in cluster mode, and the user's scores lie in 16 buckets.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import threading
import time
from contextlib import suppress
from typing import Any

import mock  # noqa: UP026 (the same mock on every Python)
from harness import Game, Report, arguments, loaded, log_in, outcomes, seconds_until, serving

from tests.hard.keyed_player import KeyedPlayer
from tests.raw_client import Client, Reply, request_bytes
from tests.redis_server import ClusterNode, RedisServer
from tests.servers import ServerProcess

BIG, BIG_PLAYERS = 1_000_000, 3_000
"""A level, and how many users from `BIG` on have a score there."""
WIDE, WIDE_LEVELS = 999, 1_500
"""A user, and on how many levels from `BIG` + 1 on the user has a score."""
OTHER = 998
"""A user of whom nothing is known: to ban one is a job that finishes those before it."""
ADMIN = "a-token-for-hard-tests"

Address = tuple[str, int]


def main() -> int:
    options = arguments(__doc__, rounds=20, cluster=0)
    report = Report("kill -9 of a server amid a job")
    redis = ClusterNode() if options.cluster else RedisServer()
    try:
        with mock.patch.dict("os.environ", {"GAMESERVER_ADMIN_TOKEN": ADMIN}):
            for mode in options.modes:
                redis.ask("FLUSHALL")
                with serving(mode, "--store", redis.url) as other:
                    run(mode, redis, other, options.rounds, options.seed, report)
    finally:
        redis.close()
    return report.end()


def run(
    mode: str, redis: RedisServer, other: ServerProcess, rounds: int, seed: int, report: Report
) -> None:
    chance = random.Random(seed)
    fill(other.address)
    broken = interrupted = half = torn = 0
    player = KeyedPlayer(store=redis.url)
    slowest = 0.0
    with loaded(other.address, 8, Game(other.address), pause=0.01) as load:
        for number in range(rounds):
            with serving(mode, "--store", redis.url) as server:
                told = begin(server.address, number)
                playing = threading.Thread(
                    target=player.work, args=(server.address, threading.Event())
                )
                playing.start()
                time.sleep(chance.uniform(0.005, 0.25))
                os.killpg(server.pid, signal.SIGKILL)
                told.join()
                playing.join()
            torn += player.is_torn_on(other.address)
            jobs = unfinished(redis)
            interrupted += jobs > 0
            half += is_half(other.address)
            took = seconds_until(lambda number=number: is_told(other.address, number), 30)
            slowest = max(slowest, 99.0 if took is None else took)
            broken += is_half(other.address) or unfinished(redis) > 0
    found = outcomes(load.exchanges)
    report.note(f"{mode}: {interrupted} of {rounds} jobs interrupted, {half} seen half done")
    what = f"{mode}: posts with a key that are torn, or lost"
    report.row(what, f"{torn} after {player.count:,} posts", 0, not torn)
    report.row(f"{mode}: jobs that nobody has finished", broken, 0, not broken)
    report.row(f"{mode}: the next job is done after", f"{slowest:.1f} s", "15 s", slowest <= 15)
    wrong = len(load.exchanges) - found["200"] - found["503"]
    shown = f"{wrong} of {len(load.exchanges):,}, 503: {found['503']}"
    report.row(f"{mode}: answers other than 200 and 503", shown, 0, not wrong)


def fill(address: Address) -> None:
    """Makes the level of many users, and the user of many levels."""
    users = [(BIG, user, user) for user in range(BIG, BIG + BIG_PLAYERS)]
    places = [(BIG + 1 + n, WIDE, n) for n in range(WIDE_LEVELS)]
    key = log_in(address, WIDE)
    with Client(address) as client:
        for level, user, score in users + places:
            own = key if user == WIDE else client.ask(
                request_bytes("GET", f"/{user}/login")
            ).body.decode()  # fmt: skip
            target = f"/{level}/score?sessionkey={own}"
            reply = client.ask(request_bytes("POST", target, b"%d" % score))
            assert reply.status == 200, reply


def begin(address: Address, number: int) -> threading.Thread:
    """Has a server begin the next job: it takes away, brings back, bans, lets back."""

    def work() -> None:
        with suppress(OSError, AssertionError):  # it is killed meanwhile
            if number % 4 in (2, 3):
                action = "ban" if number % 4 == 2 else "unban"
                manage(address, "POST", f"/api/users/{WIDE}/{action}")
            elif players(address):
                manage(address, "DELETE", f"/api/levels/{BIG}")
            else:
                manage(address, "POST", f"/api/audit/{last_removal(address)}/undo")

    thread = threading.Thread(target=work)
    thread.start()
    return thread


def manage(address: Address, method: str, target: str) -> Reply:
    with Client(address) as client:
        return client.ask(request_bytes(method, target, None, f"Authorization: Bearer {ADMIN}"))


def is_told(address: Address, number: int) -> bool:
    """Whether the next job is done."""
    action = ("ban", "unban")[number % 2]
    return manage(address, "POST", f"/api/users/{OTHER}/{action}").status == 200


def last_removal(address: Address) -> int:
    entries = json.loads(manage(address, "GET", "/api/audit?limit=1000").body)["entries"]
    return next(int(e["id"]) for e in entries if e["action"] == "remove_level")


def read(address: Address, target: str) -> Any:
    with Client(address) as client:
        return json.loads(client.ask(request_bytes("GET", target)).body)


def players(address: Address) -> int:
    """How many scores the big level has."""
    return int(read(address, f"/api/levels/{BIG}?limit=1").get("players", 0))


def is_half(address: Address) -> bool:
    """Whether some of a job is done, and some is not."""
    levels = int(read(address, f"/api/users/{WIDE}/levels?limit=1").get("total", 0))
    return players(address) not in (0, BIG_PLAYERS) or levels not in (0, WIDE_LEVELS)


def unfinished(redis: RedisServer) -> int:
    """Jobs that somebody has begun."""
    return int(redis.ask("ZCARD", "gs:{0}:jobs")[1:])


if __name__ == "__main__":
    sys.exit(main())
