"""Moderation in memory."""

from __future__ import annotations

import threading
import unittest
from contextlib import AbstractContextManager

from gameserver.storage.memory.moderation import ModeratedScores
from tests.scores import moderation_contract


class MemoryTest(moderation_contract.ModerationContract):
    """The contract."""

    def make(self) -> ModeratedScores:
        self.lock = threading.RLock()
        return ModeratedScores(clock=self.clock)

    def batch(self) -> AbstractContextManager[object]:
        return self.lock


if __name__ == "__main__":
    unittest.main()
