"""Three servers on one Redis: what one has acknowledged binds all."""

from __future__ import annotations

import json
import random
import unittest
from collections import Counter
from typing import Any

import mock  # noqa: UP026 (the same mock on every Python)

from tests.integration.contract import new_number
from tests.raw_client import Client, Reply, request_bytes
from tests.redis_server import PATIENT, redis_url
from tests.servers import ServerProcess
from tests.support import run_together

CLIENTS = 64
ADMIN = "an-admin's-token-of-the-tests"
PASSWORD = "correct horse"
JSON = "Content-Type: application/json"


class ServersTest(unittest.TestCase):
    """Two of one process, and one of several."""

    servers: list[ServerProcess]

    @classmethod
    def setUpClass(cls) -> None:
        url = redis_url()
        cls.servers = []
        environment = {"GAMESERVER_STORE": url, "GAMESERVER_ADMIN_TOKEN": ADMIN}
        with mock.patch.dict("os.environ", environment):
            for flags in (["--threaded"], ["--threaded"], ["--max_proc", "2"]):
                server = ServerProcess(*flags, constants=PATIENT)
                cls.addClassCleanup(server.stop)
                cls.servers.append(server)

    def ask(self, server: int, method: str, target: str, body: Any = None, *fields: str) -> Reply:
        """One request to a server, on a connection of its own; a body is sent as JSON."""
        if body is not None and not isinstance(body, bytes):
            body, fields = json.dumps(body).encode(), (*fields, JSON)
        with Client(self.servers[server % len(self.servers)].address) as client:
            return client.ask(request_bytes(method, target, body, *fields))

    def manage(self, server: int, method: str, target: str, body: Any = None) -> Any:
        reply = self.ask(server, method, target, body, f"Authorization: Bearer {ADMIN}")
        self.assertEqual(reply.status, 200, reply)
        return json.loads(reply.body)

    def log_in(self, server: int, user_id: int) -> str:
        return self.ask(server, "GET", f"/{user_id}/login").body.decode()

    def submit(self, server: int, level_id: int, key: str, score: int) -> int:
        target = f"/{level_id}/score?sessionkey={key}"
        return self.ask(server, "POST", target, b"%d" % score).status

    def scores(self, server: int, level_id: int) -> bytes:
        return self.ask(server, "GET", f"/{level_id}/highscorelist").body

    def test_keys_and_scores(self) -> None:
        """A key of one server is good for a score on the next, which the third one shows."""
        level, user = new_number(), new_number()
        self.assertEqual(self.submit(1, level, self.log_in(0, user), 5), 200)
        for server in range(3):
            self.assertEqual(self.scores(server, level), b"%d=5" % user)

    def test_history(self) -> None:
        """64 clients on three servers: each list has what was acknowledged, and nothing is lost."""
        level = new_number()
        users = [new_number() for _ in range(CLIENTS)]
        best: Counter[int] = Counter()

        def play(index: int) -> list[str]:
            chance, user, problems = random.Random(index), users[index], []
            key = self.log_in(index, user)
            for turn in range(6):
                score = chance.randrange(10**9)
                status = self.submit(index + turn, level, key, score)
                best[user] = max(best[user], score)
                target = f"/api/levels/{level}/users/{user}"
                reply = self.ask(index + turn + 1, "GET", target)
                shown = json.loads(reply.body)["score"]
                if (status, shown) != (200, best[user]):
                    problems.append(f"{status} {shown} instead of {best[user]}")
            return problems

        self.assertEqual(
            [each for problems in run_together(play, CLIENTS) for each in problems], []
        )
        expected = sorted(best.items(), key=lambda each: -each[1])[:15]
        text = ",".join(f"{user}={score}" for user, score in expected).encode()
        self.assertEqual([self.scores(server, level) for server in range(3)], [text] * 3)

    def test_gen_key(self) -> None:
        """Of 64 who draw a key at once on three servers one gets it, and all are told the same."""
        name = f"user{new_number()}"
        account = {"username": name, "password": PASSWORD}
        self.assertEqual(self.ask(0, "POST", "/api/register", account).status, 201)
        token = json.loads(self.ask(1, "POST", "/api/obtain_token", account).body)["token"]
        who = f"X-Scoreganizer-Authorization: {name}:{token}"
        cup = {
            "name": "Cup", "mode": "sum", "modeparams": "1+0+0",
            "start": "2020-01-01T00:00", "end": "2099-01-01T00:00",
        }  # fmt: skip
        made = self.ask(2, "POST", "/api/tournaments/create", cup, who)
        self.assertEqual(made.status, 201, made)
        number = json.loads(made.body)["id"]
        entered = self.ask(0, "POST", f"/api/tournaments/participate/{number}", b"", who)
        self.assertEqual(entered.status, 200, entered)
        drawn = run_together(
            lambda n: self.ask(n, "POST", f"/api/tournaments/gen_key/{number}", b"", who), CLIENTS
        )
        self.assertEqual(Counter(reply.status for reply in drawn), {201: 1, 403: CLIENTS - 1})
        (key,) = [json.loads(reply.body)["key"] for reply in drawn if reply.status == 201]
        for server in range(3):
            found = self.ask(server, "GET", f"/api/tournaments/get_key/{number}", None, who)
            self.assertEqual(json.loads(found.body)["key"], key)
            listed = json.loads(self.ask(server, "GET", "/api/tournaments/active").body)
            self.assertIn(number, [each["id"] for each in listed])

    def test_claim(self) -> None:
        """Of 64 who claim a user at once one does; older keys end on all servers."""
        level, user = new_number(), new_number()
        keys = [self.log_in(server, user) for server in range(3)]
        replies = run_together(
            lambda n: self.ask(n, "POST", f"/{user}/login", b"the secret of %05d" % n), CLIENTS
        )
        self.assertEqual(Counter(reply.status for reply in replies), {200: 1, 401: CLIENTS - 1})
        (own,) = [reply.body.decode() for reply in replies if reply.status == 200]
        for server, key in enumerate(keys):
            self.assertEqual(self.submit(server + 1, level, key, 9), 401)
            self.assertEqual(self.submit(server, level, own, server), 200)

    def test_settings(self) -> None:
        """What is changed on one server holds on all from its answer on."""
        level, user = new_number(), new_number()
        for turn in range(6):
            self.manage(turn, "PUT", f"/api/levels/{level}", {"max": turn})
            key = self.log_in(turn, user)
            self.assertEqual(self.submit(turn + 1, level, key, turn + 1), 400)
            self.assertEqual(self.submit(turn + 2, level, key, turn), 200)

    def test_ban(self) -> None:
        """Who is banned on one server posts on none."""
        level, user = new_number(), new_number()
        key = self.log_in(0, user)
        self.assertEqual(self.submit(1, level, key, 5), 200)
        self.manage(2, "POST", f"/api/users/{user}/ban")
        for server in range(3):
            self.assertEqual(self.submit(server, level, key, 6), 403)
            self.assertEqual(self.scores(server, level), b"")
        self.manage(1, "POST", f"/api/users/{user}/unban")
        for server in range(3):
            self.assertEqual(self.scores(server, level), b"%d=5" % user)

    def test_repeated(self) -> None:
        """A post with an id that is sent to all servers at once counts once."""
        level, user = new_number(), new_number()
        self.manage(0, "PUT", f"/api/levels/{level}", {"keep": "sum"})
        body = {"score": 5, "id": "one", "sessionkey": self.log_in(0, user)}
        target = f"/api/levels/{level}/scores"
        replies = run_together(lambda n: self.ask(n, "POST", target, body), 24)
        self.assertEqual(len({reply.body for reply in replies}), 1)
        self.assertEqual(self.scores(1, level), b"%d=5" % user)


if __name__ == "__main__":
    unittest.main()
