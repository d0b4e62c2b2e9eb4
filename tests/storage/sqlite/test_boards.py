"""The contract of boards, with a data file that is closed and opened again and again."""

from __future__ import annotations

import unittest

from gameserver.storage.sqlite.batch import Batch
from gameserver.storage.sqlite.scores import SqliteScores
from tests.folder import FolderTestCase
from tests.scores import board_contract


class InFile(FolderTestCase, board_contract.BoardContract):
    """Boards in a data file."""

    def setUp(self) -> None:
        FolderTestCase.setUp(self)
        super(FolderTestCase, self).setUp()  # the next one: that of the contract

    def make(self) -> SqliteScores:
        self.database = self.open()
        # A test need not outlive a power cut.
        self.database.connection.execute("PRAGMA synchronous = OFF")
        return SqliteScores(self.database, self.limits, clock=self.clock)

    def batch(self) -> Batch:
        return self.database.batch()

    def restart(self) -> None:
        self.database.close()
        self.store = self.make()


class PostTest(InFile, board_contract.PostTests):
    """Posts, in a file."""


class RepeatTest(InFile, board_contract.RepeatTests):
    """Requests that are repeated, in a file."""


class ReadingTest(InFile, board_contract.ReadingTests):
    """Reading, in a file."""


class SeasonTest(InFile, board_contract.SeasonTests):
    """Seasons, in a file."""


class LevelTest(InFile, board_contract.LevelTests):
    """Levels, in a file."""


class UserTest(InFile, board_contract.UserTests):
    """Users, in a file."""


class RandomOperationsTest(InFile, board_contract.RandomOperationsTests):
    """Random operations, in a file."""


if __name__ == "__main__":
    unittest.main()
