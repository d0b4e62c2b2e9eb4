"""docs/boards.md: its examples do what it says, and there is one for every call."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

from tests.servers import ServerProcess
from tests.support import COMMAND_SECONDS, ROOT, router

PAGE = (ROOT / "docs" / "boards.md").read_text(encoding="utf-8")
EXAMPLE = re.compile(r"```sh\n(.*?)```\n(?:```(?:json|text)\n(.*?)```\n)?", re.S)
MARK = "-- the next example --"


def examples() -> list[tuple[str, str | None]]:
    """The examples, each with what it prints, if the page says so."""
    return [(script, printed) for script, printed in EXAMPLE.findall(PAGE)]


@unittest.skipUnless(shutil.which("curl") and shutil.which("sh"), "it takes curl and a shell")
class BoardsPageTest(unittest.TestCase):
    flags = ("--threaded",)

    def test_examples(self) -> None:
        """Each example prints what stands below it."""
        with tempfile.TemporaryDirectory() as folder:
            token = Path(folder, "admin-token")
            with ServerProcess(*self.flags, "--admin_token_file", str(token)) as server:
                printed = self.run_all(folder, server.url)
        for (script, expected), output in zip(examples(), printed, strict=True):
            with self.subTest(example=script):
                self.assertEqual(output.replace("\r\n", "\n").strip(), (expected or "").strip())

    def run_all(self, folder: str, url: str) -> list[str]:
        """What each example prints, one after the other in one shell."""
        script = f"echo\necho '{MARK}'\n".join(script for script, _ in examples())
        script = script.replace("http://localhost:8080", url.rstrip("/"))
        done = subprocess.run(
            ["sh", "-euc", script.replace("curl ", "curl -s ")],
            cwd=folder,
            env=dict(os.environ),
            capture_output=True,
            timeout=COMMAND_SECONDS,
        )
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.decode().split(f"{MARK}\n")

    def test_every_call_has_an_example(self) -> None:
        """The examples call every operation that the document of the API has."""
        lines = "".join(script for script, _ in examples()).replace("\\\n", "").split("\n")
        called = {call for line in lines if (call := called_by(line))}
        for route in router.routes:
            for method in route.operations:
                with self.subTest(call=f"{method} {route.name}"):
                    self.assertIn((method, route.name), called)


class ForkedBoardsPageTest(BoardsPageTest):
    flags = ()


def called_by(line: str) -> tuple[str, str] | None:
    """The method and the route that a line of an example calls, if any."""
    target = re.search(r"\$server(/[^\s\"?]+)\??([^\s\"]*)", line)
    if not target or "curl" not in line:
        return None
    method = re.search(r"-X ([A-Z]+)", line)
    name = method[1] if method else "POST" if " -d " in line else "GET"
    return name, router.resolve(name, target[1]).route


if __name__ == "__main__":
    unittest.main()
