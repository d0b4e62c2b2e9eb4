"""How many tournaments a host may make in an hour."""

from __future__ import annotations

import unittest

from gameserver.errors import Refused
from gameserver.times import HOUR, SECOND
from gameserver.tournaments.creation_limit import MAX_PER_HOUR, CreationLimit


class CreationLimitTest(unittest.TestCase):
    """The limit, at a clock that goes on a second with each tournament."""

    def setUp(self) -> None:
        self.limit = CreationLimit()

    def make(self, now: int, host_id: int = 1) -> int:
        """How long to wait; 0 if it is made."""
        try:
            with self.limit.place(host_id) as take:
                take(now)
                take(now)  # an engine may ask again
                return 0
        except Refused as error:
            self.assertEqual(error.code, "too_many_tournaments")
            return error.wait

    def test_in_any_hour(self) -> None:
        """Sixty in any hour; then one for each that is an hour old."""
        for number in range(MAX_PER_HOUR):
            self.assertEqual(self.make(number * SECOND), 0)
        self.assertEqual(self.make(MAX_PER_HOUR * SECOND), HOUR - MAX_PER_HOUR * SECOND)
        self.assertEqual(self.make(HOUR - 1), 1)
        self.assertEqual([self.make(HOUR), self.make(HOUR)], [0, SECOND])

    def test_others(self) -> None:
        """The limit is each host's own."""
        for _ in range(MAX_PER_HOUR):
            self.make(0)
        self.assertEqual(self.make(0, host_id=2), 0)

    def test_failures(self) -> None:
        """What was not made is not counted."""
        for _ in range(2 * MAX_PER_HOUR):
            with self.assertRaises(ZeroDivisionError), self.limit.place(1) as take:
                take(0)
                raise ZeroDivisionError
        self.assertEqual(self.make(0), 0)


if __name__ == "__main__":
    unittest.main()
