"""How often an address may do something within an hour."""

from __future__ import annotations

import unittest

import mock  # noqa: UP026 (the same mock on every Python)

from gameserver.auth import quotas
from gameserver.times import HOUR, MINUTE


class QuotaTest(unittest.TestCase):
    def setUp(self) -> None:
        self.quota = quotas.Quota(3)

    def count(self, *moments: int, address: str = "a") -> None:
        for moment in moments:
            self.quota.count(address, moment)

    def test_any_hour(self) -> None:
        """The hour is the last one, and not that of the clock."""
        self.count(0, 50 * MINUTE, 59 * MINUTE)
        self.assertEqual(self.quota.wait("a", 59 * MINUTE), MINUTE)
        self.assertEqual(self.quota.wait("a", HOUR), 0)
        self.count(HOUR)
        self.assertEqual(self.quota.wait("a", HOUR), 50 * MINUTE)

    def test_asking_counts_nothing(self) -> None:
        """Only what was done counts."""
        for _ in range(10):
            self.assertEqual(self.quota.wait("a", 0), 0)

    def test_addresses(self) -> None:
        """One address has nothing to do with another."""
        self.count(0, 0, 0)
        self.assertEqual((self.quota.wait("a", 0), self.quota.wait("b", 0)), (HOUR, 0))

    def test_bounded(self) -> None:
        """The addresses that did it last are remembered."""
        with mock.patch.object(quotas, "REMEMBERED_ADDRESSES", 2):
            self.count(0, 0, 0, address="a")
            self.count(0, 0, 0, address="b")
            self.count(0, address="a")
            self.count(0, address="c")
        self.assertEqual([self.quota.wait(address, 0) for address in "abc"], [HOUR, 0, 0])


if __name__ == "__main__":
    unittest.main()
