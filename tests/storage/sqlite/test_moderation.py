"""Moderation with a data file."""

from __future__ import annotations

import unittest

from gameserver.storage.sqlite.batch import Batch
from gameserver.storage.sqlite.scores import SqliteScores
from tests.folder import FolderTestCase
from tests.scores.moderation_contract import ModerationContract


class SqliteTest(FolderTestCase, ModerationContract):
    """The contract, with restarts."""

    def setUp(self) -> None:
        FolderTestCase.setUp(self)
        ModerationContract.setUp(self)

    def make(self) -> SqliteScores:
        self.database = FolderTestCase.open(self, clock=self.clock)
        self.database.connection.execute("PRAGMA synchronous = OFF")  # no power cut here
        return SqliteScores(self.database, clock=self.clock)

    def open(self) -> None:  # type: ignore[override]
        ModerationContract.open(self)

    def batch(self) -> Batch:
        return self.database.batch()

    def restart(self) -> None:
        self.database.close()
        self.open()


del ModerationContract

if __name__ == "__main__":
    unittest.main()
