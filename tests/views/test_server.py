"""The server as its admin sees it."""

from __future__ import annotations

import os
import unittest

from gameserver import __version__
from gameserver.monitoring.counters import Counters
from gameserver.monitoring.minutes import MINUTES
from gameserver.web.messages import Response
from tests.people import ADMIN, PeopleTestCase
from tests.support import make_request


class ServerTest(PeopleTestCase):
    """`GET /api/server`, in memory."""

    def report(self, requests: int = 0, seconds: float = 0.003, cpu: float = 0.0) -> None:
        counters = Counters(cpu_seconds=cpu)
        if requests:
            request = make_request("GET", "/1/login")
            counters.count([request] * requests, [Response()] * requests, seconds)
        self.app.report(os.getpid(), 5, counters)

    def test_state(self) -> None:
        """Version, mode and settings are those of the server."""
        self.clock.now += 90
        value = self.ask("GET", "/api/server", token=ADMIN).value
        self.assertEqual((value["version"], value["mode"]), (__version__, "forked"))
        self.assertEqual((value["uptime"], value["minutes"]), (90, []))
        self.assertEqual((value["last_sync"], value["settings"]["port"]), (None, 8080))

    def test_minutes(self) -> None:
        """Each minute has its own figures, the oldest stands first, and none is older than ten."""
        for number in range(MINUTES + 3):
            self.submit(1, self.log_in(number), number)
            self.report()
            self.report(100 + number, cpu=6)
            self.clock.now += 60
        self.clock.now -= 60
        minutes = self.ask("GET", "/api/server", token=ADMIN).value["minutes"]
        self.assertEqual([each["requests"] for each in minutes], [*range(103, 113)])
        self.assertEqual([each["scores"] for each in minutes], [*range(4, 14)])
        self.assertEqual(minutes[-1]["at"], "2023-11-14T22:25:00Z")
        self.assertEqual((minutes[-1]["connections"], minutes[-1]["batch"]), (5, 112.0))
        # All of them are between two bounds of the histogram.
        self.assertEqual((minutes[-1]["p50_ms"], minutes[-1]["p99_ms"]), (3.75, 4.98))

    def test_no_requests(self) -> None:
        """Without a request there is no time that one took."""
        self.report()
        (minute,) = self.ask("GET", "/api/server", token=ADMIN).value["minutes"]
        self.assertEqual((minute["requests"], minute["batch"]), (0, None))
        self.assertEqual((minute["p50_ms"], minute["p99_ms"]), (None, None))

    def test_cpu(self) -> None:
        """It is a share of one core, of the time that the minute has lasted."""
        self.report(cpu=9)
        self.clock.now += 20
        self.report(cpu=5)
        (minute,) = self.ask("GET", "/api/server", token=ADMIN).value["minutes"]
        self.assertEqual((minute["seconds"], minute["cpu"]), (20, 0.25))

    def test_disk(self) -> None:
        """Without a data file nothing is on disk, and nothing is written."""
        self.report()
        self.submit(1, self.log_in(7), 5)
        self.clock.now += 2
        self.report()
        value = self.ask("GET", "/api/server", token=ADMIN).value
        (minute,) = value["minutes"]
        self.assertEqual((minute["disk_mb"], minute["written"]), (0, 0))
        self.assertIsNone(value["last_sync"])

    def test_after_the_end(self) -> None:
        """A report that comes too late is no error."""
        self.app.close()
        self.report(1)


class DurableServerTest(ServerTest):
    """The same with a data file."""

    is_durable = True

    def test_disk(self) -> None:
        """The data file and its log have a size, and a score that is kept is seen to be written."""
        self.report()
        self.submit(1, self.log_in(7), 5)
        self.clock.now += 2
        self.report()
        value = self.ask("GET", "/api/server", token=ADMIN).value
        (minute,) = value["minutes"]
        size = sum(os.path.getsize(self.path + end) for end in ("", "-wal"))
        self.assertEqual(minute["disk_mb"], round(size / 1e6, 3))
        self.assertGreater(minute["written"], 0)
        self.assertEqual(value["last_sync"], "2023-11-14T22:13:22Z")


if __name__ == "__main__":
    unittest.main()
