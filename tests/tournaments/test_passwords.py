from __future__ import annotations

import threading
import unittest

from gameserver.tournaments.errors import Refused
from gameserver.tournaments.passwords import Cost, Gate, Passwords
from tests.support import PATIENCE, wait_until
from tests.tournaments.world import CHEAP


class PasswordsTest(unittest.TestCase):
    def test_right_and_wrong(self):
        """A password is right where it was hashed, and nothing is right without a hash."""
        passwords = Passwords(CHEAP)
        kept = passwords.hashed("correct horse")
        self.assertTrue(passwords.is_right("correct horse", kept))
        self.assertFalse(passwords.is_right("correct horsf", kept))
        self.assertFalse(passwords.is_right("correct horse", None))

    def test_salt(self):
        """The same password is never hashed to the same text."""
        passwords = Passwords(CHEAP)
        self.assertNotEqual(passwords.hashed("correct horse"), passwords.hashed("correct horse"))

    def test_default_cost(self):
        """By default a hash costs N=2^15, r=8, p=3, and says so."""
        self.assertEqual(Cost(), (32768, 8, 3))
        kept = Passwords().hashed("correct horse")
        self.assertRegex(kept, r"scrypt:32768:8:3:[0-9a-f]{32}:[0-9a-f]{128}")

    def test_old_costs_still_work(self):
        """A hash is checked at the cost that it was made with."""
        kept = Passwords(CHEAP).hashed("correct horse")
        self.assertTrue(Passwords(Cost(4, 1, 1)).is_right("correct horse", kept))


class GateTest(unittest.TestCase):
    def test_bounds(self):
        """Two of four get in or wait, the others are refused; those who wait get through."""
        gate, leave, results = Gate(slots=1, queue=1), threading.Event(), []

        def knock():
            try:
                with gate.passage():
                    leave.wait(PATIENCE)
                    results.append("passed")
            except Refused as refused:
                results.append(refused.response())

        threads = [threading.Thread(target=knock) for _ in range(4)]
        for thread in threads:
            thread.start()
        wait_until(lambda: len(results) == 2)
        for reply in results:
            self.assertEqual((reply.status, reply.headers), (503, (("Retry-After", "1"),)))
        leave.set()
        for thread in threads:
            thread.join(PATIENCE)
        self.assertEqual(results[2:], ["passed", "passed"])
