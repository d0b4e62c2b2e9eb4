"""The test runner: what it runs, and what its last line and its exit code say."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from tests.support import ROOT

GOOD = """
import unittest
class GoodTest(unittest.TestCase):
    def test_one(self): pass
    def test_two(self): pass
"""
BAD = """
import unittest, warnings
class BadTest(unittest.TestCase):
    def test_assertion(self): self.assertTrue(False)
    def test_several_subtests(self):
        for number in range(3):
            with self.subTest(number): self.fail()
    def test_warning(self): warnings.warn("careful", DeprecationWarning)
    @unittest.skip("not here")
    def test_skipped(self): self.fail()
"""
STRAY = """
import threading, unittest
def fail(): raise RuntimeError("on purpose")
class Careless:
    def __del__(self): fail()
class StrayTest(unittest.TestCase):
    def test_thread(self):
        thread = threading.Thread(target=fail)
        thread.start()
        thread.join()
    def test_finaliser(self): Careless()
    def test_open_file(self): open(__file__)
"""
SETUP = """
import unittest
class SetupTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls): raise OSError
    def test_one(self): pass
    def test_two(self): pass
"""


class TestRunnerTest(unittest.TestCase):
    """The runner in a folder of its own."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        shutil.copy(ROOT / "test_runner.py", self.folder)
        self.add("tests/__init__.py", "")

    def add(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)

    def run_runner(self, *arguments: str) -> tuple[int, str]:
        """The exit code and the last line."""
        done = subprocess.run(
            [sys.executable, "test_runner.py", *arguments],
            cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
        self.output = done.stdout
        return done.returncode, done.stdout.splitlines()[-1]

    def test_all_pass(self) -> None:
        """When all tests pass, those in folders too, the exit code is 0."""
        self.add("tests/test_good.py", GOOD)
        self.add("tests/inner/__init__.py", "")
        self.add("tests/inner/test_good.py", GOOD)
        self.assertEqual(self.run_runner(), (0, "4 passed, 0 failed"))

    def test_failures(self) -> None:
        """Failures and warnings are counted by test, skipped tests apart, with the reason."""
        self.add("tests/test_good.py", GOOD)
        self.add("tests/test_bad.py", BAD)
        self.assertEqual(self.run_runner(), (1, "2 passed, 3 failed, 1 skipped"))
        self.assertIn("\nskipped 1: not here\n", self.output)

    def test_left_behind(self) -> None:
        """What a test leaves behind fails it: in a thread, in a finaliser, an open file."""
        self.add("tests/test_stray.py", STRAY)
        self.assertEqual(self.run_runner(), (1, "0 passed, 3 failed"))

    def test_broken_classes_and_modules(self) -> None:
        """A class that cannot be set up is a failure, and so is a module that does not load."""
        self.add("tests/test_setup.py", SETUP)
        self.assertEqual(self.run_runner(), (1, "0 passed, 1 failed"))
        self.add("tests/test_broken.py", "import nothing_of_that_name")
        self.assertEqual(self.run_runner(), (1, "0 passed, 2 failed"))

    def test_names(self) -> None:
        """A name selects tests by a part of their dotted name, or by their file."""
        self.add("tests/test_good.py", GOOD)
        self.add("tests/test_bad.py", BAD)
        for names, passed in [
            (["tests/test_good.py"], 2),
            (["./tests/test_good.py"], 2),
            (["tests.test_good"], 2),
            (["GoodTest.test_one"], 1),
            (["test_one", "test_two"], 2),
        ]:
            self.assertEqual(self.run_runner(*names), (0, f"{passed} passed, 0 failed"), names)

    def test_nothing_to_run(self) -> None:
        """No test at all is no success."""
        self.add("tests/test_good.py", GOOD)
        self.assertEqual(self.run_runner("nothing_of_that_name"), (1, "0 passed, 0 failed"))

    def test_flags(self) -> None:
        """-v names each test; -f stops at the first failure."""
        self.add("tests/test_bad.py", BAD)
        self.add("tests/test_good.py", GOOD)
        self.assertEqual(self.run_runner("-v", "test_good"), (0, "2 passed, 0 failed"))
        self.assertIn("test_two (tests.test_good.GoodTest.test_two) ... ok", self.output)
        self.assertEqual(self.run_runner("-f"), (1, "0 passed, 1 failed"))


if __name__ == "__main__":
    unittest.main()
