"""The store in memory."""

from __future__ import annotations

import unittest

from gameserver.storage.memory.scores import MemoryScores
from tests.scores import contracts


class MemoryTest(contracts.ScoresContract):
    """The scores of all levels, in memory."""

    make = MemoryScores


if __name__ == "__main__":
    unittest.main()
