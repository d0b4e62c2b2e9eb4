"""docs/clients.md: its recipes print what it says, and it names what the clients have."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import unittest

from tests.clients.scenario import CLIENTS, PAGE
from tests.folder import FolderTestCase
from tests.servers import ServerProcess
from tests.support import PATIENCE

RECIPE = re.compile(r"```sh\n(.*?)```\n(?:```(?:json|text)\n(.*?)```\n)?", re.S)
MARK = "-- the next recipe --"


class RecipesTest(FolderTestCase):
    @unittest.skipUnless(shutil.which("curl") and shutil.which("sh"), "it takes curl and a shell")
    def test_print_what_the_page_says(self) -> None:
        """Each recipe prints what stands below it."""
        recipes = RECIPE.findall(PAGE.partition("## Recipes")[2])
        token = self.folder / "admin-token"
        with ServerProcess("--threaded", "--admin_token_file", str(token)) as server:
            script = f"echo\necho '{MARK}'\n".join(script for script, _ in recipes)
            script = script.replace("http://localhost:8080", server.url.rstrip("/"))
            done = subprocess.run(
                ["sh", "-euc", script.replace("curl ", "curl -s ")],
                cwd=self.folder,
                env=dict(os.environ),
                capture_output=True,
                text=True,
                timeout=3 * PATIENCE,
            )
        self.assertEqual(done.returncode, 0, done.stderr)
        outputs = done.stdout.split(f"{MARK}\n")
        for (script, expected), output in zip(recipes, outputs, strict=True):
            with self.subTest(recipe=script):
                self.assertEqual(output.strip(), expected.strip())

    def test_bounds_of_packed_scores(self) -> None:
        """What the page says about K holds: both ends are scores, and one more is none."""
        for factor, most in ((1_000_000, 2146), (65_536, 32_767), (46_341, 46_339)):
            with self.subTest(factor=factor):
                self.assertEqual(2**31 // factor - 1, most)
                self.assertLess(most * factor + factor - 1, 2**31)
                self.assertGreaterEqual((most + 1) * factor + factor - 1, 2**31)
                self.assertIn(f"{factor:,}", PAGE)
                self.assertIn(f"{most:,}" if most > 9999 else str(most), PAGE)

    def test_names_every_client(self) -> None:
        """Each file of the folder stands on the page."""
        for file in CLIENTS.iterdir():
            if file.is_file():
                self.assertIn(f"(../clients/{file.name})", PAGE)
