"""What every client has to do, in whatever language: each runs these tests."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tempfile
import unittest
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import requests

from tests.clients.proxy import Answered, CutOff, Fault, Moved, Proxy, Seen
from tests.folder import FolderTestCase
from tests.servers import ServerProcess
from tests.support import PATIENCE, ROOT, wait_until

CLIENTS = ROOT / "clients"
DRIVERS = Path(__file__).parent / "drivers"
PAGE = (ROOT / "docs" / "clients.md").read_text(encoding="utf-8")

BEST, SUM, BOUNDED, LIVE, EXAMPLE = 7, 8, 9, 10, 2
"""The tests' levels: the best counts, all add up, none over 1000; watched; the page's example."""

CONSTANTS = {"gameserver.server.live.RETRY_MILLISECONDS": (50, 100)}
"""Whoever watches comes back at once, so that a test takes no longer."""

LONG = 3 * PATIENCE
"""Seconds for a process of the client: it may wait 10 s for the network, by mistake."""

ANOTHER = 99
"""The user who is nobody's."""

NAME = "Änn 🦊 \"'\\ 1"

POSTS = r"/api/levels/\d+/scores"
LOGINS = r"/\d+/login"
USERS = r"/api/users"
SECRET = re.compile(r"secret|sessionkey")


class ClientTestCase(FolderTestCase):
    """A client's driver and a server with a proxy in front. A subclass says how to run it.

    The driver is a process that knows the client alone; it is told what to do by its arguments
    and prints a line for each of them.
    """

    programs: ClassVar[Sequence[str]] = ()
    """What has to be installed."""

    language = ""
    """The language of its example, as the page marks it."""

    streams = True
    """Whether it watches lists as a stream; else it polls."""

    locale: ClassVar[Mapping[str, str]] = {"LC_ALL": "C.UTF-8"}

    queue_file = "gameserver-queue.json"

    world: ClassVar[Path]
    """The folder of the server, which all tests of the class share."""

    server: ClassVar[ServerProcess]

    @classmethod
    def setUpClass(cls) -> None:
        if why_not := cls.why_not():
            raise unittest.SkipTest(why_not)
        super().setUpClass()
        world = tempfile.TemporaryDirectory()
        cls.addClassCleanup(world.cleanup)
        cls.world = Path(world.name)
        cls.start_server()

    @classmethod
    def why_not(cls) -> str:
        """Why these tests cannot run here; empty if they can."""
        missing = [name for name in cls.programs if not shutil.which(name)]
        return f"it takes {' and '.join(missing)}" if missing else ""

    @classmethod
    def tearDownClass(cls) -> None:
        cls.server.stop()

    @classmethod
    def start_server(cls) -> None:
        files = ("--data", str(cls.world / "game.db"), "--admin_token_file", str(cls.token()))
        cls.server = ServerProcess("--threaded", *files, constants=CONSTANTS)
        cls.addClassCleanup(cls.server.kill)

    @classmethod
    def token(cls) -> Path:
        return cls.world / "admin-token"

    def setUp(self) -> None:
        super().setUp()
        self.saves = self.folder / "saves"
        self.saves.mkdir()
        self.proxy = Proxy()
        self.addCleanup(self.proxy.close)
        self.proxy.open(self.server.address)
        for level in (BEST, SUM, BOUNDED, EXAMPLE, LIVE):
            self.as_admin("DELETE", f"api/levels/{level}")
        self.configure(SUM, keep="sum")
        self.configure(BOUNDED, max=1000)

    def tearDown(self) -> None:
        """Whatever a client did: secrets and keys went in bodies only."""
        for seen in self.proxy.seen:
            self.assertNotRegex(seen.target, SECRET)

    # The server

    def restart_server(self) -> None:
        """Another server with the same data; on the same port, as far as the client can see."""
        self.stop_server()
        self.go_on()

    def stop_server(self) -> None:
        """There is no server, as far as the client can see, until `go_on`."""
        self.proxy.shut()
        self.server.stop()

    def go_on(self) -> None:
        self.start_server()
        self.proxy.open(self.server.address)

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """Past the proxy."""
        url = f"{self.server.url}{path}"
        response = requests.request(method, url, json=body, headers=headers, timeout=PATIENCE)
        self.assertEqual(response.status_code, 200, response.text)
        return response.json()

    def configure(self, level: int, **settings: Any) -> None:
        self.as_admin("PUT", f"api/levels/{level}", settings)

    def as_admin(self, method: str, path: str, body: Any = None) -> Any:
        admin = f"Bearer {self.token().read_text().strip()}"
        return self.ask(method, path, body, Authorization=admin)

    def post_as_another(self, level: int, score: int) -> None:
        key = requests.get(f"{self.server.url}{ANOTHER}/login", timeout=PATIENCE).text
        self.ask("POST", f"api/levels/{level}/scores", {"score": score, "sessionkey": key})

    def board(self, level: int) -> list[int]:
        """The scores of a level, the first one first."""
        return [entry["score"] for entry in self.ask("GET", f"api/levels/{level}")["entries"]]

    # The client

    def command(self, folder: Path) -> list[str]:
        """How to start the driver that stands in its language's file."""
        raise NotImplementedError

    def begin(self, *commands: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [*self.command(self.folder), self.proxy.url, str(self.saves), *commands],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=self.folder,
            env=self.environment(),
        )

    def environment(self) -> dict[str, str]:
        """Whatever an engine keeps, it keeps in the folder."""
        home = str(self.folder)
        more = {"HOME": home, "XDG_DATA_HOME": home, "PYTHONDONTWRITEBYTECODE": "1"}
        return {**os.environ, **more, **self.locale}

    def run_client(self, *commands: str) -> list[str]:
        """What a new process of the client says to these commands."""
        return self.end(self.begin(*commands))

    def end(self, process: subprocess.Popen[str]) -> list[str]:
        with process:
            try:
                output, errors = process.communicate(timeout=LONG)
            except subprocess.TimeoutExpired:
                process.kill()
                output, errors = process.communicate()
                self.fail(f"it does not end: {output} {errors}")
        self.assertEqual(process.returncode, 0, f"{output} {errors}")
        self.assertEqual(errors, "")
        return [line.rstrip() for line in output.splitlines()]

    def abandon(self, process: subprocess.Popen[str]) -> None:
        """Ends a process if it has not ended."""
        with process:
            process.kill()

    def restart_later(self) -> None:
        """The time that a client was told to wait is over before its next process."""

    def posts(self) -> list[Seen]:
        return [seen for seen in self.proxy.seen if re.fullmatch(POSTS, seen.path)]

    def plan_for_posts(self, *faults: Fault) -> None:
        self.proxy.plan(POSTS, *faults)


