"""The boards' API on real servers, in both modes, and over a restart."""

from __future__ import annotations

import json
import os
import stat
import tempfile
import unittest
from pathlib import Path
from typing import Any, ClassVar

from gameserver.views.exports import CHUNK_LINES
from tests.integration.contract import FrontEndTestCase, new_number
from tests.raw_client import Client, Reply, request_bytes
from tests.servers import ServerProcess, start_and_fail
from tests.support import wait_until


def post_bytes(target: str, body: Any, *fields: str) -> bytes:
    return request_bytes("POST", target, json.dumps(body).encode(), *fields)


class BoardsContract(FrontEndTestCase):
    folder: ClassVar[tempfile.TemporaryDirectory[str]]
    more_flags: ClassVar[tuple[str, ...]] = ()

    @classmethod
    def setUpClass(cls) -> None:
        cls.folder = tempfile.TemporaryDirectory()
        cls.token_file = Path(cls.folder.name, "admin-token")
        origins = "https://a.example,https://b.example"
        cls.flags = (
            *cls.more_flags, "--admin_token_file", str(cls.token_file), "--cors_origin", origins,
        )  # fmt: skip
        super().setUpClass()
        cls.admin = f"Authorization: Bearer {cls.token_file.read_text().strip()}"

    @classmethod
    def tearDownClass(cls) -> None:
        super().tearDownClass()
        cls.folder.cleanup()

    def post(self, level_id: int, key: str, body: Any, *fields: str) -> Reply:
        target = f"/api/levels/{level_id}/scores?sessionkey={key}"
        return self.client.ask(post_bytes(target, body, *fields))

    def fill(self, level_id: int, count: int) -> None:
        """Users 0 to `count` - 1 get the scores `count` to 1."""
        users = range(count)
        self.client.send(b"".join(request_bytes("GET", f"/{user}/login") for user in users))
        keys = [self.client.reply().body.decode() for _ in users]
        for user, key in enumerate(keys):
            self.client.send(post_bytes(f"/api/levels/{level_id}/scores",
                             {"score": count - user, "sessionkey": key}))  # fmt: skip
        for _ in users:
            self.assertEqual(self.client.reply().status, 200)

    def test_post_and_read(self) -> None:
        """What was posted is read, by its ETag only when it is new."""
        level_id, key = new_number(), self.log_in(7)
        self.assertEqual(self.post(level_id, key, {"score": 5, "meta": {"a": 1}}).status, 200)
        target = f"/api/levels/{level_id}"
        reply = self.get(target)
        self.assertEqual(json.loads(reply.body)["entries"][0]["meta"], {"a": 1})
        self.assertEqual(reply.headers["cache-control"], "no-cache")
        known = f"If-None-Match: {reply.headers['etag']}"
        again = self.client.ask(request_bytes("GET", target, None, known))
        self.assertEqual((again.status, again.headers["etag"]), (304, reply.headers["etag"]))
        self.post(level_id, key, {"score": 6})
        self.assertEqual(self.client.ask(request_bytes("GET", target, None, known)).status, 200)

    def test_server(self) -> None:
        """The admin sees what all processes have done, and how much memory they take."""
        self.client.send(b"".join(request_bytes("GET", "/1/login") for _ in range(300)))
        for _ in range(300):
            self.client.reply()

        def is_right() -> bool:
            minutes = json.loads(self.client.ask(self.ask_server()).body)["minutes"]
            if not minutes:
                return False
            # A sample is some seconds old, and the memory may have changed since.
            share = minutes[-1]["rss_mb"] * 1e6 / self.server.rss()
            is_counted = sum(each["requests"] for each in minutes) >= 300
            return is_counted and minutes[-1]["connections"] > 0 and 0.9 < share < 1.1

        wait_until(is_right)
        self.assertEqual(self.get("/api/server").status, 401)

    def ask_server(self) -> bytes:
        return request_bytes("GET", "/api/server", None, self.admin)

    def test_csv(self) -> None:
        """A board of several chunks comes as a whole, and the connection goes on."""
        level_id, count = new_number(), 2 * CHUNK_LINES + 7
        self.fill(level_id, count)
        target = f"/api/levels/{level_id}.csv"
        for _ in range(2):
            lines = self.get(target).body.split(b"\r\n")
            self.assertEqual(lines[0], b"rank,user,name,score")
            self.assertEqual(lines[1:-1], [b"%d,%d,,%d" % (n + 1, n, count - n)
                             for n in range(count)])  # fmt: skip
        with self.connect() as old:
            old.send(f"GET {target} HTTP/1.0\r\n\r\n".encode())
            self.assertEqual(old.reply_to_end().body.count(b"\r\n"), count + 1)

    def test_errors(self) -> None:
        """Errors of every kind are problem details."""
        for status, data in [
            (400, request_bytes("GET", "/api/levels/x")),
            (400, request_bytes("GET", "/api/levels/1?limit=0")),
            (401, request_bytes("PUT", "/api/levels/1", b"{}")),
            (404, request_bytes("GET", "/api/levels/1/nothing")),
            (405, request_bytes("POST", "/api/levels", b"")),
            (415, request_bytes("POST", "/api/scores", b"{}", "Content-Type: a/b")),
            (413, request_bytes("POST", "/api/scores", b"x" * 65537)),
        ]:
            with self.connect() as client:
                reply = client.ask(data)
                self.assertEqual(reply.status, status)
                self.assertEqual(reply.headers["content-type"], "application/problem+json")
                self.assertEqual(json.loads(reply.body)["status"], status)

    def test_settings_and_names(self) -> None:
        """The admin's calls, also by POST."""
        level_id, user_id = new_number(), new_number()
        for method, target, body, status in [
            ("PUT", f"/api/levels/{level_id}", {"order": "asc"}, 200),
            ("POST", f"/api/levels/{level_id}?_method=PUT", {"title": "x"}, 200),
            ("PUT", f"/api/users/{user_id}", {"name": "Ann"}, 200),
            ("DELETE", f"/api/users/{user_id}", None, 204),
            ("POST", f"/api/users/{user_id}?_method=DELETE", {}, 204),
        ]:
            data = b"" if body is None else json.dumps(body).encode()
            reply = self.client.ask(request_bytes(method, target, data, self.admin))
            self.assertEqual(reply.status, status, (method, target, reply))

    def test_cross_origin(self) -> None:
        """Pages of the chosen sites may read and play; none may use the admin's calls."""
        for origin, allowed in [
            ("https://a.example", "https://a.example"), ("https://b.example", "https://b.example"),
            ("https://c.example", None), ("null", None),
        ]:  # fmt: skip
            for target in ("/api/levels/1", "/1/highscorelist", "/api/levels/1/nothing"):
                data = request_bytes("GET", target, None, f"Origin: {origin}")
                headers = self.client.ask(data).headers
                self.assertEqual(headers.get("access-control-allow-origin"), allowed)
                self.assertEqual(headers["vary"], "Origin")
        fields = "Origin: https://a.example", self.admin
        for method in ("PUT", "POST"):
            data = request_bytes(method, "/api/levels/1?_method=PUT", b"{}", *fields)
            self.assertNotIn("access-control-allow-origin", self.client.ask(data).headers)
        preflight = self.client.ask(request_bytes("OPTIONS", "/api/levels/1", None, *fields))
        self.assertEqual(preflight.headers["access-control-allow-methods"], "GET, HEAD, OPTIONS")
        sent = preflight.headers["access-control-allow-headers"].split(", ")
        self.assertFalse({"*", "Authorization"}.intersection(sent), sent)

    def test_token_file(self) -> None:
        """The token's file is there when the server says that it listens, for its owner alone."""
        self.assertEqual(stat.S_IMODE(os.stat(self.token_file).st_mode), 0o600)


