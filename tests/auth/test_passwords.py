from __future__ import annotations

import threading
import unittest

import mock  # noqa: UP026 (the same mock on every Python)

from gameserver.auth.passwords import Cost, N, Passwords, Workers
from gameserver.errors import Refused
from gameserver.web.errors import error_response
from tests.support import PATIENCE, wait_until
from tests.tournaments.world import CHEAP


class PasswordsTest(unittest.TestCase):
    def test_right_and_wrong(self):
        """A password is right where it was hashed, and nothing is right without a hash."""
        passwords = Passwords(CHEAP)
        kept = passwords.hash("correct horse")
        self.assertTrue(passwords.verify("correct horse", kept))
        self.assertFalse(passwords.verify("correct horsf", kept))
        self.assertFalse(passwords.verify("correct horse", None))

    def test_salt(self):
        """The same password is never hashed to the same text."""
        passwords = Passwords(CHEAP)
        self.assertNotEqual(passwords.hash("correct horse"), passwords.hash("correct horse"))

    def test_default_cost(self):
        """By default a hash costs N=2^15, r=8, p=3, and says so."""
        self.assertEqual(Cost(N), (32768, 8, 3))
        kept = Passwords().hash("correct horse")
        self.assertRegex(kept, r"scrypt:32768:8:3:[0-9a-f]{32}:[0-9a-f]{128}")

    def test_old_costs_still_work(self):
        """A hash is checked at the cost that it was made with."""
        kept = Passwords(CHEAP).hash("correct horse")
        self.assertTrue(Passwords(Cost(4, 1, 1)).verify("correct horse", kept))


class WorkersTest(unittest.TestCase):
    def test_bounds(self):
        """Of four, one is at work and one waits; the others are refused for the moment."""
        workers, leave, results = Workers(threads=1, queue=1), threading.Event(), []

        def work() -> bytes:
            leave.wait(PATIENCE)
            return b"done"

        def ask():
            try:
                results.append(workers.run(work))
            except Refused as refused:
                results.append(error_response(refused))

        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads:
            thread.start()
        wait_until(lambda: len(results) == 2)
        for reply in results:
            self.assertEqual((reply.status, reply.headers), (503, (("Retry-After", "1"),)))
        leave.set()
        for thread in threads:
            thread.join(PATIENCE)
        self.assertEqual(results[2:], [b"done", b"done"])

    def test_no_idle_time(self):
        """What the idle threads do not get done in time is done by the others."""
        workers, leave = Workers(threads=1, queue=1, patience=0.01), threading.Event()
        first = threading.Event()

        def starved() -> bytes:
            if not first.is_set():
                first.set()
                leave.wait(PATIENCE)
            return b"done"

        self.assertEqual(workers.run(starved), b"done")
        self.assertEqual(workers.run(lambda: b"next"), b"next")
        leave.set()

    def test_no_thread(self):
        """Where no thread can be started it is as if too much waited, and costs no place."""
        workers = Workers(threads=1, queue=0)
        error = RuntimeError("can't start new thread")
        with (
            mock.patch("threading.Thread.start", side_effect=error),
            self.assertLogs("gameserver", "ERROR"),
        ):
            for _ in range(3):
                with self.assertRaises(Refused):
                    workers.run(lambda: b"done")
        self.assertEqual(workers.run(lambda: b"done"), b"done")

    def test_errors_come_back(self):
        """What goes wrong in a worker goes wrong for who has asked, and the worker goes on."""
        workers = Workers(threads=1, queue=0)
        for _ in range(3):
            with self.assertRaises(ZeroDivisionError):
                workers.run(lambda: 1 // 0)
        self.assertEqual(workers.run(lambda: b"done"), b"done")
