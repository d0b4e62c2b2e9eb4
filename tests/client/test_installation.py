"""The released library among the files of this one."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import tomllib
import unittest
from pathlib import Path

from scoreganizer_client_lib import installation

ROOT = Path(__file__).resolve().parent.parent.parent
PACKAGE = ROOT / "scoreganizer_client_lib"
OURS, RELEASED = "gameserver_client", "scoreganizer_client_lib"
"""The names as they stand in the names of files."""


class InstallationTest(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.package = shutil.copytree(
            PACKAGE,
            self.folder / PACKAGE.name,
            ignore=shutil.ignore_patterns("__pycache__", "build", "*.egg-info"),
        )

    def install(self, folder: Path, name: str, version: str) -> None:
        """What pip leaves behind as the sign of a distribution."""
        info = folder / f"{name}-{version}.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n", encoding="utf-8"
        )

    def run_python(self, code: str, cwd: Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", code], cwd=cwd, capture_output=True, text=True, timeout=60
        )

    def assert_says_what_to_do(self, line: str, version: str) -> None:
        self.assertIn(f"scoreganizer-client-lib {version}", line)
        self.assertIn("pip uninstall scoreganizer-client-lib gameserver-client", line)

    def test_import_beside_the_released_one(self) -> None:
        """Where both were installed, the import fails; its last line says what to uninstall."""
        self.install(self.folder, OURS, "0.4.0")
        for version in ("0.2.0", "0.3.1"):
            with self.subTest(version):
                self.install(self.folder, RELEASED, version)
                done = self.run_python("import scoreganizer_client_lib", self.folder)
                last = done.stderr.splitlines()[-1]
                self.assertEqual(done.returncode, 1)
                self.assertTrue(last.startswith("ImportError: gameserver-client cannot"), last)
                self.assert_says_what_to_do(last, version)
                shutil.rmtree(self.folder / f"{RELEASED}-{version}.dist-info")

    def test_import_alone(self) -> None:
        """Alone, and with other distributions, it is imported."""
        self.install(self.folder, OURS, "0.4.0")
        self.install(self.folder, "scoreganizer", "1.0")
        done = self.run_python("import scoreganizer_client_lib as s; s.Scoreganizer", self.folder)
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_released_one_elsewhere(self) -> None:
        """In another folder of the path the other one shares no file, and does no harm."""
        elsewhere = self.folder / "elsewhere"
        self.install(elsewhere, RELEASED, "0.3.1")
        code = f"import sys; sys.path.append({str(elsewhere)!r}); import scoreganizer_client_lib"
        done = self.run_python(code, self.folder)
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_in_one_line(self) -> None:
        """Whoever builds it is told the same, in one line."""
        self.install(self.folder, RELEASED, "0.3.1")
        other = installation.other_in([str(self.folder / "none"), str(self.folder)])
        assert other
        line = installation.refusal(other)
        self.assertEqual(line.count("\n"), 0)
        self.assert_says_what_to_do(line, "0.3.1")


class ProjectTest(unittest.TestCase):
    def project(self, folder: Path) -> dict[str, object]:
        """What the folder's pyproject.toml says of its distribution and of what is in it."""
        content = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))
        return {**content["project"], **content["tool"]["setuptools"]}

    def test_own_name(self) -> None:
        """The library's distribution is neither the released one nor the server's."""
        ours, server = self.project(PACKAGE), self.project(ROOT)
        self.assertEqual(ours["name"], installation.OURS)
        self.assertNotIn(ours["name"], (installation.OTHER, server["name"]))
        self.assertEqual(ours["packages"], [installation.PACKAGE])

    def test_not_in_the_servers(self) -> None:
        """The server's distribution does not contain the library, and needs nothing."""
        server = self.project(ROOT)
        packages = server["packages"]
        assert isinstance(packages, list)
        self.assertEqual({name.partition(".")[0] for name in packages}, {"gameserver"})
        self.assertNotIn("dependencies", server)

    def test_same_licence(self) -> None:
        """The distribution carries the licence of the whole."""
        self.assertEqual((PACKAGE / "LICENSE").read_bytes(), (ROOT / "LICENSE").read_bytes())


if __name__ == "__main__":
    unittest.main()
