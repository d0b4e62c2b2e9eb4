"""The client libraries that players have, against a server of ours.

All of them play at the same time, each against a server of its own: most of a scenario is waiting
for a tournament to begin.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import unittest
import venv
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

from tests.servers import ServerProcess
from tests.support import ROOT

SCENARIO = ROOT / "tests" / "client" / "scenario"
RELEASED = ("0.2.0", "0.3.1")
FRONT_ENDS = {"threaded": ("--threaded",), "forked": ("--max_proc", "2")}
SECONDS_TO_START = 15
INSTALL_SECONDS, RUN_SECONDS = 300, 300

CONSTANTS = {
    "gameserver.auth.passwords.N": 16,
    "gameserver.minesweeper.readers.PATIENCE_SECONDS": 0.1,
}
"""So that the scenarios do not wait for each other's hashes and replays."""


class Played(NamedTuple):
    """What a scenario printed."""

    exit_code: int
    steps: list[dict[str, Any]]
    errors: str


_played: dict[tuple[str, str], Future[Played]] = {}


def setUpModule() -> None:
    """Installs each released version into an environment of its own, and lets all of them play."""
    folder = tempfile.TemporaryDirectory()
    unittest.addModuleCleanup(folder.cleanup)
    executor = ThreadPoolExecutor()
    unittest.addModuleCleanup(executor.shutdown)
    for version in RELEASED:
        python = executor.submit(_environment, Path(folder.name, version), version)
        for front_end in FRONT_ENDS:
            _played[version, front_end] = executor.submit(_play_released, python, front_end)
    for front_end in FRONT_ENDS:
        _played["ours", front_end] = executor.submit(
            _play, sys.executable, front_end, PYTHONPATH=str(ROOT)
        )


def _environment(folder: Path, version: str) -> str:
    """The interpreter of a new environment with this version in it."""
    venv.create(folder, with_pip=True)
    python = str(folder / ("Scripts" if os.name == "nt" else "bin") / "python")
    package = f"scoreganizer-client-lib=={version}"
    options = ("--quiet", "--disable-pip-version-check")
    subprocess.run(
        [python, "-m", "pip", "install", *options, package],
        check=True,
        capture_output=True,
        timeout=INSTALL_SECONDS,
    )
    return python


def _play_released(python: Future[str], front_end: str) -> Played:
    return _play(python.result(), front_end)


def _play(python: str, front_end: str, **environment: str) -> Played:
    """Plays the scenario against a server of its own."""
    flags = FRONT_ENDS[front_end]
    with (
        ServerProcess(*flags, constants=CONSTANTS) as server,
        tempfile.TemporaryDirectory() as folder,
    ):
        host, port = server.address
        settings = {"host": host, "port": port, "folder": folder}
        settings["seconds_to_start"] = SECONDS_TO_START
        path = Path(folder, "settings.json")
        path.write_text(json.dumps(settings))
        done = subprocess.run(
            [python, str(SCENARIO), str(path)],
            capture_output=True,
            text=True,
            timeout=RUN_SECONDS,
            env={**os.environ, **environment},
        )
    steps = [json.loads(line) for line in done.stdout.splitlines()]
    return Played(done.returncode, steps, done.stderr)


class ReleasedClientsTest(unittest.TestCase):
    def test_every_version_against_every_front_end(self) -> None:
        """The released clients, unmodified, and ours find every step as it is documented."""
        for version, front_end in product((*RELEASED, "ours"), FRONT_ENDS):
            with self.subTest(version=version, front_end=front_end):
                played = _played[version, front_end].result()
                self.assertEqual([step for step in played.steps if not step["ok"]], [])
                self.assertEqual(played.exit_code, 0, played.errors)
                self.assertGreater(len(played.steps), 60)


if __name__ == "__main__":
    unittest.main()