class Scenario(ClientTestCase):
    """The tests; `ClientTestCase` alone runs none."""

    def test_play(self) -> None:
        """A user is drawn once, posts, is named, and finds itself in the lists."""
        self.post_as_another(BEST, 1600)
        said = self.run_client("user", f"post:{BEST}:1500", f"post:{BEST}:1400", f"name:{NAME}")
        user = said[0].removeprefix("user ")
        self.assertEqual(
            said[1:],
            ["went 7 1500 1500", "post 1500 2", "went 7 1400 1500", "post 1500 2", f"name {NAME}"],
        )
        again = self.run_client("user", f"around:{BEST}", f"top:{BEST}", "around:55")
        self.assertEqual(again[0], f"user {user}")
        self.assertEqual(again[1], "around 2")
        self.assertRegex(again[2], rf"top \S+=1600 {re.escape(NAME)}=1500")
        self.assertEqual(again[3], "around error no_such_score")
        self.assertEqual(self.proxy.statuses(USERS), [201])

    def test_two_at_once(self) -> None:
        """Who does not wait for the first post gets one user, one login, and the posts in order."""
        said = self.run_client(f"two:{SUM}:1:2")
        self.assertEqual(said, ["went 8 1 1", "went 8 2 3"])
        asked = self.proxy.statuses(USERS), self.proxy.statuses(LOGINS), self.proxy.statuses(POSTS)
        self.assertEqual(asked, ([201], [200], [200, 200]))

    def test_offline(self) -> None:
        """Posts survive the end of the game, and go in order when the server is back."""
        self.proxy.shut()
        said = self.run_client("user", f"post:{SUM}:1", f"post:{BEST}:2147483647", "flush")
        self.assertEqual(said[0], "user error offline")
        self.assertEqual(
            said[1:], ["post queued 1 offline", "post queued 2 offline", "flush queued 2 offline"]
        )
        self.assertEqual(self.run_client(f"post:{SUM}:3"), ["post queued 3 offline"])
        self.proxy.open(self.server.address)
        self.restart_later()
        self.assertEqual(
            self.run_client("drain"),
            ["went 8 1 1", "went 7 2147483647 2147483647", "went 8 3 4", "flush queued 0"],
        )
        self.assertEqual(self.run_client("drain"), ["flush queued 0"])
        self.assertEqual(len(self.posts()), 3)
        self.assertEqual(len({json.loads(seen.body)["id"] for seen in self.posts()}), 3)

    def test_lost_answer(self) -> None:
        """A post whose answer was lost is repeated, over a restart of both, and counts once."""
        self.plan_for_posts(CutOff())
        self.assertEqual(self.run_client(f"post:{SUM}:5"), ["post queued 1 offline"])
        self.assertEqual(self.board(SUM), [5])
        self.restart_server()
        self.restart_later()
        self.assertEqual(self.run_client("drain"), ["went 8 5 5", "flush queued 0"])
        self.assertEqual(self.board(SUM), [5])
        self.assertEqual([seen.status for seen in self.posts()], [0, 200])

    def test_final_error(self) -> None:
        """A post that is refused for good is dropped and reported, and the next one goes."""
        self.plan_for_posts(Answered(503, "100"))
        said = self.run_client(f"post:{BOUNDED}:1001", f"post:{BOUNDED}:7")
        self.assertEqual(said, ["post queued 1 of_the_proxy", "post queued 2 of_the_proxy"])
        self.restart_later()
        said = self.run_client("drain")
        self.assertEqual(said, ["went 9 1001 out_of_bounds", "went 9 7 7", "flush queued 0"])
        self.assertEqual(
            self.run_client(f"post:{BOUNDED}:2000"),
            ["went 9 2000 out_of_bounds", "post error out_of_bounds"],
        )

    def test_wait(self) -> None:
        """After 429 nothing is sent before it is time; then the post is repeated."""
        self.plan_for_posts(Answered(429, "100"))
        said = self.run_client(f"post:{SUM}:5", "flush", f"post:{SUM}:6", "flush")
        self.assertEqual(said[0], "post queued 1 of_the_proxy")
        self.assertEqual(said[3], "flush queued 2 of_the_proxy")
        self.assertEqual([seen.status for seen in self.posts()], [429])
        self.restart_later()
        said = self.run_client("drain")
        self.assertEqual(said, ["went 8 5 5", "went 8 6 11", "flush queued 0"])

    def test_try_again(self) -> None:
        """After 503 without a time the post is repeated while the game runs."""
        self.plan_for_posts(Answered(503))
        said = self.run_client(f"post:{SUM}:5", "drain")
        self.assertEqual(said, ["post queued 1 of_the_proxy", "went 8 5 5", "flush queued 0"])

    def test_not_final(self) -> None:
        """What is said by the network, or by a server in trouble, drops no post."""
        page = "<html><title>Welcome to the hotel</title>"
        for fault in (
            Answered(408),
            Answered(425),
            Answered(500, body="oops", content_type="text/plain"),
            Answered(200, body=page, content_type="text/html"),
        ):
            with self.subTest(status=fault.status):
                self.plan_for_posts(fault)
                (said,) = self.run_client(f"post:{SUM}:1")
                self.assertRegex(said, r"post queued \d (of_the_proxy|http_500|no_answer)")
                self.restart_later()
        self.assertEqual(self.run_client("drain")[-1], "flush queued 0")
        self.assertEqual(self.board(SUM), [4])

    def test_new_login(self) -> None:
        """A session key that is void costs one login and one repeat."""
        with ServerProcess("--threaded") as other:
            self.plan_for_posts(Moved(other.address))
            said = self.run_client("name:Ann", f"post:{BEST}:3", f"post:{BEST}:4")
            self.proxy.shut()
        self.assertEqual(said, ["name Ann", "went 7 3 3", "post 3 1", "went 7 4 4", "post 4 1"])
        self.assertEqual([seen.status for seen in self.posts()], [401, 200, 200])
        self.assertEqual(self.proxy.statuses(LOGINS), [200, 200])

    def test_refused_login(self) -> None:
        """A player who cannot log in loses no post, and does not go on trying."""
        self.run_client("user")
        self.proxy.plan(LOGINS, Answered(401, "100", "wrong", "text/plain"))
        said = self.run_client(f"post:{BEST}:3", "flush")
        self.assertEqual(said, ["post queued 1 http_401", "flush queued 1 http_401"])
        self.assertEqual(self.posts(), [])
        self.restart_later()
        self.assertEqual(self.run_client("drain"), ["went 7 3 3", "flush queued 0"])

    def test_refused_for_good(self) -> None:
        """A post that is 401 with a fresh key, too, is dropped."""
        self.plan_for_posts(Answered(401), Answered(401))
        said = self.run_client(f"post:{BEST}:3", f"post:{BEST}:4")
        self.assertEqual(said[:2], ["went 7 3 of_the_proxy", "post error of_the_proxy"])
        self.assertEqual(said[2:], ["went 7 4 4", "post 4 1"])

    def test_damaged_queue(self) -> None:
        """Of a queue whose end is lost the rest goes."""
        self.proxy.shut()
        self.run_client(f"post:{SUM}:1", f"post:{SUM}:2")
        self.damage()
        self.proxy.open(self.server.address)
        self.restart_later()
        self.assertEqual(self.run_client("drain"), ["went 8 1 1", "flush queued 0"])

    def damage(self) -> None:
        """Takes the end of the queue away."""
        file = self.saves / self.queue_file
        file.write_bytes(file.read_bytes()[:-9])

    def test_example(self) -> None:
        """The page's example prints the rank and the list."""
        self.post_as_another(EXAMPLE, 1600)
        self.as_admin("PUT", f"api/users/{ANOTHER}", {"name": "Bob"})
        found = re.search(rf"```{self.language}\n(.*?)```", PAGE, re.S)
        assert found, f"docs/clients.md has no example in {self.language}"
        example = re.sub(r"https?://scores\.example\.org(:\d+)?", self.proxy.url, found[1])
        said = [line.split() for line in self.run_example(example)]
        self.assertEqual(said, [["rank", "2"], ["1", "Bob", "1600"], ["2", "Ann", "1500"]])

    def run_example(self, example: str) -> list[str]:
        """What the example prints, with the client beside it."""
        raise NotImplementedError

    def run_program(self, *command: str) -> list[str]:
        """What a program prints."""
        process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=self.folder,
            env=self.environment(),
        )
        self.addCleanup(self.abandon, process)
        return self.end(process)

    def test_watch(self) -> None:
        """A list that is watched shows what others post, also when the server was restarted."""
        self.post_as_another(LIVE, 5)
        process = self.begin(f"watch:{LIVE}:6")
        self.addCleanup(self.abandon, process)
        wait_until(self.is_watched, LONG)
        self.stop_server()
        self.proxy.seen.clear()
        self.go_on()
        wait_until(self.is_watched, LONG)
        self.post_as_another(LIVE, 6)
        self.assertEqual(self.end(process), ["watch 6"])

    def is_watched(self) -> bool:
        """Whether the list as it is has come, and the client goes on asking."""
        if self.streams:
            return 200 in self.proxy.statuses("/api/live")
        return 304 in self.proxy.statuses(f"/api/levels/{LIVE}")
