"""Which levels a user has scores in, on small boards and on large ones."""

from __future__ import annotations

import unittest

import mock  # noqa: UP026 (the same mock on every Python)

from gameserver.scores import user_index
from gameserver.scores.values import NORMAL
from gameserver.storage.memory.scores import MemoryScores
from tests.scores import board_contract


class LargeBoards:
    """The contract again, with boards that are large from the fourth player on."""

    def make(self) -> MemoryScores:
        self.enterContext(mock.patch.object(user_index, "SMALL", 3))  # type: ignore[attr-defined]
        return MemoryScores(self.limits, self.clock)  # type: ignore[attr-defined]


class UserTest(LargeBoards, board_contract.UserTests):  # type: ignore[misc]
    """Users."""


class RandomOperationsTest(LargeBoards, board_contract.RandomOperationsTests):  # type: ignore[misc]
    """Random operations."""


class UserIndexTest(unittest.TestCase):
    def test_pairs_of_boards_that_are_gone(self) -> None:
        """A season that is dropped leaves the index little by little."""
        clock = board_contract.Clock(board_contract.MONDAY)
        store = MemoryScores(board_contract.Limits(seasons=0), clock)
        store.configure(1, lambda settings: board_contract.replace(settings, reset="hourly"))
        for user_id in range(100):
            store.submit(1, user_id, 5)
        clock.now += 3600
        for user_id in range(50, 150):
            store.submit(1, user_id, 5)
        for level_id in range(2, 40):
            store.submit(level_id, 1000, 5)
        found = [user_id for user_id in range(150) if list(store._users.levels(user_id))]
        self.assertEqual(found, list(range(50, 150)))

    def test_default_limits(self) -> None:
        """So few boards can be large that asking each of them takes some milliseconds."""
        self.assertLess(NORMAL.scores // user_index.SMALL, 5_000)


if __name__ == "__main__":
    unittest.main()
