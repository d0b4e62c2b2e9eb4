"""Runs the tests: `python test_runner.py [-v] [-f] [name ...]`.

A name is any part of a test's dotted name, or the path of a test file. The last line says how
many tests passed; the exit code is 1 if any did not, or if there was none to run. Warnings are
errors, and so is an exception that a test leaves behind in a thread or in a finaliser.
"""

from __future__ import annotations

import argparse
import sys
import threading
import unittest
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent


class Result(unittest.TextTestResult):
    """Counts tests, where unittest counts failures: a test may have several."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.succeeded: set[unittest.TestCase] = set()

    def startTest(self, test: unittest.TestCase) -> None:  # noqa: N802 (unittest's name)
        super().startTest(test)

        def left_behind(stray: Any) -> None:
            error = stray.exc_value or stray.exc_type()
            self.addError(test, (type(error), error, stray.exc_traceback))

        sys.unraisablehook = threading.excepthook = left_behind

    def addSuccess(self, test: unittest.TestCase) -> None:  # noqa: N802 (unittest's name)
        super().addSuccess(test)
        self.succeeded.add(test)

    def counts(self) -> tuple[int, int, int]:
        """How many passed, failed and were skipped; a class that cannot be set up fails as one."""
        bad = [test for test, _ in self.failures + self.errors] + self.unexpectedSuccesses
        failed = {getattr(test, "test_case", test) for test in bad}
        return len(self.succeeded - failed), len(failed), len(self.skipped)


def find_tests(names: Sequence[str]) -> unittest.TestSuite:
    """All tests under `tests/`, or those that one of the names is a part of."""
    loader = unittest.TestLoader()
    if names:
        dotted = [name.removesuffix(".py").strip("./").replace("/", ".") for name in names]
        loader.testNamePatterns = [f"*{name}*" for name in dotted]
    return loader.discover(str(ROOT / "tests"), top_level_dir=str(ROOT))


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the tests that the command line asks for; returns the exit code."""
    parser = argparse.ArgumentParser(description="Runs the tests.")
    parser.add_argument("-v", action="store_true", help="show each test")
    parser.add_argument("-f", action="store_true", help="stop at the first failure")
    parser.add_argument("names", nargs="*", help="parts of test names, or paths of test files")
    options = parser.parse_args(arguments)
    runner = unittest.TextTestRunner(
        verbosity=2 if options.v else 1,
        failfast=options.f,
        resultclass=Result,
        warnings="error",
    )
    result = runner.run(find_tests(options.names))
    assert isinstance(result, Result)
    for reason, count in Counter(reason for _, reason in result.skipped).items():
        print(f"skipped {count}: {reason}")
    passed, failed, skipped = result.counts()
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    return 0 if passed and not failed else 1


if __name__ == "__main__":
    sys.exit(main())
