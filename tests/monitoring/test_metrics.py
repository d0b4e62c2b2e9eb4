"""What the server counts."""

from __future__ import annotations

import sys
import unittest

from gameserver.monitoring.metrics import FORGET_SECONDS, Counters, Histogram, Metrics
from gameserver.web.messages import Response
from tests.support import Clock, make_request, run_together


class HistogramTest(unittest.TestCase):
    def test_counts_up_to_each_bound(self) -> None:
        """A value counts in every bucket whose bound it does not exceed, as Prometheus has it."""
        histogram = Histogram((1, 2))
        for value in (1, 1.5, 2, 7):
            histogram.observe(value)
        self.assertEqual(
            list(histogram.lines("n")),
            [
                'n_bucket{le="1"} 1',
                'n_bucket{le="2"} 3',
                'n_bucket{le="+Inf"} 4',
                "n_sum 11.500000",
                "n_count 4",
            ],
        )


class MetricsTest(unittest.TestCase):
    def setUp(self) -> None:
        self.clock = Clock()
        self.metrics = Metrics(self.clock)

    def report(self, front_end: int, connections: int) -> None:
        figures = Counters()
        requests = [make_request("GET", "/1/login"), make_request("GET", "/nowhere/at/all")]
        figures.count(requests, [Response(), Response(404)], 0.002)
        figures.refused[400] += 1
        self.metrics.report(front_end, connections, figures)

    def lines(self) -> list[str]:
        return self.metrics.text({"scores": 3}).splitlines()

    def test_adds_up_front_ends(self) -> None:
        """Counters, histograms and connections are those of all front ends together."""
        self.report(1, 10)
        self.report(2, 5)
        for line in (
            'gameserver_requests_total{route="/<user_id>/login",status="200"} 2',
            'gameserver_requests_total{route="none",status="404"} 2',
            'gameserver_refused_total{status="400"} 2',
            'gameserver_request_seconds_bucket{le="0.001"} 0',
            'gameserver_request_seconds_bucket{le="0.0025"} 4',
            'gameserver_batch_size_bucket{le="2"} 2',
            "gameserver_connections 15",
            "gameserver_scores 3",
        ):
            self.assertIn(line, self.lines())

    def test_front_ends_report_at_once(self) -> None:
        """What several threads report at the same time is all counted."""
        every = sys.getswitchinterval()
        self.addCleanup(sys.setswitchinterval, every)
        sys.setswitchinterval(1e-6)
        run_together(lambda front_end: [self.report(front_end, 1) for _ in range(200)], 8)
        self.assertIn('gameserver_refused_total{status="400"} 1600', self.lines())
        self.assertIn("gameserver_request_seconds_count 3200", self.lines())

    def test_forgets_a_front_end_that_is_gone(self) -> None:
        """The connections of a front end that no longer reports are gone; its counts stay."""
        self.report(1, 10)
        self.clock.now += FORGET_SECONDS + 1
        self.report(2, 5)
        self.assertIn("gameserver_connections 5", self.lines())
        self.assertIn('gameserver_refused_total{status="400"} 2', self.lines())

    def test_names_no_user_and_no_path(self) -> None:
        """Labels are routes and statuses: whatever is asked for, their number is bounded."""
        figures = Counters()
        for number in range(100):
            requests = [make_request("GET", f"/{number}/login"), make_request("GET", f"/x{number}")]
            figures.count(requests, [Response(), Response(404)], 0)
        self.assertEqual(len(figures.requests), 2)

    def test_is_well_formed(self) -> None:
        """Every line is a type or a sample, and the type stands before its samples."""
        self.report(1, 1)
        for line in self.lines():
            self.assertRegex(
                line, r'# TYPE \w+ (counter|gauge|histogram)|\w+({\w+="[^"]*"(,\w+="[^"]*")*})? \S+'
            )


if __name__ == "__main__":
    unittest.main()
