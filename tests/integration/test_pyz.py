"""The server as one file: `python build_pyz.py` makes it."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from typing import Any

import requests

from tests.client.scenario.replay_files import rmv
from tests.raw_client import request_bytes
from tests.servers import ServerProcess
from tests.support import COMMAND_SECONDS, ROOT


class PyzTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.folder = cls.enterClassContext(tempfile.TemporaryDirectory())
        cls.file = Path(cls.folder, "gameserver.pyz")
        done = cls.build(str(cls.file))
        assert done.returncode == 0, done.stderr

    @classmethod
    def build(cls, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, str(ROOT / "build_pyz.py"), *arguments],
            cwd=cls.folder, capture_output=True, text=True, timeout=COMMAND_SECONDS,
        )  # fmt: skip

    def test_runs(self) -> None:
        """It serves pages, files and the game, and reads replays, in both modes; -I keeps Python
        from finding a clone."""
        for mode in ("--threaded", "--max_proc=1"):
            program = ("-I", str(self.file))
            with ServerProcess(mode, program=program) as server, server.client() as client:
                page = client.ask(request_bytes("GET", "/"))
                self.assertEqual(page.status, 200)
                names = re.findall(r"/static/[\w.-]+", page.body.decode())
                self.assertGreater(len(names), 3)
                for name in names:
                    self.assertEqual(client.ask(request_bytes("GET", name)).status, 200)
                login = client.ask(request_bytes("GET", "/1/login"))
                self.assertEqual(login.status, 200)
                self.assertEqual(self.play(f"{server.url}api"), {"games": 1, "score": 6303})

    def play(self, api: str) -> dict[str, int]:
        """What the table of a tournament says of its only player."""
        user = {"username": "ann", "password": "correct horse"}
        cup = {"name": "Cup", "mode": "sum", "modeparams": "1+0+0",
               "start": "2020-01-01T00:00", "end": "2099-01-01T00:00"}  # fmt: skip
        with requests.Session() as http:

            def post(call: str, **options: Any) -> requests.Response:
                return http.post(f"{api}/{call}", timeout=COMMAND_SECONDS, **options)

            post("register", data=user)
            token = post("obtain_token", data=user).json()["token"]
            http.headers["X-Scoreganizer-Authorization"] = f"ann:{token}"
            post("tournaments/create", data=cup)
            post("tournaments/participate/1")
            key = post("tournaments/gen_key/1").json()["key"]
            post("scores/upload", files={"video": rmv(key)})
            table = http.get(f"{api}/tournaments/standings/1", timeout=COMMAND_SECONDS).json()
        return {name: table["standings"][0][name] for name in ("games", "score")}

    def test_cannot_be_written(self) -> None:
        """Where it cannot be written one line says so."""
        done = self.build("none/gameserver.pyz")
        self.assertEqual((done.returncode, done.stderr.count("\n")), (2, 1))
        self.assertIn("none/gameserver.pyz", done.stderr)


if __name__ == "__main__":
    unittest.main()
