"""What the server counts."""

from __future__ import annotations

import pickle
import re
import shutil
import subprocess
import sys
import unittest

from gameserver.monitoring.counters import Counters, Histogram
from gameserver.monitoring.metrics import FAMILIES, FORGET_SECONDS, Metrics
from gameserver.monitoring.minutes import Minutes, Sample
from gameserver.web.messages import Response
from tests.support import PATIENCE, Clock, make_request, run_together

LABEL = r'[a-z_]+="(?:[^"\\\n]|\\["\\n])*"'
VALUE = r"[0-9]+(?:\.[0-9]+)?(?:e-?[0-9]+)?"
FAMILY = re.compile(
    r"(# HELP ([a-z_]+) [A-Z][^\n]+\.\n# TYPE \2 (counter|gauge|histogram)\n((?:\2.*\n)*))"
)
"""A metric in the text format 0.0.4: all of it, its name, its type, its samples."""


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

    def test_mean(self) -> None:
        """The mean is that of the values themselves."""
        histogram = Histogram((1, 2))
        self.assertIsNone(histogram.mean)
        histogram.observe(1, 3)
        histogram.observe(9)
        self.assertEqual((histogram.count, histogram.mean), (4, 3.0))

    def test_quantile(self) -> None:
        """A share of the values lies on a line from bound to bound; nothing is beyond the last."""
        histogram = Histogram((1, 2, 4))
        self.assertIsNone(histogram.quantile(0.5))
        for value, times in ((0.5, 2), (3, 2), (99, 4)):
            histogram.observe(value, times)
        shares = (0.01, 0.125, 0.25, 0.375, 0.5, 0.51, 1)
        self.assertEqual(
            [histogram.quantile(share) for share in shares], [0.04, 0.5, 1.0, 3.0, 4.0, 4.0, 4.0]
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
        figures.cpu_seconds = 0.25
        figures.memory = 20_000_000
        self.metrics.report(front_end, connections, figures)

    def lines(self) -> list[str]:
        return self.metrics.text({"scores": 3}).splitlines()

    def test_minutes(self) -> None:
        """A report says when a sample is due, which has the connections of all front ends."""
        minutes = Minutes(self.clock)
        self.metrics = Metrics(self.clock, minutes=minutes)
        self.assertTrue(self.metrics.report(1, 10, Counters()))
        self.metrics.report(2, 5, Counters())
        self.metrics.note(Sample(scores=3))
        self.assertFalse(self.metrics.report(2, 5, Counters()))
        (minute,) = self.metrics.past().minutes
        self.assertEqual((minute.last.connections, minute.last.scores), (15, 3))

    def test_past_travels(self) -> None:
        """The past can be handed to another process, and stays as it was."""
        self.report(1, 1)
        past = pickle.loads(pickle.dumps(self.metrics.past()))
        kept = self.metrics.past()
        self.report(1, 1)
        for each in (past, kept):
            self.assertEqual(each.minutes[0].latencies.count, 2)

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
            "gameserver_resident_memory_bytes 40000000",
            "gameserver_cpu_seconds_total 0.5",
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
        """What a front end had that no longer reports is gone; its counts stay."""
        self.report(1, 10)
        self.clock.now += FORGET_SECONDS + 1
        self.report(2, 5)
        self.assertIn("gameserver_connections 5", self.lines())
        self.assertIn("gameserver_resident_memory_bytes 20000000", self.lines())
        self.assertIn("gameserver_cpu_seconds_total 0.5", self.lines())
        self.assertIn('gameserver_refused_total{status="400"} 2', self.lines())

    def test_names_no_user_and_no_path(self) -> None:
        """Labels are routes and statuses: whatever is asked for, their number is bounded."""
        figures = Counters()
        for number in range(100):
            requests = [make_request("GET", f"/{number}/login"), make_request("GET", f"/x{number}")]
            figures.count(requests, [Response(), Response(404)], 0)
        self.assertEqual(len(figures.requests), 2)

    def test_says_what_it_is(self) -> None:
        """The build is a metric that is always 1, and its labels are what there is to know."""
        metrics = Metrics(self.clock, {"version": "1.2", "mode": "forked"})
        line = 'gameserver_build_info{version="1.2",mode="forked"} 1'
        self.assertIn(line, metrics.text({}).splitlines())

    def test_escapes_labels(self) -> None:
        """A quote, a backslash and a line end in a label stay in it."""
        text = Metrics(self.clock, {"version": 'a"b\\c\nd'}).text({})
        self.assertIn('{version="a\\"b\\\\c\\nd"} 1\n', text)

    def test_is_well_formed(self) -> None:
        """Each metric is its help, its type, and samples of its name; the text format's grammar."""
        self.report(1, 1)
        text = self.metrics.text({"scores": 3, "levels": 1, "sessions": 2})
        families = re.findall(FAMILY, text)
        self.assertEqual("".join(whole for whole, *_ in families), text)
        self.assertEqual(len(families), len({name for _, name, _, _ in families}))
        self.assertEqual([f"gameserver_{name}" for name in sorted(FAMILIES)],
                         sorted(name for _, name, _, _ in families))  # fmt: skip
        for whole, name, kind, samples in families:
            with self.subTest(whole=whole):
                suffix = "(?:_bucket|_sum|_count)" if kind == "histogram" else ""
                sample = rf"\A{name}{suffix}(?:{{{LABEL}(?:,{LABEL})*}})? {VALUE}\Z"
                for line in samples.splitlines():
                    self.assertRegex(line, sample)
                self.assertEqual(name.endswith("_total"), kind == "counter")

    @unittest.skipUnless(shutil.which("promtool"), "promtool is not installed")
    def test_is_what_prometheus_reads(self) -> None:
        """The tool that comes with Prometheus finds nothing to say about it."""
        self.report(1, 1)
        text = self.metrics.text({"scores": 3, "levels": 1, "sessions": 2})
        done = subprocess.run(
            ["promtool", "check", "metrics"], input=text, capture_output=True, text=True,
            timeout=PATIENCE,
        )  # fmt: skip
        self.assertEqual((done.returncode, done.stdout + done.stderr), (0, ""))


if __name__ == "__main__":
    unittest.main()
