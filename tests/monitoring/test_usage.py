"""What a process uses of the machine."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import unittest

import mock  # noqa: UP026 (the same mock on every Python)

from gameserver.monitoring.counters import Counters
from gameserver.monitoring.usage import Meter, resident_memory, tree_memory
from tests.support import Clock


class MeterTest(unittest.TestCase):
    def test_processor_time(self) -> None:
        """Each measurement adds what was used since the last one, the first from the start."""
        clock = Clock(3.0)
        meter = Meter(clock)
        first, second = Counters(), Counters()
        meter.measure(first)
        clock.now = 3.5
        meter.measure(second)
        self.assertEqual((first.cpu_seconds, second.cpu_seconds), (3.0, 0.5))
        clock.now = 4.0
        meter.measure(second)
        self.assertEqual(second.cpu_seconds, 1.0)

    @unittest.skipUnless(os.path.exists("/proc/self/statm"), "the system does not say")
    def test_memory(self) -> None:
        """Memory that is taken and written to shows."""
        before = resident_memory()
        self.assertGreater(before, 1_000_000)
        taken = b"a" * 50_000_000
        counters = Counters()
        Meter().measure(counters)
        self.assertGreater(counters.memory, before + len(taken) // 2)

    def test_no_descriptor(self) -> None:
        """Where nothing can be opened, the memory is what it was, and nothing fails."""
        meter, counters = Meter(), Counters()
        meter.measure(counters)
        before, counters.memory = counters.memory, 0
        with mock.patch("builtins.open", side_effect=OSError(errno.EMFILE, "too many")):
            meter.measure(counters)
        self.assertEqual(counters.memory, before)


@unittest.skipUnless(os.path.exists("/proc/self/statm"), "the system does not say")
class TreeTest(unittest.TestCase):
    def test_descendants(self) -> None:
        """The memory of a process is that of its children's children, too."""
        code = "import subprocess, sys; subprocess.run([sys.executable, '-c', *sys.argv[1:]])"
        taking = "a = b'a' * 50_000_000; print(flush=True); input()"
        # Below this process there may be others, which other tests have left, and that end.
        with subprocess.Popen(
            [sys.executable, "-c", code, code, taking],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        ) as process:
            assert process.stdout
            process.stdout.readline()
            own = resident_memory(process.pid)
            self.assertGreater(tree_memory(process.pid), own + 50_000_000)
            process.communicate(b"\n")

    def test_nobody(self) -> None:
        """A process that is not there has no memory."""
        self.assertEqual(tree_memory(2**31 - 1), 0)


if __name__ == "__main__":
    unittest.main()
