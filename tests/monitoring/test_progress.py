"""The progress bar."""

from __future__ import annotations

import io
import unittest

from gameserver.monitoring.progress import Progress
from tests.support import Clock


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


class ProgressTest(unittest.TestCase):
    """A bar for whoever waits."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.terminal = Terminal()

    def follow(self, stream: io.StringIO, seconds: float, total: int = 40) -> str:
        """Follows four chunks of ten, each of which takes so long."""
        progress = Progress("working", total, stream, self.clock)
        items = []
        for item in progress.follow([list(range(n, n + 10)) for n in range(0, 40, 10)]):
            items.append(item)
            self.clock.now += seconds / 10
        self.assertEqual(items, list(range(40)))
        return stream.getvalue()

    def test_short_work(self) -> None:
        """What is over within a second shows nothing."""
        self.assertEqual(self.follow(self.terminal, 0.2), "")

    def test_long_work(self) -> None:
        """What takes longer shows how far it is, and clears the line at the end."""
        output = self.follow(self.terminal, 2)
        self.assertIn("working [#######", output)
        self.assertIn(" 25%", output)
        self.assertIn(" 75%", output)
        self.assertTrue(output.endswith("\r\x1b[K"))

    def test_no_terminal(self) -> None:
        """In a file or a pipe nothing is drawn."""
        self.assertEqual(self.follow(io.StringIO(), 100), "")

    def test_unknown_total(self) -> None:
        """Where nobody knows the total, the bar counts."""
        self.assertIn("working 20", self.follow(self.terminal, 2, total=0))

    def test_not_too_often(self) -> None:
        """However fast the steps come, the bar is drawn at most ten times a second."""
        progress = Progress("working", 1000, self.terminal, self.clock)
        self.clock.now += 2
        for step in range(1000):
            self.clock.now += 0.001
            progress.show(step)
        self.assertLessEqual(self.terminal.getvalue().count("\r"), 11)


if __name__ == "__main__":
    unittest.main()
