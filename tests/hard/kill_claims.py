"""Kills a server while users are claimed, tokens made and runs used: `… [--rounds 20]`.

    python tests/hard/kill_claims.py [--rounds 20] [--seconds 120]

After each kill -9 of all its processes the server starts again from its file, and all that it has
acknowledged holds: no claimed user is played without the secret, no owner is shut out, no key from
before a claim is valid, no used run counts twice, and no token that was ended opens anything.
"""

from __future__ import annotations

import json
import random
import signal
import sys
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from harness import Report, arguments

from tests.raw_client import Client, Reply, request_bytes
from tests.servers import ServerProcess

ADMIN = "the-admin's-token-of-this-test"
FIRST_USER = 1_000


class World:
    """What the server has acknowledged."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.claimed: dict[int, tuple[str, str]] = {}
        """Secret, and a session key from before the claim, by user."""
        self.used: dict[str, int] = {}
        """The user of each run that was used."""
        self.ended: list[str] = []
        self.next = FIRST_USER
        self.wrong: list[str] = []

    def play(self, client: Client) -> None:
        """Claims, runs and tokens, until the server is gone."""
        post(client, "/api/levels/1", {"runs": True}, ADMIN, "PUT")
        while True:
            user_id, self.next = self.next, self.next + 1
            secret = f"a-secret-of-user-{user_id}"
            stolen = client.ask(request_bytes("GET", f"/{user_id}/login")).body.decode()
            body = {"secret": secret}
            if post(client, f"/api/users/{user_id}/claim", body, ADMIN).status == 200:
                self.claimed[user_id] = secret, stolen
            self._use_run(client, user_id, secret)
            self._token(client, f"t{user_id}")

    def _use_run(self, client: Client, user_id: int, secret: str) -> None:
        key = login(client, user_id, secret).body.decode()
        drawn = post(client, f"/api/levels/1/runs?sessionkey={key}", {})
        run = json.loads(drawn.body)["run"]
        body = {"score": 5, "run": run}
        if post(client, f"/api/levels/1/scores?sessionkey={key}", body).status == 200:
            self.used[run] = user_id

    def _token(self, client: Client, name: str) -> None:
        made = post(client, "/api/tokens", {"name": name}, ADMIN)
        if made.status == 200:
            token = json.loads(made.body)["token"]
            if post(client, f"/api/tokens/{name}", None, ADMIN, "DELETE").status == 204:
                self.ended.append(token)

    def check(self, client: Client) -> None:
        """Looks at some of what was acknowledged, the newest among it."""
        users = list(self.claimed)
        for user_id in {*users[-10:], *self.chance.sample(users, min(20, len(users)))}:
            secret, stolen = self.claimed[user_id]
            target = f"/2/score?sessionkey={stolen}"
            self._expect(client.ask(request_bytes("GET", f"/{user_id}/login")), 401, "open user")
            self._expect(client.ask(request_bytes("POST", target, b"9")), 401, "older key")
            self._expect(login(client, user_id, secret), 200, "owner")
        for run in list(self.used)[-10:]:
            user_id = self.used[run]
            key = login(client, user_id, self.claimed[user_id][0]).body.decode()
            body = {"score": 6, "run": run}
            target = f"/api/levels/1/scores?sessionkey={key}"
            self._expect(post(client, target, body), 403, "used run")
        for token in self.ended[-10:]:
            body = {"score": 6, "user": 1}
            self._expect(post(client, "/api/levels/2/scores", body, token), 401, "ended token")

    def _expect(self, reply: Reply, status: int, what: str) -> None:
        if reply.status != status:
            self.wrong.append(f"{what}: {reply.status} {reply.body!r}")


def login(client: Client, user_id: int, secret: str) -> Reply:
    return client.ask(request_bytes("POST", f"/{user_id}/login", secret.encode()))


def post(client: Client, target: str, value: Any, token: str = "", method: str = "POST") -> Reply:
    body = b"" if value is None else json.dumps(value).encode()
    fields = ["Content-Type: application/json"]
    if token:
        fields.append(f"Authorization: Bearer {token}")
    return client.ask(request_bytes(method, target, body, *fields))


def run_round(flags: list[str], world: World) -> None:
    server = ServerProcess(*flags)
    wait = world.chance.uniform(0.05, 0.6)
    killer = threading.Timer(wait, server.send_signal_to_all, [signal.SIGKILL])
    try:
        with server.client() as client:
            world.check(client)
        killer.start()
        with suppress(OSError, AssertionError, ValueError), server.client() as client:
            world.play(client)  # until it is killed
        killer.join()
    finally:
        server.kill()


def main() -> int:
    options = arguments(__doc__, rounds=20, seconds=120.0)
    report = Report("claims, runs and tokens over kills")
    for mode in options.modes:
        with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
            token = Path(folder, "admin-token")
            token.write_text(ADMIN)
            token.chmod(0o600)
            flags = ["--data", str(Path(folder, "game.db")), "--admin_token_file", str(token)]
            flags += ["--threaded"] if mode == "threaded" else []
            world, give_up = World(options.seed), time.monotonic() + options.seconds
            rounds = 0
            while rounds < options.rounds and time.monotonic() < give_up:
                run_round(flags, world)
                rounds += 1
        report.row(f"{mode}: kills", rounds, f">= {options.rounds}", rounds >= options.rounds)
        report.row(f"{mode}: claims acknowledged", len(world.claimed), "> 0", bool(world.claimed))
        report.row(f"{mode}: runs used", len(world.used), "> 0", bool(world.used))
        report.row(f"{mode}: tokens ended", len(world.ended), "> 0", bool(world.ended))
        report.row(f"{mode}: wrong answers", len(world.wrong), 0, not world.wrong)
        for line in world.wrong[:5]:
            report.note(line)
    return report.end()


if __name__ == "__main__":
    sys.exit(main())
