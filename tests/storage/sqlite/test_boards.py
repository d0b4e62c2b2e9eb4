"""The contract of boards, with a data file that is closed and opened again and again."""

from __future__ import annotations

import random
import shutil
import sqlite3
import unittest
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import mock  # noqa: UP026 (the same mock on every Python)

from gameserver.errors import StartError, StorageFull
from gameserver.scores.values import Limits, Post, RequestId
from gameserver.storage.sqlite import schema, scores
from gameserver.storage.sqlite.batch import Batch
from gameserver.storage.sqlite.requests import SqliteRequests
from gameserver.storage.sqlite.scores import SqliteScores
from tests.folder import FolderTestCase, limit_size
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


class FileTest(InFile):
    """What goes to the file and comes back."""

    def test_batch_without_room(self) -> None:
        """A batch without room leaves no trace of anything; what was before stays."""
        self.configure(1, title="One", reset="hourly", times=True)
        self.post(1, Post(1, 5, b"{}"))
        self.submit(2, (1, 5), (2, 6))
        for hour in range(4):
            self.clock.now += 3600
            self.submit(1, (1, hour))
        self.post(1, Post(2, 7), request=RequestId(2, "a", b"d"))
        with self.batch():
            self.store.rename(1, "Ann")
        self.clock.now += 3600
        before, version = self.state(), self.store.overall_version()
        limit_size(self.database)
        logged = self.assertLogs("gameserver.storage.sqlite.database")
        with logged, self.assertRaises(StorageFull), self.batch():
            self.change_everything()
        self.assertEqual(self.state(), before)
        self.assertNotEqual(self.store.overall_version(), version)
        for change in (self.change_everything, lambda: self.store.forget(1)):
            with self.assertRaises(StorageFull), self.batch():
                change()
        self.assertEqual(self.state(), before)
        self.restart()
        self.assertEqual(self.state(), before)

    def test_exception(self) -> None:
        """Neither does one that an exception ends."""
        self.configure(1, title="One")
        self.submit(1, (1, 5), (2, 6))
        before = self.state()
        with self.assertRaises(ZeroDivisionError), self.batch():
            self.change_everything()
            self.store.forget(1)
            raise ZeroDivisionError
        self.assertEqual(self.state(), before)
        self.submit(1, (3, 6))
        self.restart()
        self.assertEqual(self.users(1), [2, 3, 1])

    def change_everything(self) -> None:
        """Changes levels, boards, names and requests, more than a page of each."""
        self.store.submit(1, 9, 9)
        self.store.configure(1, lambda settings: replace(settings, title="Other", min=3))
        self.store.configure(3, lambda settings: replace(settings, title="New", order="asc"))
        self.store.submit(3, 1, 1)
        self.store.remove(2, 1)
        self.store.remove(2, 2)
        request = RequestId(2, "b", b"d")
        self.store.post(5, [Post(2, 1, b"{}"), Post(4, 1)], self.answer, request)
        for user_id in range(300):
            self.store.rename(user_id, f"user {user_id}")
            self.store.submit(4, user_id, 5)

    def state(self) -> object:
        """All that can be read."""
        levels = self.store.levels()
        numbers = [summary.level_id for summary in levels.levels]
        seasons = [(level_id, one.season.name) for level_id in numbers
                   for one in self.store.seasons(level_id)]  # fmt: skip
        return (
            levels, seasons, self.store.gauges(), self.store.users("", 500),
            [self.store.page(*board, 0, 999) for board in seasons],
            [self.store.scores_of(user_id) for user_id in range(10)],
            self.store.levels(q="o"),
        )  # fmt: skip

    def test_outdated_rows(self) -> None:
        """The rows of a season that is kept no longer leave the file little by little."""
        self.configure(1, reset="hourly")
        for hour in range(4):
            self.submit(1, *((user_id, hour) for user_id in range(200)))
            self.clock.now += 3600
        with mock.patch.object(scores, "SLICE", 150):
            self.submit(1, (1, 1))
            counts = []
            for _ in range(4):
                counts.append(len(self.rows()))
                with self.batch():
                    self.store.page(1)
            self.assertEqual(counts, [801, 651, 601, 601])

    def test_outdated_rows_after_a_restart(self) -> None:
        """A process that ends meanwhile leaves them to the next."""
        self.configure(1, reset="hourly")
        for _ in range(5):
            self.submit(1, *((user_id, 7) for user_id in range(10)))
            self.clock.now += 3600
        self.limits = Limits(seasons=1)
        self.restart()
        for _ in range(4):
            with self.batch():
                self.assertEqual(len(self.store.seasons(1)), 3)
        self.assertEqual(len(self.rows()), 20)

    def test_numbered_anew(self) -> None:
        """When a board numbers its entries anew, the file follows."""
        self.submit(1, (1, 5), (2, 5), (3, 9))
        with self.batch():
            self.store._plain[1]._arrivals = 2**33 - 1
        self.submit(1, (4, 5))
        self.submit(1, (5, 5))
        self.restart()
        self.assertEqual(self.users(1), [3, 1, 2, 4, 5])
        self.store._plain[1]._check()

    def test_only_changes_are_written(self) -> None:
        """Reading, and a post that changes nothing, write nothing."""
        self.configure(1, title="One")
        self.post(1, Post(1, 5))
        changes = self.database.connection.total_changes
        self.post(1, Post(1, 4, b"{}"))
        self.submit(1, (1, 5))
        with self.batch():
            self.store.page(1)
            self.store.rank_of(1, 5)
        self.assertEqual(self.database.connection.total_changes, changes)

    def test_most_requests(self) -> None:
        """The oldest of all requests are forgotten when there are too many."""
        requests = SqliteRequests(self.database, most=10)
        for user_id in range(30):
            with self.batch():
                requests.add(user_id, RequestId(1, "a", b"d"), b"answer", 0)
        self.assertEqual(self.rows("SELECT user FROM request"), [(n,) for n in range(20, 30)])

    def test_damaged(self) -> None:
        """A file with settings that are none is refused in one line."""
        for text in ("{", "[]", '{"order": "up"}', '{"colour": 1}', '{"title": 5}', "null"):
            with self.subTest(text):
                self.database.close()
                self.edit(f"REPLACE INTO level VALUES (1, '{text}')")
                with self.assertRaisesRegex(StartError, "damaged"):
                    self.make()


