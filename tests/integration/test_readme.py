"""The tournaments of the README and of their page work as printed."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
import unittest

from tests.servers import ServerProcess
from tests.support import COMMAND_SECONDS, ROOT


@unittest.skipUnless(shutil.which("curl") and shutil.which("sh"), "it takes curl and a shell")
class TournamentTest(unittest.TestCase):
    def test_ten_lines(self) -> None:
        """The ten lines make a tournament, and the last one prints what the README says."""
        script, printed = example("README.md", "A tournament in ten lines")
        self.assertEqual(script.count("\n"), 10, "README.md: lines of the tournament")
        self.assert_prints(script, printed)

    def test_levels(self) -> None:
        """So does the tournament on levels."""
        self.assert_prints(*example("docs/tournaments.md", "Tournaments on levels"))

    def assert_prints(self, script: str, printed: str) -> None:
        """The last line that a script prints, which asks a server of its own."""
        with ServerProcess("--threaded") as server, tempfile.TemporaryDirectory() as folder:
            done = subprocess.run(
                ["sh", "-ec", script.replace("http://localhost:8080", server.url.rstrip("/"))],
                cwd=folder,
                # Nothing of the clone is to be found from there.
                env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
                capture_output=True,
                text=True,
                timeout=COMMAND_SECONDS,
            )
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stdout.splitlines()[-1], printed, "what is printed")


def example(page: str, heading: str) -> tuple[str, str]:
    """The script of a section, and what its last line prints."""
    block = rf"## {heading}\n.*?```sh\n(.*?)```.*?`(\{{.*?\}})`"
    found = re.search(block, (ROOT / page).read_text(encoding="utf-8"), re.S)
    assert found, f"{page}: '{heading}' has no example with what it prints"
    return found[1], found[2]
