"""64 clients over three servers on one Redis: one history, nothing lost, one key drawn.

    python tests/hard/redis_history.py [--seconds 10] [--turns 200] [--draws 10]

Two threaded servers and a forked one. As in `history.py`, each list that is read on any of them
has to fit what had been acknowledged by all, and the final best of each user and level is the best
that was acknowledged; all three say the same. Then each of 14 players posts a score to one server,
has it taken away on another one, posts a lower score to any of them, and reads it on any: again and
again, on one level. Then 64 draw the key of a tournament at once, several times: one gets it.
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections import Counter
from contextlib import ExitStack
from typing import Any

import mock  # noqa: UP026 (the same mock on every Python)
from harness import Game, Load, Report, arguments, high_scores, log_in, outcomes, serving
from history import LEVELS, USERS, wrong_finals, wrong_lists

from tests.raw_client import Client, Reply, request_bytes
from tests.redis_server import RedisServer
from tests.support import run_together

MODES = ("threaded", "threaded", "forked")
CLIENTS = 64
TAKEN, PLAYERS = 77, 14
"""The level whose scores are taken away, and who plays it: all of them are in its list."""
LIST = request_bytes("GET", f"/{TAKEN}/highscorelist")
ADMIN = "a-token-for-hard-tests"
JSON = "Content-Type: application/json"
PASSWORD = "correct horse"

Address = tuple[str, int]


def main() -> int:
    options = arguments(__doc__, seconds=10.0, turns=200, draws=10)
    report = Report("three servers on one Redis")
    redis = RedisServer()
    try:
        with ExitStack() as stack:
            stack.enter_context(mock.patch.dict("os.environ", {"GAMESERVER_ADMIN_TOKEN": ADMIN}))
            servers = [
                stack.enter_context(serving(mode, "--store", redis.url)).address for mode in MODES
            ]
            play(servers, options.seconds, options.seed, report)
            take_away(servers, options.turns, options.seed, report)
            draw(servers, options.draws, report)
    finally:
        redis.close()
    return report.end()


def play(servers: list[Address], seconds: float, seed: int, report: Report) -> None:
    loads = [
        Load(servers[n % 3], CLIENTS // 4, Game(servers[(n + 1) % 3], USERS, LEVELS), seed + n)
        for n in range(4)
    ]
    for load in loads:
        load.start()
    time.sleep(seconds)
    exchanges = [exchange for load in loads for exchange in load.finish()]
    found = outcomes(exchanges)
    report.row(
        "answers other than 200",
        f"{len(exchanges) - found['200']} of {len(exchanges):,}",
        0,
        found["200"] == len(exchanges),
    )
    finals = [{n: high_scores(each, n) for n in range(1, LEVELS + 1)} for each in servers]
    wrong = wrong_finals(exchanges, finals[0])
    report.row("users and levels with a wrong best", f"{wrong} of {USERS * LEVELS}", 0, not wrong)
    alike = finals[0] == finals[1] == finals[2]
    report.row("all servers say the same", alike, True, alike)
    wrong, lists = wrong_lists(exchanges)
    report.row("lists that do not fit the history", f"{wrong} of {lists:,}", 0, not wrong)


def take_away(servers: list[Address], turns: int, seed: int, report: Report) -> None:
    """What one server knows of a score must not outlive its removal by another."""

    def work(player: int) -> list[str]:
        chance, user, wrong = random.Random(seed + player), USERS + 1 + player, []
        keys = [log_in(address, user) for address in servers]
        with ExitStack() as stack:
            clients = [stack.enter_context(Client(address)) for address in servers]

            def post(score: int) -> int:
                at = chance.randrange(len(servers))
                target = f"/{TAKEN}/score?sessionkey={keys[at]}"
                return clients[at].ask(request_bytes("POST", target, b"%d" % score)).status

            for turn in range(turns):
                target = f"/api/levels/{TAKEN}/users/{user}"
                removal = request_bytes("DELETE", target, None, f"Authorization: Bearer {ADMIN}")
                found = [post(10**6 + turn), chance.choice(clients).ask(removal).status, post(turn)]
                body = chance.choice(clients).ask(LIST).body
                if found != [200, 200, 200] or f"{user}={turn}" not in body.decode().split(","):
                    wrong.append(f"user {user}, turn {turn}: {found}, {body!r}")
        return wrong

    wrong = [each for found in run_together(work, PLAYERS) for each in found]
    report.row(
        "lower scores that were not entered after a removal elsewhere",
        f"{len(wrong)} of {PLAYERS * turns:,}",
        0,
        not wrong,
    )
    for text in wrong[:3]:
        report.note(text)


def draw(servers: list[Address], draws: int, report: Report) -> None:
    account = {"username": "host", "password": PASSWORD}
    ask(servers[0], "/api/register", account)
    token = json.loads(ask(servers[1], "/api/obtain_token", account).body)["token"]
    who = f"X-Scoreganizer-Authorization: host:{token}"
    wrong = []
    for turn in range(draws):
        cup = {
            "name": f"Cup {turn}", "mode": "sum", "modeparams": "1+0+0",
            "start": "2020-01-01T00:00", "end": "2099-01-01T00:00",
        }  # fmt: skip
        number = json.loads(ask(servers[2], "/api/tournaments/create", cup, who).body)["id"]
        ask(servers[0], f"/api/tournaments/participate/{number}", {}, who)
        target = f"/api/tournaments/gen_key/{number}"
        replies = run_together(
            lambda n, target=target: ask(servers[n % 3], target, {}, who), CLIENTS
        )
        found = Counter(reply.status for reply in replies)
        if found != {201: 1, 403: CLIENTS - 1}:
            wrong.append(dict(found))
    report.row(
        f"draws of a key by {CLIENTS} that gave other than one",
        f"{len(wrong)} of {draws}",
        0,
        not wrong,
    )
    for each in wrong[:3]:
        report.note(str(each))


def ask(address: Address, target: str, body: Any, *fields: str) -> Reply:
    with Client(address) as client:
        return client.ask(request_bytes("POST", target, json.dumps(body).encode(), JSON, *fields))


if __name__ == "__main__":
    sys.exit(main())
