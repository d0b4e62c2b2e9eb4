"""The client library's distribution, with the real pip in an environment of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import unittest
import venv
from pathlib import Path

from tests.support import ROOT

OURS = "gameserver-client"
RELEASED = "scoreganizer-client-lib"
INSTALL_SECONDS = 300
WHAT_TO_DO = f"pip uninstall {RELEASED} {OURS}"
BUILD_SDIST = "import sys, backend; backend.build_sdist(sys.argv[1])"


class DistributionTest(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        # A copy, because pip builds where the source lies, and leaves a folder `build` there.
        self.source = shutil.copytree(
            ROOT / "scoreganizer_client_lib",
            self.folder / "source",
            ignore=shutil.ignore_patterns("__pycache__", "build", "*.egg-info"),
        )
        venv.create(self.folder / "environment", with_pip=True)
        scripts = "Scripts" if os.name == "nt" else "bin"
        self.python = str(self.folder / "environment" / scripts / "python")

    def run_python(self, *arguments: str, **options: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.python, *arguments],
            cwd=self.folder,
            env={**os.environ, **options},
            capture_output=True,
            text=True,
            timeout=INSTALL_SECONDS,
        )

    def pip(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self.run_python("-m", "pip", "--disable-pip-version-check", *arguments)

    def install(self, what: str, *options: str) -> None:
        done = self.pip("install", "--quiet", *options, what)
        self.assertEqual(done.returncode, 0, done.stderr)

    def sdist(self) -> str:
        """The path of a source distribution, made from the folder."""
        self.install("setuptools>=77")
        target = str(self.folder / "sdist")
        done = subprocess.run(
            [self.python, "-c", BUILD_SDIST, target],
            cwd=self.source,
            env={**os.environ, "PYTHONPATH": str(self.source / "packaging")},
            capture_output=True,
            text=True,
            timeout=INSTALL_SECONDS,
        )
        self.assertEqual(done.returncode, 0, done.stderr)
        (made,) = Path(target).glob("*.tar.gz")
        return str(made)

    def wheel(self, source: str) -> str:
        """The path of a wheel, built from a folder or a source distribution."""
        target = self.folder / "wheels"
        done = self.pip("wheel", "--quiet", "--no-deps", "--wheel-dir", str(target), source)
        self.assertEqual(done.returncode, 0, done.stderr)
        (built,) = target.glob("*.whl")
        return str(built)

    def distributions(self) -> set[str]:
        """Which of the two are installed."""
        done = self.pip("list", "--format=freeze")
        names = {line.partition("=")[0].replace("_", "-") for line in done.stdout.splitlines()}
        return names & {OURS, RELEASED}

    def assert_works(self) -> None:
        """The installed library is imported, typed, and ours."""
        code = (
            "import os, scoreganizer_client_lib as library; library.Scoreganizer();"
            "folder = os.path.dirname(library.__file__);"
            "print(library.__version__, *sorted(os.listdir(folder)))"
        )
        done = self.run_python("-c", code, PYTHONDONTWRITEBYTECODE="1")
        self.assertEqual(done.returncode, 0, done.stderr)
        version, *files = done.stdout.split()
        expected = {path.name for path in self.source.glob("*.py")} | {"py.typed"}
        self.assertEqual(set(files) - {"__pycache__"}, expected)
        self.assertRegex(version, r"\A\d+\.\d+\.\d+\Z")

    def test_alone_and_beside_the_released_one(self) -> None:
        """Beside the released one its folder is refused, and a wheel when it is imported."""
        wheel = self.wheel(self.sdist())
        self.install(RELEASED)
        refused = self.pip("install", str(self.source))
        self.assertNotEqual(refused.returncode, 0)
        self.assertIn(WHAT_TO_DO, refused.stdout + refused.stderr)
        self.assertEqual(self.distributions(), {RELEASED})
        self.install(wheel, "--no-deps")
        imported = self.run_python("-c", "import scoreganizer_client_lib")
        self.assertNotEqual(imported.returncode, 0)
        self.assertIn(WHAT_TO_DO, imported.stderr.splitlines()[-1])

        for source in (wheel, str(self.source)):
            self.pip("uninstall", "--yes", RELEASED, OURS)
            self.install(source)
            self.assertEqual(self.distributions(), {OURS})
            self.assert_works()


if __name__ == "__main__":
    unittest.main()
