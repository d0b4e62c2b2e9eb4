"""Batches, transactions, a full disk and a broken one."""

from __future__ import annotations

import sqlite3
import threading
import unittest
from typing import Any

import mock  # noqa: UP026 (the same mock on every Python)

from gameserver.errors import StorageFailed, StorageFull
from gameserver.storage.sqlite import result_codes as storage_errors
from gameserver.storage.sqlite.database import (
    CHECKPOINT_CHANGES,
    PROBE_SECONDS,
    SYNC,
    TOGETHER,
    Database,
)
from gameserver.web.errors import error_response
from tests.folder import FolderTestCase, limit_size
from tests.support import PATIENCE, Clock

ADD = "INSERT INTO score VALUES (1, 0, ?, 10, NULL, NULL)"
BIG = "INSERT INTO secret VALUES (?, zeroblob(100000))"


def failure(code: int) -> sqlite3.OperationalError:
    """An error as SQLite reports it."""
    error = sqlite3.OperationalError("it went wrong")
    error.sqlite_errorcode = code
    error.sqlite_errorname = "SQLITE_TEST"
    return error


class DatabaseTest(FolderTestCase):
    """One connection and one lock."""

    def setUp(self) -> None:
        super().setUp()
        self.clock = Clock()
        self.database = self.open(clock=self.clock)

    def users(self) -> list[int]:
        return sorted(user_id for _, user_id, _ in self.rows())

    def add(self, user_id: int) -> None:
        with self.database.transaction() as connection:
            connection.execute(ADD, (user_id,))

    def test_transaction(self) -> None:
        """What a transaction wrote is there for everybody when it ends."""
        self.add(1)
        self.assertEqual(self.users(), [1])

    def test_exception(self) -> None:
        """An exception undoes all of the transaction, and goes on."""
        with self.assertRaises(ZeroDivisionError), self.database.transaction() as connection:
            connection.execute(ADD, (1,))
            raise ZeroDivisionError
        self.assertEqual(self.users(), [])
        self.add(2)
        self.assertEqual(self.users(), [2])

    def test_batch(self) -> None:
        """Nobody sees anything of a batch before its end, then all of it."""
        with self.database.batch():
            self.add(1)
            self.add(2)
            self.assertEqual(self.users(), [])
        self.assertEqual(self.users(), [1, 2])

    def test_operation_in_batch(self) -> None:
        """An operation that fails is undone alone; the rest of the batch stays."""
        with self.database.batch():
            self.add(1)
            refused = self.assertRaises(sqlite3.IntegrityError)
            with refused, self.database.transaction() as connection:
                connection.execute(ADD, (2,))
                connection.execute(ADD, (1,))
            self.add(3)
        self.assertEqual(self.users(), [1, 3])

    def test_nested_transactions(self) -> None:
        """A transaction inside another is undone with it."""
        with self.assertRaises(ZeroDivisionError), self.database.transaction():
            self.add(1)
            raise ZeroDivisionError
        self.assertEqual(self.users(), [])

    def test_one_at_a_time(self) -> None:
        """While a thread has a batch, others wait."""
        order = []

        def other() -> None:
            with self.database.batch():
                order.append("other")

        thread = threading.Thread(target=other)
        with self.database.batch():
            thread.start()
            order.append("first")
        thread.join(PATIENCE)
        self.assertEqual(order, ["first", "other"])

    def test_durable_settings(self) -> None:
        """A commit is synced, in a write-ahead log, and only the database makes checkpoints."""
        values = {"journal_mode": "wal", "synchronous": 2, "wal_autocheckpoint": 0}
        for name, value in values.items():
            found = self.database.connection.execute(f"PRAGMA {name}").fetchone()
            self.assertEqual(found, (value,), name)

    def test_crash(self) -> None:
        """What was committed is there after a crash; what was not is not."""
        self.add(1)
        with self.database.batch():
            self.add(2)
            self.crash()
            reopened = self.open()
        self.assertEqual(self.users(), [1])
        reopened.close()

    def test_close(self) -> None:
        """After a close the data file is all there is; another close changes nothing."""
        self.add(1)
        self.database.close()
        self.database.close()
        self.assertEqual(list(self.files()), ["game.db"])
        self.assertEqual(self.users(), [1])

    def test_secret(self) -> None:
        """A secret stays the same, and each name has its own."""
        first = self.database.secret("one", 32)
        self.assertEqual(len(first), 32)
        self.assertNotEqual(self.database.secret("other", 32), first)
        self.database.close()
        self.assertEqual(self.open().secret("one", 32), first)

    def test_in_memory(self) -> None:
        """Without a file everything works but outliving the process."""
        database = Database()
        self.addCleanup(database.close)
        with database.transaction() as connection:
            connection.execute(ADD, (1,))
        with database.batch() as connection:
            self.assertEqual(connection.execute("SELECT user FROM score").fetchall(), [(1,)])

    def test_unsynced_batch(self) -> None:
        """It is committed without a sync; the next batch syncs both, even if it only reads."""
        said: list[str] = []
        self.database.connection.set_trace_callback(said.append)
        with self.database.unsynced_batch() as connection:
            connection.execute(ADD, (1,))
        self.assertEqual(said[0], "PRAGMA synchronous = NORMAL")
        self.assertEqual(said[-2:], ["COMMIT", "PRAGMA synchronous = FULL"])
        self.assertEqual(self.users(), [1])
        for expected in (["BEGIN", SYNC, "COMMIT"], ["BEGIN", "COMMIT"]):
            said.clear()
            with self.database.batch():
                pass
            self.assertEqual(said, expected)

    def test_unsynced_batch_that_fails(self) -> None:
        """After an exception it has never been, and what follows is synced as ever."""
        with self.assertRaises(ZeroDivisionError), self.database.unsynced_batch() as connection:
            connection.execute(ADD, (1,))
            raise ZeroDivisionError
        self.assertEqual(self.users(), [])
        (level,) = self.database.connection.execute("PRAGMA synchronous").fetchone()
        self.assertEqual(level, 2)  # FULL

    def test_unsynced_batch_without_room(self) -> None:
        """Where there is no room for it, it is undone; nothing is owed."""
        limit_size(self.database)
        with (
            self.assertLogs("gameserver.storage.sqlite.database"),
            self.assertRaises(StorageFull),
            self.database.unsynced_batch() as connection,
        ):
            connection.execute(BIG, ("filler",))
        self.assertTrue(self.database.full)
        (level,) = self.database.connection.execute("PRAGMA synchronous").fetchone()
        self.assertEqual(level, 2)

    def test_checkpoints(self) -> None:
        """The log is copied into the file now and then, so it does not grow for ever."""
        for _ in range(20):
            with self.database.transaction() as connection:
                rows = [(user_id,) for user_id in range(CHECKPOINT_CHANGES)]
                connection.executemany("REPLACE INTO score VALUES (1, 0, ?, 10, NULL, NULL)", rows)
        log = (self.folder / "game.db-wal").stat().st_size
        self.assertLess(log, 4096 * CHECKPOINT_CHANGES)


    def test_checkpoints_of_unsynced_batches(self) -> None:
        """There are fewer of them, but the log does not grow for ever either."""
        said: list[str] = []
        self.database.connection.set_trace_callback(said.append)
        rows = [(user_id,) for user_id in range(CHECKPOINT_CHANGES)]
        for _ in range(10 * TOGETHER):
            with self.database.unsynced_batch() as connection:
                connection.executemany("REPLACE INTO score VALUES (1, 0, ?, 10, NULL, NULL)", rows)
        count = said.count("PRAGMA wal_checkpoint")
        self.assertTrue(5 <= count <= 20, count)


