"""The parent of the processes, when the system has no room for another one."""

from __future__ import annotations

import errno
import os
import unittest
from collections.abc import Callable
from typing import Any

import mock  # noqa: UP026 (the same mock on every Python)

from gameserver.errors import StartError
from gameserver.processes.forked import RETRY_SECONDS, ForkedServer
from gameserver.processes.lifeline import Lifeline
from gameserver.processes.owner import Owner
from gameserver.server.listeners import open_listeners
from tests.support import Clock, make_app, router

NO_ROOM = BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")


class ForkTest(unittest.TestCase):
    """A server with two workers whose `fork` fails; what it does not fork are only numbers."""

    def setUp(self) -> None:
        self.clock = Clock()
        time = mock.Mock(monotonic=self.clock)
        self.enterContext(mock.patch("gameserver.processes.forked.time", time))
        self.fork = self.enterContext(mock.patch("os.fork"))
        self.enterContext(mock.patch("os.waitpid", return_value=(0, 0)))
        self.server = ForkedServer(make_app, router, open_listeners("127.0.0.1", 0), 2)
        self.addCleanup(self.server.server_close)
        self.owner = mock.Mock(alive=True)
        self.server._owner = self.owner

    def intervals(self, count: int) -> list[str]:
        """Lets intervals pass; returns what is logged."""
        with self.assertLogs("gameserver") as logged:
            for _ in range(count):
                self.server.service_actions()
                self.clock.now += RETRY_SECONDS
        return logged.output

    def test_worker(self) -> None:
        """A worker that cannot be started is tried again."""
        self.fork.side_effect = [NO_ROOM, NO_ROOM, 1001, NO_ROOM, 1002]
        output = self.intervals(4)
        self.assertEqual(self.server.active_children, {1001, 1002})
        self.assertEqual(len(output), 3)
        self.assertIn("cannot start a worker: Resource temporarily unavailable", output[0])

    def test_not_in_a_frenzy(self) -> None:
        """Not at each interval."""
        self.fork.side_effect = NO_ROOM
        with self.assertLogs("gameserver"):
            for _ in range(5):
                self.server.service_actions()
        self.assertEqual(self.fork.call_count, 1)

    def test_owner(self) -> None:
        """So is the owner; its loss is told once, and workers come after it."""
        self.owner.alive = False
        self.owner.start.side_effect = [StartError("no room"), StartError("no room"), None]
        self.fork.side_effect = [1001, 1002]
        output = self.intervals(3)
        self.assertEqual(sum("is lost" in line for line in output), 1)
        self.assertEqual(sum("no room; trying again" in line for line in output), 2)
        self.assertEqual(len(self.server.active_children), 2)


class OwnerStartTest(unittest.TestCase):
    """An owner that cannot be started."""

    def start(self, make_app: Callable[[], Any] = make_app) -> str:
        """What it says; descriptors are not lost."""
        owner = Owner(make_app, Lifeline(), [])
        before = set(os.listdir("/dev/fd"))
        with self.assertRaises(StartError) as raised:
            owner.start()
        # Threads that other tests have left may close theirs meanwhile.
        self.assertLessEqual(set(os.listdir("/dev/fd")), before)
        self.assertFalse(owner.alive)
        return str(raised.exception)

    def test_fork(self) -> None:
        """There is no room for its process."""
        with mock.patch("os.fork", side_effect=NO_ROOM):
            reason = self.start()
        self.assertEqual(
            reason, "cannot start the owner of the scores: Resource temporarily unavailable"
        )

    def test_pipe(self) -> None:
        """There are too many open files; the owner before it has ended."""
        owner = Owner(make_app, Lifeline(), [])
        with (
            mock.patch("os.pipe", side_effect=OSError(errno.EMFILE, "Too many open files")),
            self.assertRaisesRegex(StartError, "Too many open files"),
        ):
            owner.start()


if __name__ == "__main__":
    unittest.main()
