"""Data files that can be used, and those that cannot."""

from __future__ import annotations

import os
import random
import sqlite3
import stat
import unittest

import mock  # noqa: UP026 (the same mock on every Python)

from gameserver.errors import StartError
from gameserver.storage.sqlite import datafile, schema
from gameserver.storage.sqlite.database import Database
from tests.folder import FolderTestCase

MORE = (*schema.MIGRATIONS, ("CREATE TABLE more (number INTEGER)", "INSERT INTO more VALUES (7)"))


class DataFileTest(FolderTestCase):
    """What happens before a file is used."""

    def setUp(self) -> None:
        super().setUp()
        self.enterContext(mock.patch.object(datafile, "LOCK_SECONDS", 0))

    def make(self) -> None:
        """A data file with many pages."""
        database = Database(self.path)
        with database.transaction() as connection:
            rows = ((level, user) for level in range(20) for user in range(500))
            connection.executemany("INSERT INTO score VALUES (?, 0, ?, 10, NULL, NULL)", rows)
        database.close()

    def assert_refused(self, reason: str) -> None:
        """One line says why, and the folder is as it was, to the byte."""
        before = self.files()
        with self.assertRaisesRegex(StartError, rf"\A.*{reason}.*\Z"):
            Database(self.path)
        self.assertEqual(self.files(), before)

    def test_new(self) -> None:
        """A new file is made, for this user only; nothing else is left when it is closed."""
        Database(self.path).close()
        self.assertEqual(list(self.files()), ["game.db"])
        self.assertEqual(stat.S_IMODE(os.stat(self.path).st_mode), 0o600)

    def test_half_made(self) -> None:
        """What a crash left of a new file is no obstacle."""
        (self.folder / "game.db-new").write_bytes(b"half")
        Database(self.path).close()
        self.assertEqual(list(self.files()), ["game.db"])

    def test_garbage(self) -> None:
        """A file that is no database is refused."""
        for content in (b"", b"score", random.Random(1).randbytes(20_000), bytes(8192)):
            (self.folder / "game.db").write_bytes(content)
            self.assert_refused("not? a? ?data")

    def test_foreign(self) -> None:
        """Another program's database is refused."""
        self.edit("CREATE TABLE something (of_its INTEGER)")
        self.assert_refused("is not a data file of this server")

    def test_newer(self) -> None:
        """A file of a newer server is refused, and the message names both versions."""
        with mock.patch.object(schema, "MIGRATIONS", MORE):
            self.make()
        newer = len(MORE)
        self.assert_refused(f"has version {newer}, and this one knows versions up to {newer - 1}")

    def test_truncated(self) -> None:
        """A file that was cut anywhere is refused."""
        self.make()
        whole = (self.folder / "game.db").read_bytes()
        for size in (10, 100, 4095, 4096, 5000, len(whole) // 2, len(whole) - 4096, len(whole) - 1):
            (self.folder / "game.db").write_bytes(whole[:size])
            with self.subTest(size=size):
                self.assert_refused("game.db")

    def test_damaged(self) -> None:
        """A file with a page of garbage in its middle is refused."""
        self.make()
        content = bytearray((self.folder / "game.db").read_bytes())
        content[8 * 4096 : 9 * 4096] = random.Random(2).randbytes(4096)
        (self.folder / "game.db").write_bytes(content)
        self.assert_refused("damaged")

    def test_read_only(self) -> None:
        """A file that is marked read-only is refused, for root as well."""
        self.make()
        os.chmod(self.path, 0o444)
        self.assert_refused("is read-only")

    def test_no_file(self) -> None:
        """A folder is no data file, and a folder that is not there has none."""
        self.path = str(self.folder)
        with self.assertRaises(StartError):
            Database(self.path)
        self.path = str(self.folder / "nothing" / "game.db")
        self.assert_refused("No such file or directory")

    def test_no_log(self) -> None:
        """Where SQLite can keep no write-ahead log, nothing starts."""
        connection = mock.Mock()
        connection.execute.return_value.fetchone.return_value = ("delete",)
        with self.assertRaisesRegex(StartError, "write-ahead log"):
            datafile.configure(connection, self.path)

    def test_second_server(self) -> None:
        """While a server has the file, another is refused; afterwards it is not."""
        first = self.open()
        with self.assertRaisesRegex(StartError, "in use by another server"):
            Database(self.path)
        first.close()
        Database(self.path).close()

    def test_link(self) -> None:
        """A second server is refused under another name of the file, too."""
        self.open()
        os.symlink(self.path, self.folder / "link.db")
        with self.assertRaisesRegex(StartError, "in use by another server"):
            Database(str(self.folder / "link.db"))

    def test_lock_left_behind(self) -> None:
        """A lock file whose server was killed is no obstacle."""
        self.make()
        (self.folder / "game.db-lock").touch()
        Database(self.path).close()
        self.assertEqual(list(self.files()), ["game.db"])

    def test_migration(self) -> None:
        """A file of an older server gets the newer tables, and keeps what it has."""
        self.make()
        with mock.patch.object(schema, "MIGRATIONS", MORE):
            Database(self.path).close()
        self.assertEqual(self.rows("SELECT number FROM more"), [(7,)])
        self.assertEqual(self.rows("PRAGMA user_version"), [(len(MORE),)])
        self.assertEqual(self.rows("SELECT count(*) FROM score"), [(10_000,)])

    def test_failed_migration(self) -> None:
        """A step that fails leaves nothing of itself, nor of the steps before it."""
        self.make()
        steps = (*MORE, ("CREATE TABLE last (number INTEGER)", "INSERT INTO nowhere VALUES (1)"))
        with mock.patch.object(schema, "MIGRATIONS", steps), self.assertRaises(StartError):
            Database(self.path)
        self.assertEqual(self.rows("PRAGMA user_version"), [(len(MORE) - 1,)])
        tables = self.rows("SELECT name FROM sqlite_master WHERE name IN ('more', 'last')")
        self.assertEqual(tables, [])

    def test_reading_beside_a_server(self) -> None:
        """A reader sees what is committed, writes nothing and makes no checkpoint."""
        database = self.open()
        with database.transaction() as connection:
            connection.execute("INSERT INTO score VALUES (1, 0, 2, 3, NULL, NULL)")
        before = self.files()["game.db"], self.files()["game.db-wal"]
        with datafile.reading(self.path) as reader:
            self.assertEqual(reader.execute("SELECT count(*) FROM score").fetchone(), (1,))
            with self.assertRaises(sqlite3.OperationalError):
                reader.execute("DELETE FROM score")
        self.assertEqual((self.files()["game.db"], self.files()["game.db-wal"]), before)


if __name__ == "__main__":
    unittest.main()