class FullTest(FolderTestCase):
    """No room: writing is refused, reading goes on."""

    def setUp(self) -> None:
        super().setUp()
        self.clock = Clock()
        self.database = self.open(clock=self.clock)
        self.enterContext(self.assertLogs("gameserver.storage.sqlite.database"))

    def write(self, name: str) -> None:
        with self.database.transaction() as connection:
            connection.execute(BIG, (name,))

    def fill(self) -> None:
        limit_size(self.database)
        with self.assertRaises(StorageFull):
            self.write("first")

    def test_refused(self) -> None:
        """What does not fit is refused, with a word when to come again."""
        limit_size(self.database)
        with self.assertRaises(StorageFull) as caught:
            self.write("first")
        response = error_response(caught.exception)
        self.assertEqual((response.status, response.headers), (503, (("Retry-After", "1"),)))
        self.assertEqual(self.rows("SELECT * FROM secret"), [])

    def test_batch_is_undone(self) -> None:
        """When one operation finds no room, the whole batch is undone."""
        limit_size(self.database)
        with self.assertRaises(StorageFull), self.database.batch() as connection:
            connection.execute(ADD, (1,))
            with self.assertRaises(StorageFull):
                self.write("first")
        self.assertEqual(self.rows(), [])

    def test_reading(self) -> None:
        """While there is no room, reading works and ends quietly."""
        self.fill()
        for _ in range(2):
            with self.database.batch() as connection:
                found = connection.execute("SELECT count(*) FROM secret").fetchone()
                self.assertEqual(found, (0,))

    def test_refused_without_trying(self) -> None:
        """Until the time has come, nothing is tried, even if there is room."""
        self.fill()
        limit_size(self.database, 1000)
        with self.database.batch():  # the one that may be the undone batch again
            pass
        with self.assertRaises(StorageFull):
            self.write("second")

    def test_recovery(self) -> None:
        """When there is room again, writing works after half a second."""
        self.fill()
        limit_size(self.database, 1000)
        with self.database.batch():
            pass
        self.clock.now += PROBE_SECONDS
        self.write("second")
        self.assertEqual(self.rows("SELECT name FROM secret"), [("second",)])
        self.assertFalse(self.database.full)

    def test_still_full(self) -> None:
        """Where there is no room yet, writing stays refused, time after time."""
        self.fill()
        for _ in range(5):
            self.clock.now += PROBE_SECONDS
            with self.assertRaises(StorageFull):
                self.write("second")

    def test_locked_by_another_program(self) -> None:
        """Another program that locks the file is like a disk without room."""
        self.database.connection.execute("PRAGMA busy_timeout = 0")
        other = sqlite3.connect(self.path, isolation_level=None)
        self.addCleanup(other.close)
        other.execute("BEGIN IMMEDIATE")
        with self.assertRaises(StorageFull):
            self.write("first")
        other.execute("ROLLBACK")
        self.clock.now += PROBE_SECONDS
        with self.database.batch():
            pass
        self.write("first")


