"""The README's tournament works as printed."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
import unittest

from tests.servers import ServerProcess
from tests.support import PATIENCE, ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")


@unittest.skipUnless(shutil.which("curl") and shutil.which("sh"), "it takes curl and a shell")
class TournamentTest(unittest.TestCase):
    def test_ten_lines(self) -> None:
        """The ten lines make a tournament, and the last one prints what the README says."""
        block = r"## A tournament in ten lines.*?```sh\n(.*?)```.*?`(\{.*?\})`"
        found = re.search(block, README, re.S)
        assert found, "README.md has no tournament in ten lines with what it prints"
        script, printed = found.groups()
        self.assertEqual(script.count("\n"), 10, "README.md: lines of the tournament")
        with ServerProcess("--threaded") as server, tempfile.TemporaryDirectory() as folder:
            done = subprocess.run(
                ["sh", "-ec", script.replace("http://localhost:8080/", server.url)],
                cwd=folder,
                # Nothing of the clone is to be found from there.
                env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
                capture_output=True,
                text=True,
                timeout=3 * PATIENCE,
            )
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stdout.splitlines()[-1], printed, "README.md: what is printed")