class MigrationTest(FolderTestCase):
    """A file of the first version."""

    def test_version_1(self) -> None:
        """Its scores stand where they stood, and new ones behind those that equal them."""
        shutil.copy(Path(__file__).parent / "version_1.db", self.path)
        for newcomer in (9, 10):
            database = self.open()
            store = SqliteScores(database)
            expected = b"2=200,5=200,1=100,4=100" + b",9=100" * (newcomer > 9) + b",3=0"
            self.assertEqual(store.high_scores(7), expected)
            self.assertEqual(store.gauges(), {"levels": 3, "scores": 15 + newcomer - 9})
            with database.batch():
                store.submit(7, newcomer, 100)
            database.close()

    def test_every_score(self) -> None:
        """Scores and ties of any size keep their order."""
        chance = random.Random(4)
        with closing(sqlite3.connect(self.path, isolation_level=None)) as connection:
            with mock.patch.object(schema, "MIGRATIONS", schema.MIGRATIONS[:1]):
                schema.migrate(connection)
            rows = [
                (level, user, chance.choice((0, 1, 5, 2**30, 2**30 - 1, 2**31 - 1)), user * 7 % 100)
                for level in (0, 2**31 - 1)
                for user in range(100)
            ]
            connection.executemany("INSERT INTO score VALUES (?, ?, ?, ?)", rows)
            schema.migrate(connection)
            store = SqliteScores(self.open())
        for level in (0, 2**31 - 1):
            of_level = [row for row in rows if row[0] == level]
            of_level.sort(key=lambda row: (-row[2], row[3]))
            entries = store.page(level, limit=100).entries
            found = [(level, entry.user_id, entry.score) for entry in entries]
            self.assertEqual(found, [row[:3] for row in of_level])


if __name__ == "__main__":
    unittest.main()
