"""Moderation with a data file."""

from __future__ import annotations

import itertools
import unittest

from gameserver.errors import StorageFull
from gameserver.scores.moderation import Moderation
from gameserver.storage.sqlite.batch import Batch
from gameserver.storage.sqlite.database import SYNC
from gameserver.storage.sqlite.scores import SqliteScores
from tests.folder import SCORES, FolderTestCase, limit_size
from tests.scores import moderation_contract
from tests.scores.moderation_contract import ADMIN


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

    def test_full_disk(self) -> None:
        """A removal for which there is no room stops where it is; the next start finishes it."""
        self.submit(1, *((user, user) for user in range(3000)))
        self.moderation._clock = itertools.count().__next__  # type: ignore[assignment]
        limit_size(self.database)
        logged = self.assertLogs("gameserver.storage.sqlite.database")
        with logged, self.assertRaises(StorageFull):
            self.moderation.remove_level(ADMIN, 1)
        self.assertTrue(0 < self.players() < 3000)
        self.assertEqual(len(self.rows(f"{SCORES} WHERE level = 1")), self.players())
        self.restart()
        self.assertEqual(self.players(), 0)
        self.assertEqual(self.moderation.undo(ADMIN, 1), 3000)

    def test_durable_at_the_end(self) -> None:
        """Slices are not synced; all of them are when the answer comes."""
        self.submit(1, *((user, user) for user in range(3000)))
        said: list[str] = []
        self.database.connection.set_trace_callback(said.append)
        moderation = Moderation(
            self.store, self.batch, self.clock, itertools.count().__next__, lambda pause: None,
            slice_batch=self.database.unsynced_batch,
        )  # fmt: skip
        moderation.remove_level(ADMIN, 1)
        self.assertGreater(said.count("PRAGMA synchronous = NORMAL"), 50)
        self.assertEqual(said[-2:], [SYNC, "COMMIT"])
        self.assertLess(
            len(said) - said[::-1].index("PRAGMA synchronous = FULL"), said.index(SYNC) + 1
        )

    def players(self) -> int:
        with self.batch():
            return self.store.summary(1).players


if __name__ == "__main__":
    unittest.main()