class ThreadedBoardsTest(BoardsContract):
    more_flags = ("--threaded",)


class ForkedBoardsTest(BoardsContract):
    pass


class RestartTest(unittest.TestCase):
    """What is kept with `--data`."""

    def test_repeated_post(self) -> None:
        """A post whose answer was lost is not counted twice, though the server starts anew."""
        with tempfile.TemporaryDirectory() as folder:
            flags = (
                "--threaded", "--data", f"{folder}/game.db",
                "--admin_token_file", f"{folder}/token",
            )  # fmt: skip
            answers, etags = [], []
            for run in range(2):
                with ServerProcess(*flags) as server, server.client() as client:
                    if not run:
                        self.configure(client, Path(folder, "token").read_text().strip())
                    key = client.ask(request_bytes("GET", "/7/login")).body.decode()
                    target = f"/api/levels/1/scores?sessionkey={key}"
                    reply = client.ask(post_bytes(target, {"score": 5}, "Idempotency-Key: a"))
                    answers.append((reply.status, reply.body))
                    page = client.ask(request_bytes("GET", "/api/levels/1"))
                    etags.append(page.headers["etag"])
            self.assertEqual(answers[0], answers[1])
            self.assertEqual(json.loads(page.body)["entries"][0]["score"], 5)
            self.assertNotEqual(etags[0], etags[1])

    def configure(self, client: Client, token: str) -> None:
        data = request_bytes(
            "PUT", "/api/levels/1", b'{"keep": "sum"}', f"Authorization: Bearer {token}"
        )
        self.assertEqual(client.ask(data).status, 200)


class MistakeTest(unittest.TestCase):
    """Files that a server cannot start with: one line says why."""

    def assert_not_started(self, pattern: str, *flags: str) -> None:
        for mode in ((), ("--threaded",)):
            code, output, errors = start_and_fail(["-p", "0", *mode, *flags])
            self.assertEqual((code, output), (2, ""))
            self.assertRegex(errors, rf"\A.*{pattern}.*\n\Z")

    def test_token_file(self) -> None:
        """A token that others can read, or none."""
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "token")
            file.write_text("a-token-that-is-long-enough\n")
            file.chmod(0o640)
            self.assert_not_started("chmod 600", "--admin_token_file", str(file))
            file.chmod(0o600)
            file.write_text("short")
            self.assert_not_started("must hold", "--admin_token_file", str(file))
            self.assert_not_started("cannot use", "--admin_token_file", f"{folder}/no/token")

    def test_blocked_names(self) -> None:
        """A regular expression that is none, or no file."""
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "names")
            file.write_text("word\n/(/\n")
            self.assert_not_started("line 2: not a regular", "--blocked_names", str(file))
            self.assert_not_started("cannot read", "--blocked_names", f"{folder}/none")

    def test_origins(self) -> None:
        """What is no origin."""
        for text in ("example.org", "https://example.org/", "ftp://a", ""):
            self.assert_not_started("an origin looks like", f"--cors_origin={text}")


del BoardsContract

if __name__ == "__main__":
    unittest.main()
