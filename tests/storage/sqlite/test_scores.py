"""The store whose scores are in a data file as well."""

from __future__ import annotations

import random
import unittest

from gameserver.errors import StartError, StorageFull
from gameserver.storage.sqlite.batch import Batch
from gameserver.storage.sqlite.database import PROBE_SECONDS, Database
from gameserver.storage.sqlite.scores import SqliteScores
from tests.folder import FolderTestCase, limit_size
from tests.scores import contracts
from tests.support import Clock


class InMemoryTest(contracts.ScoresContract):
    """The contract, with a database in memory."""

    def make(self) -> SqliteScores:
        self.database = Database()
        self.addCleanup(self.database.close)
        return SqliteScores(self.database)

    def batch(self) -> Batch:
        return self.database.batch()


class SqliteTest(FolderTestCase, contracts.ScoresContract):
    """The contract, with a file; and what is there after a restart."""

    def setUp(self) -> None:
        FolderTestCase.setUp(self)
        self.clock = Clock()
        contracts.ScoresContract.setUp(self)
        # A test need not outlive a power cut.
        self.database.connection.execute("PRAGMA synchronous = OFF")

    def make(self) -> SqliteScores:
        self.database = self.open(clock=self.clock)
        return SqliteScores(self.database)

    def batch(self) -> Batch:
        return self.database.batch()

    def restart(self) -> None:
        self.database.close()
        self.store = self.make()

    def test_restart(self) -> None:
        """Scores are there again after a restart, ties in their order."""
        self.submit(1, (9, 10), (3, 10), (6, 10), (4, 99))
        self.submit(2, (9, 1))
        self.restart()
        self.assert_scores(1, b"4=99,9=10,3=10,6=10")
        self.assert_scores(2, b"9=1")

    def test_ties_across_restarts(self) -> None:
        """Who catches up after a restart stands behind those from before."""
        self.submit(1, (9, 10), (5, 3))
        self.restart()
        self.submit(1, (3, 10), (5, 10))
        self.restart()
        self.submit(1, (1, 10))
        self.restart()
        self.assert_scores(1, b"9=10,3=10,5=10,1=10")

    def test_ties_in_a_batch(self) -> None:
        """In a batch the order is that of the scores, however often a user improves."""
        with self.database.batch():
            self.submit(1, (9, 5), (3, 10), (9, 10), (1, 10), (9, 8))
        self.restart()
        self.assert_scores(1, b"3=10,9=10,1=10")

    def test_random_restarts(self) -> None:
        """After a restart at any time every list is what it was."""
        chance = random.Random(8)
        for _ in range(20):
            with self.database.batch():
                for _ in range(100):
                    self.store.submit(*map(chance.randrange, (5, 30, 40)))
            before = [self.store.high_scores(level_id) for level_id in range(5)]
            self.restart()
            self.assertEqual([self.store.high_scores(n) for n in range(5)], before)

    def test_only_improvements_are_written(self) -> None:
        """A score that does not improve writes nothing."""
        self.submit(1, (9, 10))
        changes = self.database.connection.total_changes
        self.submit(1, (9, 10), (9, 3))
        self.assertEqual(self.database.connection.total_changes, changes)

    def test_full(self) -> None:
        """A batch without room leaves no trace in memory; the scores before it stay."""
        self.submit(1, (9, 10), (3, 10))
        limit_size(self.database)
        logged = self.assertLogs("gameserver.storage.sqlite.database")
        with logged, self.assertRaises(StorageFull), self.database.batch():
            self.submit(1, (1, 99), (3, 50))
            self.submit(2, *((user_id, 5) for user_id in range(1000)))
            self.assert_scores(1, b"1=99,3=50,9=10")
        self.assert_scores(1, b"9=10,3=10")
        self.assert_scores(2, b"")
        with self.assertRaises(StorageFull):
            self.submit(1, (1, 99))
        self.assert_scores(1, b"9=10,3=10")

    def test_room_again(self) -> None:
        """When there is room again, scores are taken as before, behind earlier ties."""
        self.test_full()
        limit_size(self.database, 1000)
        self.clock.now += PROBE_SECONDS
        with self.assertLogs("gameserver.storage.sqlite.database"):
            self.submit(1, (9, 10))  # would be the undone batch again
            self.submit(1, (1, 10))
        self.restart()
        self.assert_scores(1, b"9=10,3=10,1=10")

    def test_exception_in_a_batch(self) -> None:
        """A batch that an exception ends leaves no trace either."""
        self.submit(1, (9, 10))
        with self.assertRaises(ZeroDivisionError), self.database.batch():
            self.submit(1, (3, 50))
            raise ZeroDivisionError
        self.assert_scores(1, b"9=10")
        self.assertEqual(self.rows(), [(1, 9, 10)])

    def test_damaged_scores(self) -> None:
        """A file with numbers that are no scores is refused."""
        for row in (
            "1, 0, 2, 'x'", "1, 0, -2, 1", "1, 0, 2147483648, 1", "1, 7, 2, 1", "1, 0, 'x', 1",
        ):  # fmt: skip
            with self.subTest(row):
                self.database.close()
                self.edit("DELETE FROM score")
                self.edit(f"INSERT INTO score VALUES ({row}, NULL, NULL)")
                self.database = self.open()
                with self.assertRaisesRegex(StartError, "damaged"):
                    SqliteScores(self.database)


if __name__ == "__main__":
    unittest.main()
