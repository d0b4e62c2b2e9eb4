"""What several processes count together, where none of them owns the state."""

from __future__ import annotations

import socket
import threading
import unittest
from multiprocessing.connection import Connection

import mock  # noqa: UP026 (the same mock on every Python)

from gameserver.monitoring.metrics import Counters, Metrics
from gameserver.processes import lines as lines_module
from gameserver.processes.line import Line
from gameserver.processes.lines import Lines
from gameserver.processes.shared import Desk, Distant
from gameserver.server.loop import EVENT_READ, Loop
from gameserver.web.errors import Overloaded
from tests.support import PATIENCE


class Counted(Metrics):
    """Metrics with a property."""

    seen = 5


class DeskTest(unittest.TestCase):
    """Two workers in this thread; their parent's loop is in another one."""

    def setUp(self) -> None:
        self.enterContext(mock.patch.object(lines_module, "ANSWER_SECONDS", PATIENCE))
        self.metrics, self.loop = Counted(), Loop()
        self.addCleanup(self.loop.close)
        self.workers = [self.worker(), self.worker()]
        self.stopped = False
        self.thread = threading.Thread(target=self.run_loop)
        self.thread.start()
        self.addCleanup(self.stop)

    def worker(self) -> Distant:
        parents, own = socket.socketpair()
        desk = Desk(parents, self.loop, self.metrics)
        self.loop.watch(desk, EVENT_READ)
        line = Line(Connection(own.detach()))
        line.set_patience(0.05)
        self.addCleanup(line.close)
        return Distant(Counted, Lines(lambda patience, lines=[line]: lines.pop()).ask)

    def run_loop(self) -> None:
        while not self.stopped:
            for source in self.loop.wait(0.02):
                source.ready()

    def stop(self) -> None:
        self.stopped = True
        self.thread.join(PATIENCE)

    def test_sum(self) -> None:
        """What the workers report is added up, and each of them can have the sum."""
        for number, worker in enumerate(self.workers):
            counters = Counters()
            counters.requests["/metrics", 200] += number + 1
            worker.report(number, 10, counters)
        for worker in self.workers:
            text = worker.text({"levels": 3})
            self.assertIn('requests_total{route="/metrics",status="200"} 3\n', text)
            self.assertIn("gameserver_connections 20\n", text)
            self.assertIn("gameserver_levels 3\n", text)

    def test_attribute(self) -> None:
        """What is no method is fetched."""
        self.assertEqual(self.workers[0].seen, 5)

    def test_no_answer(self) -> None:
        """Where the parent is gone, who asks is told to wait; others are not disturbed."""

        def away(patience: float) -> Line:
            raise ConnectionRefusedError

        worker = Distant(Counted, Lines(away).ask)
        with self.assertLogs("gameserver"), self.assertRaises(Overloaded):
            worker.text({})
        self.assertIn("gameserver_connections 0\n", self.workers[1].text({}))


if __name__ == "__main__":
    unittest.main()
