"""Moderation with a data file."""

from __future__ import annotations

import unittest

from gameserver.storage.sqlite.batch import Batch
from gameserver.storage.sqlite.scores import SqliteScores
from tests.folder import FolderTestCase
from tests.scores import moderation_contract


class SqliteTest(FolderTestCase, moderation_contract.ModerationContract):
    """The contract, with restarts."""

    def setUp(self) -> None:
        FolderTestCase.setUp(self)
        moderation_contract.ModerationContract.setUp(self)

    def make(self) -> SqliteScores:
        self.database = self.open()
        self.database.connection.execute("PRAGMA synchronous = OFF")  # no power cut here
        return SqliteScores(self.database, clock=self.clock)

    def batch(self) -> Batch:
        return self.database.batch()

    def restart(self) -> None:
        self.database.close()
        self.start()


if __name__ == "__main__":
    unittest.main()
