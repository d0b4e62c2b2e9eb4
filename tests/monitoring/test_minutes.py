"""The last ten minutes."""

from __future__ import annotations

import unittest

from gameserver.monitoring.counters import Counters
from gameserver.monitoring.minutes import MINUTES, SAMPLE_SECONDS, Minute, Minutes, Sample
from gameserver.web.messages import Response
from tests.support import Clock, make_request

BEGIN = 1_700_000_040.0
"""A whole minute of the clock."""


class MinutesTest(unittest.TestCase):
    def setUp(self) -> None:
        self.clock = Clock(BEGIN + 20)
        self.memory = 0
        self.minutes = Minutes(self.clock, lambda: self.memory)

    def report(self, requests: int = 1, cpu: float = 0.0, front_end: int = 1) -> None:
        counters = Counters(cpu_seconds=cpu)
        request = make_request("GET", "/1/login")
        counters.count([request] * requests, [Response()] * requests, 0.003)
        self.minutes.count(front_end, counters)

    def last(self) -> Minute:
        return self.minutes.past().minutes[-1]

    def test_adds_up(self) -> None:
        """A minute is what all front ends have reported in it."""
        for front_end in (1, 2, 1):
            self.report(4, front_end=front_end)
        self.assertEqual(len(self.minutes.past().minutes), 1)
        self.assertEqual((self.last().latencies.count, self.last().batches.mean), (12, 4.0))

    def test_seconds(self) -> None:
        """A minute is as long as the server has run in it."""
        lengths = []
        for now in (25, 59, 61, 119, 121):
            self.clock.now = BEGIN + now
            self.report()
            lengths.append((self.last().began - BEGIN, self.last().seconds))
        self.assertEqual(lengths, [(0, 5), (0, 39), (60, 1), (60, 59), (120, 1)])

    def test_ten(self) -> None:
        """The oldest minutes are forgotten, and those without a report are left out."""
        for number in range(15):
            self.clock.now = BEGIN + 60 * number
            self.report()
        self.assertEqual(
            [each.began - BEGIN for each in self.minutes.past().minutes],
            [60 * number for number in range(15 - MINUTES, 15)],
        )
        self.clock.now += 60 * 8
        self.report()
        began = [each.began - BEGIN for each in self.minutes.past().minutes]
        self.assertEqual(began, [780, 840, 1320])
        self.clock.now += 60 * MINUTES
        self.assertEqual(self.minutes.past().minutes, [])

    def test_cpu_of_the_start(self) -> None:
        """What a process took to start, such as loading the scores, is no minute's."""
        for front_end in (1, 2):
            self.report(cpu=30, front_end=front_end)
        for front_end in (1, 2, 2):
            self.report(cpu=0.5, front_end=front_end)
        self.assertEqual(self.last().cpu_seconds, 1.5)

    def test_samples(self) -> None:
        """The last sample of a minute counts, and stands until there is another."""
        self.memory = 77
        self.minutes.note(Sample(connections=5, scores=100))
        self.minutes.note(Sample(connections=3, scores=101, disk=9))
        self.clock.now += 60
        self.report()
        for minute in self.minutes.past().minutes:
            self.assertEqual(minute.last, Sample(3, 101, 77, 9))

    def test_when_due(self) -> None:
        """The first sample is due at once, and each other after some seconds."""
        self.assertTrue(self.minutes.is_due)
        self.minutes.note(Sample())
        self.assertFalse(self.minutes.is_due)
        self.clock.now += SAMPLE_SECONDS
        self.assertTrue(self.minutes.is_due)

    def test_written(self) -> None:
        """Rows count in the minute in which they were found; those of the start in none."""
        self.minutes.note(Sample(written=40))
        self.assertEqual((self.last().written, self.minutes.past().last_write), (0, None))
        self.clock.now += 2
        self.minutes.note(Sample(written=45))
        self.clock.now += 2
        self.minutes.note(Sample(written=45))
        self.clock.now += 60
        self.minutes.note(Sample(written=46))
        self.assertEqual([each.written for each in self.minutes.past().minutes], [5, 1])
        self.assertEqual(self.minutes.past().last_write, self.clock.now)

    def test_uptime(self) -> None:
        self.clock.now += 100.7
        self.assertEqual(self.minutes.past().uptime, 100)


if __name__ == "__main__":
    unittest.main()
