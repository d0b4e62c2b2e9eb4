"""Tournaments over HTTP, with both front ends and passwords that cost what they should."""

from __future__ import annotations

import json
import os
import tempfile
import unittest
from collections import Counter
from pathlib import Path

from gameserver.urls import UPLOAD
from tests.client.scenario.replay_files import rmv
from tests.raw_client import Client, request_bytes
from tests.servers import ServerProcess, start_and_fail
from tests.support import COMMAND_SECONDS, run_together

PASSWORD = "correct horse"
JSON = "Content-Type: application/json"
FORM = "Content-Type: application/x-www-form-urlencoded"
MULTIPART = "Content-Type: multipart/form-data; boundary=B"
AUTHORIZATION = "X-Scoreganizer-Authorization"
THREADS = 16

READ_SOON = {"gameserver.minesweeper.readers.PATIENCE_SECONDS": 0.1}
"""A replay gets a share of the processor soon: a busy machine has none that is free."""


class TournamentsOverHTTP:
    """Subclasses say which front end."""

    flags: tuple[str, ...] = ()

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = Path(folder.name, "replays")
        cls.server = ServerProcess(*cls.flags, "--replays", str(cls.folder), constants=READ_SOON)
        cls.addClassCleanup(cls.server.stop)
        cls.token = cls.log_in("ann")

    @classmethod
    def ask(cls, method: str, path: str, body: bytes | None = None, *fields: str):
        """Status, headers and JSON of one request on a connection of its own."""
        with Client(cls.server.address) as client:
            client.socket.settimeout(COMMAND_SECONDS)  # passwords and replays take a processor
            reply = client.ask(request_bytes(method, f"/api/{path}", body, *fields))
        return reply.status, reply.headers, json.loads(reply.body or b"null")

    @classmethod
    def post(cls, path: str, *fields: str, **values: object):
        body = json.dumps(values).encode() if values else b""
        status, _, value = cls.ask("POST", path, body, *fields, *([JSON] if values else []))
        return status, value

    @classmethod
    def log_in(cls, name: str) -> str:
        """Registers somebody and returns the field that says who it is."""
        cls.post("register", username=name, password=PASSWORD)
        _, value = cls.post("obtain_token", username=name, password=PASSWORD)
        return f"{AUTHORIZATION}: {name}:{value['token']}"

    def upload(self, replay: bytes) -> int:
        return self.ask("POST", "scores/upload", part(replay), MULTIPART)[0]

    def create(self, mode: str = "sum", modeparams: str = "1+0+0") -> int:
        status, tournament = self.post(
            "tournaments/create", self.token, name="Cup", mode=mode, modeparams=modeparams,
            start="2020-01-01T00:00", end="2099-01-01T00:00",
        )  # fmt: skip
        self.assertEqual(status, 201)
        return tournament["id"]

    def test_a_tournament(self):
        """Register, create, participate, draw a key, upload, read the standings."""
        cup = self.create()
        self.assertEqual(self.post(f"tournaments/participate/{cup}", self.token), (200, {}))
        status, drawn = self.post(f"tournaments/gen_key/{cup}", self.token)
        self.assertEqual(status, 201)
        self.assertEqual(self.upload(rmv(drawn["key"], 5000)), 201)
        _, _, table = self.ask("GET", f"tournaments/standings/{cup}")
        line = {"rank": 1, "username": "ann", "score": 5000, "games": 1, "finished": True}
        self.assertEqual(table, {"standings": [line]})
        kept = [name for name in os.listdir(self.folder) if name.startswith(f"{cup}-")]
        self.assertEqual(len(kept), 1)

    def test_races(self):
        """Of many at once, one draws the key and one upload counts."""
        cup = self.create()
        self.post(f"tournaments/participate/{cup}", self.token)
        path = f"tournaments/gen_key/{cup}"
        replies = run_together(lambda _: self.post(path, self.token), THREADS)
        statuses = Counter(status for status, _ in replies)
        self.assertEqual(statuses, {201: 1, 403: THREADS - 1})
        key = next(value["key"] for status, value in replies if status == 201)
        replay = rmv(key)
        self.assertEqual(set(run_together(lambda _: self.upload(replay), THREADS)), {201})
        _, _, table = self.ask("GET", f"tournaments/standings/{cup}")
        self.assertEqual(table["standings"][0]["games"], 1)

    def test_stop_and_upload_in_one_packet(self):
        """What comes behind a stop is too late, though both come at once; in front it is not."""
        for _ in range(3):
            cup = self.create()
            self.post(f"tournaments/participate/{cup}", self.token)
            _, drawn = self.post(f"tournaments/gen_key/{cup}", self.token)
            stop = request_bytes("POST", f"/api/tournaments/stop/{cup}", b"", self.token)
            early, late = (
                request_bytes("POST", "/api/scores/upload", part(rmv(drawn["key"], ms)), MULTIPART)
                for ms in (6000, 5000)
            )
            with Client(self.server.address) as client:
                client.socket.settimeout(COMMAND_SECONDS)
                client.send(early + stop + late)
                replies = [client.reply() for _ in range(3)]
            self.assertEqual([reply.status for reply in replies], [201, 200, 403])
            self.assertEqual(json.loads(replies[2].body), {"error": "tournament_over"})
            _, _, table = self.ask("GET", f"tournaments/standings/{cup}")
            self.assertEqual([line["score"] for line in table["standings"]], [6000])

    def play(self, level_id: int, user_id: int, score: int, key: str):
        """The status of a post with a tournament's key, by a user of the mini-game."""
        with Client(self.server.address) as client:
            session = client.ask(request_bytes("GET", f"/{user_id}/login")).body.decode()
            target = f"/{level_id}/score?sessionkey={session}&key={key}"
            return client.ask(request_bytes("POST", target, b"%d" % score)).status

    def test_levels(self):
        """A tournament on levels: posts with the key count on the board and in the table."""
        cup = self.create(mode="levels", modeparams="7+8")
        self.post(f"tournaments/participate/{cup}", self.token)
        _, drawn = self.post(f"tournaments/gen_key/{cup}", self.token)
        key = drawn["key"]
        with Client(self.server.address) as client:
            session = client.ask(request_bytes("GET", "/99/login")).body.decode()
        listed = [{"level": 7, "score": 1}, {"level": 8, "score": 2}]
        body = {"sessionkey": session, "scores": listed, "key": key}
        self.assertEqual(self.post("scores", **body)[0], 200)
        self.assertEqual(self.post("scores", **{**body, "key": key[:-1]})[0], 400)
        self.assertEqual(self.play(9, 99, 5, key), 403)
        replies = run_together(lambda n: self.play(7, 100 + n, 10 + n, key), THREADS)
        self.assertEqual(set(replies), {200})
        _, _, table = self.ask("GET", f"tournaments/standings/{cup}")
        best = 10 + THREADS - 1
        line = {"rank": 1, "username": "ann", "score": best + 2, "games": 2, "finished": True}
        self.assertEqual(table, {"standings": [line]})
        _, _, board = self.ask("GET", "levels/7?limit=1")
        self.assertEqual((board["players"], board["entries"][0]["score"]), (THREADS + 1, best))
        status, removed = self.post(f"tournaments/remove/{cup}", self.token, username="ann")
        self.assertEqual(status, 200)
        self.assertLessEqual(removed["removed"], THREADS + 2)
        _, _, table = self.ask("GET", f"tournaments/standings/{cup}")
        self.assertEqual(table["standings"][0]["games"], 0)

    def test_errors_are_json(self):
        """Whatever is wrong with a request under /api/, the answer is an object in JSON."""
        large = f"Content-Length: {UPLOAD + 1}"
        for expected, method, path, fields in (
            (404, "GET", "nothing", ()),
            (405, "GET", "register", ()),
            (405, "DELETE", "tournaments/all", ()),
            (400, "POST", "tournaments/participate/x", ("Content-Length: 0",)),
            (404, "POST", "tournaments/participate/1000000000", (self.token, "Content-Length: 0")),
            (411, "POST", "register", (FORM,)),
            (413, "POST", "register", (FORM, "Content-Length: 65537")),
            (413, "POST", "scores/upload", (MULTIPART, large)),
            (403, "POST", "scores/upload", (MULTIPART, "Content-Length: 0")),
        ):
            status, headers, value = self.ask(method, path, None, *fields)
            self.assertEqual((status, headers["content-type"]), (expected, "application/json"))
            self.assertIsInstance(value["error"], str, path)

    def test_text_elsewhere(self):
        """Outside of /api/ errors are text, as ever."""
        with Client(self.server.address) as client:
            reply = client.ask(request_bytes("GET", "/nothing/at/all"))
        self.assertEqual((reply.status, reply.headers["content-type"][:10]), (404, "text/plain"))

    def test_the_game_goes_on_during_logins(self):
        """While passwords are hashed, requests on other connections are answered."""

        def work(number: int) -> int:
            if number < 4:
                return self.post("obtain_token", username="ann", password=PASSWORD)[0]
            with Client(self.server.address) as client:
                return {
                    client.ask(request_bytes("GET", "/1/login")).status for _ in range(50)
                }.pop()

        self.assertEqual(set(run_together(work, 8)), {200})

    def test_empty_posts(self):
        """A POST without a body says so with a length of 0, and no type."""
        cup = self.create()
        status, _, _ = self.ask("POST", f"tournaments/participate/{cup}", b"", self.token)
        self.assertEqual(status, 200)


def part(replay: bytes) -> bytes:
    """The body of an upload."""
    head = b'--B\r\nContent-Disposition: form-data; name="video"; filename="x"\r\n\r\n'
    return head + replay + b"\r\n--B--"


class ThreadedTest(TournamentsOverHTTP, unittest.TestCase):
    flags = ("--threaded",)


@unittest.skipUnless(hasattr(os, "fork"), "this system cannot fork")
class ForkedTest(TournamentsOverHTTP, unittest.TestCase):
    flags = ("--max_proc", "2")


class StartTest(unittest.TestCase):
    def test_folder_that_cannot_be_written(self):
        """A replay folder that cannot be written is said in one line."""
        with tempfile.NamedTemporaryFile() as file:
            code, output, errors = start_and_fail(["-p", "0", "--threaded", "--replays", file.name])
        self.assertEqual((code, output, errors.count("\n")), (2, "", 1))
        self.assertIn("cannot write to the replay folder", errors)
