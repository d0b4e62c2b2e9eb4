"""A server whose Redis comes and goes: 503 for what needs it, and all else as ever."""

from __future__ import annotations

import os
import signal
import unittest
from typing import ClassVar

from tests.integration.contract import FrontEndTestCase, new_number
from tests.procfs import stop_process
from tests.raw_client import Reply, request_bytes
from tests.redis_server import RedisServer, require_redis
from tests.support import run_together, wait_until

LISTS = "/api/tournaments/all"
ASK = request_bytes("GET", LISTS)
"""What needs the store."""


class FaultsContract(FrontEndTestCase):
    """A Redis of one's own, behind a server that has used it."""

    redis: ClassVar[RedisServer]

    @classmethod
    def setUpClass(cls) -> None:
        require_redis()
        cls.redis = RedisServer()
        cls.addClassCleanup(cls.redis.close)
        cls.flags = (*cls.flags, "--store", cls.redis.url)
        super().setUpClass()

    def setUp(self) -> None:
        super().setUp()
        self.assert_back()

    def assert_refused(self, reply: Reply) -> None:
        self.assertEqual(reply.status, 503, reply)
        self.assertEqual(reply.headers["retry-after"], "1")

    def assert_away(self) -> None:
        """Whoever needs the store is told to wait, and nobody else is."""
        wait_until(lambda: self.get(LISTS).status == 503)
        replies = run_together(lambda _: self.connect().ask(ASK), 16)
        for reply in replies:
            self.assert_refused(reply)
        for target in ("/7/login", "/healthz", "/metrics", "/"):
            with self.subTest(target=target):
                self.assertEqual(self.get(target).status, 200)

    def assert_back(self) -> None:
        """All is as ever, whichever process a client meets; each finds out by itself."""
        level, user = new_number(), new_number()
        for score in range(4):
            self.client = self.connect()
            wait_until(lambda: self.get(LISTS).status == 200)
            self.assertEqual(self.submit(level, self.log_in(user), score), 200)
            self.assertEqual(self.scores(level), b"%d=%d" % (user, score))

    def test_stopped(self) -> None:
        """It hangs."""
        stop_process(self.redis.pid)
        try:
            self.assert_away()
        finally:
            os.kill(self.redis.pid, signal.SIGCONT)
        self.assert_back()

    def test_gone(self) -> None:
        """It is gone, and comes back without anything that was in it."""
        self.redis.kill()
        try:
            self.assert_away()
        finally:
            self.redis.start()
        self.assert_back()

    def test_password_changed(self) -> None:
        """It lets nobody in any more."""
        self.redis.kill()
        self.redis.start("--requirepass", "another")
        try:
            self.assert_away()
        finally:
            self.redis.kill()
            self.redis.start()
        self.assert_back()


class ThreadedTest(FaultsContract):
    """One process."""

    flags = ("--threaded",)


class ForkedTest(FaultsContract):
    """Several processes."""

    flags = ("--max_proc", "2")


del FaultsContract

if __name__ == "__main__":
    unittest.main()
