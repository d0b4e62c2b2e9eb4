"""The store in memory."""

from __future__ import annotations

import unittest

from gameserver.scores.memory import MemoryStore
from tests.scores import contracts


class MemoryTest(contracts.ScoresContract):
    """The scores of all levels, in memory."""

    make = MemoryStore


if __name__ == "__main__":
    unittest.main()
