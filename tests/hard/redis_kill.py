"""`kill -9` of a Redis with `appendfsync always` under load: nothing acknowledged is lost.

    python tests/hard/redis_kill.py [--rounds 20]

The server goes on: 503 meanwhile, and it serves again by itself. The machine goes on as well, so
what the kernel has not yet written is not lost either: this shows that no answer goes ahead of the
write, and `appendfsync` is what makes the write last (docs/scaling.md).
"""

from __future__ import annotations

import json
import random
import sys
import threading
import time

from harness import Report, arguments, seconds_until, serving

from tests.hard.players import Place, Player, invented, lost
from tests.raw_client import Client, Reply, request_bytes
from tests.redis_server import RedisServer

PLAYERS, USERS, LEVELS, PIPELINE = 8, 100, 20, 8
LOGIN_SECONDS = 300

Address = tuple[str, int]


def main() -> int:
    options = arguments(__doc__, rounds=20)
    report = Report("kill -9 of a Redis with appendfsync always")
    for mode in options.modes:
        redis = RedisServer("--appendfsync", "always")
        try:
            with serving(mode, "--store", redis.url) as server:
                run(mode, redis, server.address, options.rounds, options.seed, report)
                good = "Traceback" not in server.log() + server.stderr()
                report.row(f"{mode}: no traceback", good, True, good)
        finally:
            redis.close()
    return report.end()


def run(
    mode: str, redis: RedisServer, address: Address, rounds: int, seed: int, report: Report
) -> None:
    chance = random.Random(seed)
    players = [Player(number, USERS, LEVELS, PIPELINE) for number in range(PLAYERS)]
    missing = made_up = 0
    slowest, next_login = 0.0, 0.0
    for _ in range(rounds):
        if time.monotonic() >= next_login:
            for player in players:
                player.log_in(address)
            next_login = time.monotonic() + LOGIN_SECONDS
        play(players, address, redis, chance)
        started = time.monotonic()
        redis.start()
        back = seconds_until(lambda: can_be_asked(address), 10)
        slowest = max(slowest, 99.0 if back is None else time.monotonic() - started)
        found = stored(address)
        missing += sum(lost(player.acknowledged, found) for player in players)
        sent = {place: scores for player in players for place, scores in player.sent.items()}
        made_up += invented(sent, found)
    count = sum(player.count for player in players)
    report.row(f"{mode}: lost in {rounds} rounds", f"{missing} of {count:,}", 0, not missing)
    report.row(f"{mode}: scores that nobody has sent", made_up, 0, not made_up)
    wrong = sum(len(player.wrong) for player in players)
    refused = sum(player.refused for player in players)
    report.row(f"{mode}: answers other than 200 and {refused:,} 503", wrong, 0, not wrong)
    report.row(f"{mode}: serving after the start of Redis", f"{slowest:.2f} s", "2 s", slowest <= 2)


def play(
    players: list[Player], address: Address, redis: RedisServer, chance: random.Random
) -> None:
    """All play at once; in the middle of it Redis is killed."""
    stop = threading.Event()
    threads = [threading.Thread(target=each.play, args=(address, stop)) for each in players]
    for thread in threads:
        thread.start()
    time.sleep(chance.uniform(0.2, 1.0))
    redis.kill()
    time.sleep(0.05)
    stop.set()
    for thread in threads:
        thread.join()


def can_be_asked(address: Address) -> bool:
    """Each worker, most probably; a list may be the last known one, a board is not."""
    try:
        for _ in range(16):
            if ask(address, request_bytes("GET", "/api/levels/0")).status not in (200, 404):
                return False
    except OSError:
        return False
    return True


def ask(address: Address, request: bytes) -> Reply:
    """Over a connection of its own: any worker may take it."""
    with Client(address) as client:
        return client.ask(request)


def stored(address: Address) -> dict[Place, int]:
    """All scores; a level has no more users than a page has room for."""
    found: dict[Place, int] = {}
    give_up = time.monotonic() + 5
    for level in range(LEVELS):
        request = request_bytes("GET", f"/api/levels/{level}?limit=1000")
        reply = ask(address, request)
        while reply.status == 503 and time.monotonic() < give_up:
            reply = ask(address, request)
        assert reply.status in (200, 404), reply
        if reply.status == 200:
            entries = json.loads(reply.body)["entries"]
            found |= {(level, each["user"]): each["score"] for each in entries}
    return found


if __name__ == "__main__":
    sys.exit(main())
