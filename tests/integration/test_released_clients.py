"""The client libraries that players have, against a server of ours."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import unittest
import venv
from pathlib import Path

from tests.support import ROOT, ServerProcess

SCENARIO = ROOT / "tests" / "client" / "scenario"
VERSIONS = ("0.2.0", "0.3.1")
SECONDS_TO_START = 8
INSTALL_SECONDS, RUN_SECONDS = 300, 120


def setUpModule():
    """Installs each released version into an environment of its own, once for all tests."""
    folder = tempfile.TemporaryDirectory()
    unittest.addModuleCleanup(folder.cleanup)
    for version in VERSIONS:
        PYTHONS[version] = _environment(Path(folder.name, version), version)


PYTHONS: dict[str, str] = {}


def _environment(folder: Path, version: str) -> str:
    """The interpreter of a new environment with this version in it."""
    venv.create(folder, with_pip=True)
    python = str(folder / ("Scripts" if os.name == "nt" else "bin") / "python")
    package = f"scoreganizer-client-lib=={version}"
    options = ("--quiet", "--disable-pip-version-check")
    done = subprocess.run(
        [python, "-m", "pip", "install", *options, package],
        capture_output=True,
        text=True,
        timeout=INSTALL_SECONDS,
    )
    if done.returncode:
        raise unittest.SkipTest(f"{package} cannot be installed: {done.stderr[-300:]}")
    return python


class ReleasedClients:
    """One script, the same for every version and front end. Subclasses say which front end."""

    flags: tuple[str, ...] = ()

    def play(self, python: str, **environment: str) -> None:
        """Every step of the scenario is as documented."""
        with ServerProcess(*self.flags) as server, tempfile.TemporaryDirectory() as folder:
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
        self.assertEqual([step for step in steps if not step["ok"]], [])
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertGreater(len(steps), 60)

    def test_0_2_0(self):
        """Version 0.2.0 works unmodified, and raises each of its exceptions where documented."""
        self.play(PYTHONS["0.2.0"])

    def test_0_3_1(self):
        """Version 0.3.1 works unmodified, and raises each of its exceptions where documented."""
        self.play(PYTHONS["0.3.1"])

    def test_ours(self):
        """The library in this repository does all that the released ones do."""
        self.play(sys.executable, PYTHONPATH=str(ROOT))


class ThreadedTest(ReleasedClients, unittest.TestCase):
    flags = ("--threaded",)


@unittest.skipUnless(hasattr(os, "fork"), "this system cannot fork")
class ForkedTest(ReleasedClients, unittest.TestCase):
    flags = ("--max_proc", "2")
