"""A proxy between the servers and Redis that delays, cuts and truncates, in both directions.

    python tests/hard/redis_faults.py [--faults 20000] [--share 0.2] [--seconds 600]

Clients post on plain levels, where the best counts, and on levels that add up. There each user
posts powers of four, one of each: so the sum tells how often each post was counted. One that was
acknowledged is there once, one that was not is there once or not at all, and with an `id`, which
is sent again until it is acknowledged, exactly once. Lists fit the history of what was
acknowledged; 503 is allowed, and nothing else.
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from typing import Any

import mock  # noqa: UP026 (the same mock on every Python)
from harness import (
    Exchange,
    Load,
    Report,
    arguments,
    ask,
    high_scores,
    log_in,
    outcomes,
    seconds_until,
    serving,
)
from history import wrong_lists
from middle import Faults, Middle

from tests.raw_client import Client, request_bytes
from tests.redis_server import RedisServer

SERVERS, CLIENTS = 3, 12
"""Each server has links of its own, so that there are more faults in a second."""
USERS, LEVELS = 6, 3
SUMS = 7
"""The level that adds up."""
POWERS = [4**n for n in range(15)]
REMEMBERED = 8
"""Ids of a user: older ones are forgotten, and could be sent again in vain."""
ADMIN = "a-token-for-hard-tests"
JSON = "Content-Type: application/json"


class FaultyGame:
    """Requests of the game, and what each post of the level that adds up is known by."""

    def __init__(self, address: tuple[str, int], first_user: int) -> None:
        self.address = address
        self._keys = {user: log_in(address, user) for user in range(1, USERS + 1)}
        self._next_user = first_user
        self._left: dict[str, list[tuple[str, int, int]]] = {"once": [], "id": []}

    def __call__(self, chance: random.Random) -> tuple[Any, bytes]:
        user, level = chance.randint(1, USERS), chance.randint(1, LEVELS)
        score, draw = chance.randint(0, 10**9), chance.random()
        if draw < 0.05:
            return ("login", user, level, score), request_bytes("GET", f"/{user}/login")
        if draw < 0.25:
            target = f"/{level}/highscorelist"
            return ("list", user, level, score), request_bytes("GET", target)
        if draw < 0.55:
            target = f"/{level}/score?sessionkey={self._keys[user]}"
            return ("score", user, level, score), request_bytes("POST", target, b"%d" % score)
        if draw < 0.75:
            key, user, score = self._next("once")
            target = f"/{SUMS}/score?sessionkey={key}"
            return ("once", user, SUMS, score), request_bytes("POST", target, b"%d" % score)
        return self.identified(*self._next("id"))

    def _next(self, kind: str) -> tuple[str, int, int]:
        """A session key, user and score that nobody has sent; a user posts in one way only."""
        if not self._left[kind]:
            self._next_user += 1
            key = log_in(self.address, self._next_user)
            most = REMEMBERED if kind == "id" else len(POWERS)
            self._left[kind] = [(key, self._next_user, score) for score in POWERS[:most]]
        return self._left[kind].pop()

    def identified(self, key: str, user: int, score: int) -> tuple[Any, bytes]:
        body = json.dumps({"score": score, "id": f"{user}-{score}", "sessionkey": key})
        data = request_bytes("POST", f"/api/levels/{SUMS}/scores", body.encode(), JSON)
        return ("id", user, SUMS, score, key), data


def main() -> int:
    options = arguments(__doc__, faults=20_000, share=0.2, seconds=600.0)
    report = Report("faults between server and Redis")
    redis = RedisServer()
    try:
        for mode in options.modes:
            redis.ask("FLUSHALL")
            wanted = options.faults // len(options.modes)
            run(mode, redis, wanted, options.seconds / len(options.modes), options, report)
    finally:
        redis.close()
    return report.end()


def run(
    mode: str, redis: RedisServer, wanted: int, seconds: float, options: Any, report: Report
) -> None:
    faults = Faults(options.seed, 0.0)
    with ExitStack() as stack:
        middle = stack.enter_context(Middle(redis.port, faults))
        stack.enter_context(mock.patch.dict("os.environ", {"GAMESERVER_ADMIN_TOKEN": ADMIN}))
        flags = ("--store", middle.url)
        servers = [stack.enter_context(serving(mode, *flags)) for _ in range(SERVERS)]
        addresses = [server.address for server in servers]
        configure(addresses[0])
        games = [FaultyGame(each, 100_000 * n) for n, each in enumerate(addresses, start=1)]
        exchanges = play(games, faults, wanted, seconds, options)
        back = seconds_until(lambda: all(is_well(each) for each in addresses), 5)
        total = faults.counts.total()
        report.note(f"{mode}: {dict(faults.counts)}; {dict(outcomes(exchanges))}")
        report.row(f"{mode}: faults", f"{total:,}", f"{wanted:,}", total >= wanted)
        report_answers(mode, exchanges, report)
        report.row(
            f"{mode}: all is well after",
            "never" if back is None else f"{back:.2f} s",
            "2 s",
            back is not None and back <= 2,
        )
        send_again(addresses[0], games[0], exchanges)
        check(mode, addresses[-1], exchanges, report)
        logs = "".join(server.log() + server.stderr() for server in servers)
        good = "Traceback" not in logs
        report.row(f"{mode}: no traceback", good, True, good)
        if not good:
            report.note(logs[logs.index("Traceback") - 200 :][:3000])


def play(
    games: Sequence[FaultyGame], faults: Faults, wanted: int, seconds: float, options: Any
) -> list[Exchange]:
    """Clients play until there were so many faults, or so many seconds have passed."""
    loads = [
        Load(game.address, CLIENTS, game, options.seed + n, pause=0.02)
        for n, game in enumerate(games)
    ]
    faults.share = options.share
    for load in loads:
        load.start()
    give_up = time.monotonic() + seconds
    while faults.counts.total() < wanted and time.monotonic() < give_up:
        time.sleep(0.1)
    faults.share = 0.0
    return [exchange for load in loads for exchange in load.finish()]


def report_answers(mode: str, exchanges: Sequence[Exchange], report: Report) -> None:
    bad = [e for e in exchanges if e.status not in (200, 503)]
    what = f"{mode}: answers other than 200 and 503"
    report.row(what, f"{len(bad)} of {len(exchanges):,}", 0, not bad)
    for each in bad[:3]:
        report.note(str(each))
    slowest = max(e.end - e.start for e in exchanges)
    report.row(f"{mode}: the slowest answer", f"{slowest:.2f} s", "0.5 s", slowest <= 0.5)


def configure(address: tuple[str, int]) -> None:
    answer = ask(
        address,
        request_bytes(
            "PUT", f"/api/levels/{SUMS}", b'{"keep":"sum"}', JSON,
            f"Authorization: Bearer {ADMIN}", "Connection: close",
        ),
    )  # fmt: skip
    assert answer.startswith(b"HTTP/1.1 200 "), answer


def is_well(address: tuple[str, int]) -> bool:
    """Each worker, most probably."""
    request = request_bytes("GET", f"/{SUMS}/highscorelist", None, "Connection: close")
    answers = [ask(address, request) for _ in range(8)]
    return all(a.startswith(b"HTTP/1.1 200 ") and b"\r\nAge: " not in a for a in answers)


def send_again(address: tuple[str, int], game: FaultyGame, exchanges: Iterable[Exchange]) -> None:
    """What has an id and was not acknowledged, until it is; keys have ten minutes."""
    with Client(address) as client:
        for exchange in exchanges:
            if exchange.tag[0] == "id" and exchange.status != 200:
                _, user, _, score, key = exchange.tag
                data = game.identified(key, user, score)[1]
                assert seconds_until(lambda data=data: client.ask(data).status == 200, 5), exchange


def check(mode: str, address: tuple[str, int], exchanges: list[Exchange], report: Report) -> None:
    posts: dict[int, dict[int, Exchange]] = defaultdict(dict)
    for exchange in exchanges:
        if exchange.tag[0] in ("once", "id"):
            posts[exchange.tag[1]][exchange.tag[3]] = exchange
    with Client(address) as client:
        sums = {user: sum_of(client, user) for user in posts}
    found = wrong_sums(posts, sums)
    count = sum(len(sent) for sent in posts.values())
    what = f"{mode}: posts that are lost, or there twice"
    report.row(what, f"{dict(found) or 0} of {count:,}", 0, not found)
    final = {level: high_scores(address, level) for level in range(1, LEVELS + 1)}
    bad, places = wrong_bests(exchanges, final)
    report.row(f"{mode}: wrong bests", f"{bad} of {places}", 0, not bad)
    plain = [
        e for e in exchanges if e.tag[0] in ("score", "list") and b"Age: " not in e.fields
    ]  # fmt: skip
    bad, lists = wrong_lists(plain)
    report.row(f"{mode}: lists that do not fit the history", f"{bad} of {lists:,}", 0, not bad)


def wrong_sums(
    posts: Mapping[int, Mapping[int, Exchange]], sums: Mapping[int, int]
) -> Counter[str]:
    """What is wrong with the posts by user and score, and how often."""
    wrong: Counter[str] = Counter()
    for user, sent in posts.items():
        for power in POWERS:
            times = sums[user] // power % 4
            if power not in sent:
                wrong["never sent, and there"] += times > 0
                continue
            must = sent[power].status == 200 or sent[power].tag[0] == "id"
            wrong["lost"] += must and times == 0
            wrong["counted twice"] += times > 1
    return +wrong


def wrong_bests(
    exchanges: Iterable[Exchange], final: Mapping[int, Mapping[int, int]]
) -> tuple[int, int]:
    """Bests that are below an acknowledged score or that nobody sent, and all."""
    best: dict[tuple[int, int], int] = {}
    sent = set()
    for exchange in exchanges:
        kind, user, level, score = exchange.tag[:4]
        if kind == "score":
            sent.add((level, user, score))
            if exchange.status == 200:
                best[level, user] = max(best.get((level, user), -1), score)
    wrong = sum(
        final[level].get(user, -1) < score or (level, user, final[level].get(user)) not in sent
        for (level, user), score in best.items()
    )
    return wrong, len(best)


def sum_of(client: Client, user: int) -> int:
    request = request_bytes("GET", f"/api/levels/{SUMS}/users/{user}")
    give_up = time.monotonic() + 5
    reply = client.ask(request)
    while reply.status == 503 and time.monotonic() < give_up:
        time.sleep(0.1)
        reply = client.ask(request)
    assert reply.status in (200, 404), reply
    return int(json.loads(reply.body)["score"]) if reply.status == 200 else 0


if __name__ == "__main__":
    sys.exit(main())
