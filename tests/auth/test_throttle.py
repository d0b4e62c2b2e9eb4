from __future__ import annotations

import unittest

from gameserver.auth.throttle import LoginThrottle
from gameserver.times import HOUR, MINUTE, SECOND


class LoginThrottleTest(unittest.TestCase):
    def setUp(self):
        self.limit, self.now = LoginThrottle(), 1_000 * HOUR

    def guess(self, right: bool | None = False, name: str = "ann") -> int:
        wait = self.limit.begin(name, self.now)
        if not wait:
            self.limit.end(name, self.now, right)
        return wait

    def test_five_are_free(self):
        """After five failures in a row each further guess has to wait, twice as long each time."""
        waits = []
        for _ in range(12):
            wait = self.guess()
            if wait:
                waits.append(wait // SECOND)
                self.now += wait
                self.assertEqual(self.guess(), 0)
        self.assertEqual(waits, [1, 2, 4, 8, 16, 32, 64])

    def test_the_wait_is_bounded(self):
        """Nobody waits longer than 15 minutes for one failure."""
        longest = 0
        for _ in range(60):
            wait = self.guess()
            longest = max(longest, wait)
            self.now += wait
        self.assertEqual(longest, 15 * MINUTE)

    def test_waiting_guesses_change_nothing(self):
        """A guess that has to wait is not counted."""
        for _ in range(5):
            self.guess()
        for _ in range(1000):
            self.assertEqual(self.guess(), SECOND)
        self.now += SECOND
        self.assertEqual(self.guess(), 0)

    def test_success_starts_anew(self):
        """After a right password five failures are free again."""
        for _ in range(10):
            for _ in range(4):
                self.assertEqual(self.guess(), 0)
            self.assertEqual(self.guess(right=True), 0)

    def test_a_hundred_an_hour(self):
        """Whatever is right in between, no name is guessed at more than 100 times an hour."""
        guesses = 0
        while not (wait := self.guess()):
            guesses += 1
            self.now += SECOND
            self.guess(right=True)
        self.assertEqual(guesses, 100)
        self.now += wait
        self.assertEqual(self.guess(), 0)
        self.assertGreater(self.guess(), 0)

    def test_at_the_same_time(self):
        """Guesses that run at the same time are let in together, a hundred of them at most."""
        begun = [self.limit.begin("ann", self.now) for _ in range(150)]
        self.assertEqual([wait > 0 for wait in begun], [False] * 100 + [True] * 50)
        for _ in range(100):
            self.limit.end("ann", self.now, False)
        self.assertEqual(self.guess(), 15 * MINUTE)

    def test_names_are_apart(self):
        """Failures at one name are nothing to another."""
        for _ in range(6):
            self.guess()
        self.assertEqual(self.guess(name="bob"), 0)

    def test_not_looked_at(self):
        """A guess that the server had no time for is no failure."""
        for _ in range(200):
            self.assertEqual(self.guess(right=None), 0)