class Broken:
    """A member whose write fails."""

    def __init__(self, code: int) -> None:
        self.error = failure(code)
        self.restored = 0

    def write(self, connection: sqlite3.Connection) -> None:
        raise self.error

    def committed(self) -> None:
        raise AssertionError("it was not")

    def restore(self, connection: sqlite3.Connection) -> None:
        self.restored += 1


class FailureTest(FolderTestCase):
    """An error after which the file cannot be trusted ends the process."""

    def setUp(self) -> None:
        super().setUp()
        self.database = self.open()
        self.exit = self.enterContext(
            mock.patch("gameserver.storage.sqlite.result_codes.os._exit", side_effect=SystemExit)
        )
        self.enterContext(mock.patch.object(storage_errors, "print", create=True))

    def assert_ends(self, work: Any) -> None:
        critical = self.assertLogs("gameserver.storage.sqlite.result_codes", "CRITICAL")
        with critical, self.assertRaises(SystemExit):
            work()
        self.exit.assert_called_once_with(StorageFailed.EXIT_CODE)

    def test_at_commit(self) -> None:
        """An I/O error of the commit ends the process; nothing is undone or acknowledged."""
        for name in ("SQLITE_IOERR_FSYNC", "SQLITE_IOERR_WRITE", "SQLITE_CORRUPT"):
            with self.subTest(name):
                code = getattr(sqlite3, name)
                self.exit.reset_mock()
                member = Broken(code)
                self.database._members[:] = [member]
                self.assert_ends(self.batch)
                self.assertEqual(member.restored, 0)
                self.database.connection.rollback()

    def batch(self) -> None:
        with self.database.batch():
            pass

    def test_in_operation(self) -> None:
        """So does one in the middle of an operation."""

        def work() -> None:
            with self.database.transaction():
                raise failure(sqlite3.SQLITE_IOERR_READ)

        self.assert_ends(work)

    def test_in_checkpoint(self) -> None:
        """So does one of a checkpoint, which SQLite's own would pass over."""
        connection = mock.Mock(wraps=self.database.connection)
        connection.total_changes = CHECKPOINT_CHANGES

        def execute(statement: str, *values: Any) -> Any:
            if "checkpoint" in statement:
                raise failure(sqlite3.SQLITE_IOERR_FSYNC)
            return mock.DEFAULT

        connection.execute.side_effect = execute
        self.enterContext(mock.patch.object(self.database, "connection", connection))

        def work() -> None:
            with self.database.batch():
                pass

        self.assert_ends(work)

    def test_mistake(self) -> None:
        """A statement that is wrong ends nothing."""
        with self.assertRaises(sqlite3.OperationalError), self.database.transaction() as connection:
            connection.execute("SELECT * FROM nothing")
        self.exit.assert_not_called()


if __name__ == "__main__":
    unittest.main()
