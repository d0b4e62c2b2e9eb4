"""Tournaments in memory."""

from __future__ import annotations

import unittest

from gameserver.storage.engine import Engine, open_engine
from tests.storage import contracts


class MemoryTest(contracts.TournamentsContract):
    """The contract, in memory."""

    def make_engine(self) -> Engine:
        return open_engine()


if __name__ == "__main__":
    unittest.main()
