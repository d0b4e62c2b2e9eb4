"""The store in memory."""

from __future__ import annotations

import unittest

from gameserver.storage.memory.scores import MemoryScores
from tests.scores import board_contract, contracts


class MemoryTest(contracts.ScoresContract):
    """The scores of all levels, in memory."""

    make = MemoryScores


class InMemory(board_contract.BoardContract):
    """Boards in memory."""

    def make(self) -> MemoryScores:
        return MemoryScores(self.limits, self.clock)


class PostTest(InMemory, board_contract.PostTests):
    """Posts, in memory."""


class RepeatTest(InMemory, board_contract.RepeatTests):
    """Requests that are repeated, in memory."""


class ReadingTest(InMemory, board_contract.ReadingTests):
    """Reading, in memory."""


class SeasonTest(InMemory, board_contract.SeasonTests):
    """Seasons, in memory."""


class LevelTest(InMemory, board_contract.LevelTests):
    """Levels, in memory."""


class UserTest(InMemory, board_contract.UserTests):
    """Users, in memory."""


class RandomOperationsTest(InMemory, board_contract.RandomOperationsTests):
    """Random operations, in memory."""


if __name__ == "__main__":
    unittest.main()
