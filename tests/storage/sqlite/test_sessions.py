"""Stored session keys that are in a data file as well."""

from __future__ import annotations

import unittest
from typing import Any

from gameserver.errors import StorageFull
from gameserver.storage.sqlite.database import PROBE_SECONDS, Database
from gameserver.storage.sqlite.sessions import SqliteSessions
from tests.folder import FolderTestCase, limit_size
from tests.scores import contracts
from tests.support import Clock

KEYS = "SELECT user FROM session_key ORDER BY user"


class InMemoryTest(contracts.SessionsContract):
    """The contract, with a database in memory."""

    def make(self, **options: Any) -> SqliteSessions:
        database = Database()
        self.addCleanup(database.close)
        return SqliteSessions(database, **options)


class SqliteSessionsTest(FolderTestCase):
    """What is there after a restart."""

    def setUp(self) -> None:
        super().setUp()
        self.clock = Clock()
        self.start()

    def start(self) -> None:
        self.database = self.open(clock=self.clock)
        self.sessions = SqliteSessions(self.database, self.clock)

    def log_in(self, user_id: int) -> str:
        with self.database.batch():
            return self.sessions.login(user_id)

    def restart(self) -> None:
        self.database.close()
        self.start()

    def assert_refused(self, key: str) -> None:
        contracts.SessionsContract.assert_refused(self, key)  # type: ignore[arg-type]

    def test_restart(self) -> None:
        """A key is valid after a restart, until its ten minutes are over."""
        key = self.log_in(7)
        self.clock.now += 599
        self.restart()
        self.assertEqual(self.sessions.user_of(key), 7)
        self.clock.now += 1
        self.assert_refused(key)

    def test_only_the_newest(self) -> None:
        """After a restart, too, only the newest key of a user is valid."""
        old = self.log_in(7)
        self.restart()
        new = self.log_in(7)
        self.restart()
        self.assert_refused(old)
        self.assertEqual(self.sessions.user_of(new), 7)

    def test_expired_keys_are_forgotten(self) -> None:
        """The file forgets expired keys, at a start and while the server runs."""
        for user_id in range(6):
            self.log_in(user_id)
        self.clock.now += 600
        self.log_in(10)
        self.log_in(11)
        self.log_in(12)
        self.assertEqual(self.rows(KEYS), [(10,), (11,), (12,)])
        self.clock.now += 600
        self.restart()
        self.assertEqual(self.rows(KEYS), [])

    def test_clock_set_back(self) -> None:
        """A clock that was set back does not make a key live longer than ten minutes."""
        key = self.log_in(7)
        self.clock.now -= 10_000
        self.restart()
        self.clock.now += 600
        self.assert_refused(key)

    def test_full(self) -> None:
        """While there is no room, players can log in; their keys are written when there is."""
        limit_size(self.database)
        with self.assertLogs("gameserver.storage.sqlite.database"):
            with self.assertRaises(StorageFull), self.database.transaction() as connection:
                connection.execute("INSERT INTO secret VALUES ('big', zeroblob(100000))")
            keys = [self.log_in(user_id) for user_id in range(3)]
            self.assertEqual([self.sessions.user_of(key) for key in keys], [0, 1, 2])
            self.assertEqual(self.rows(KEYS), [])
            limit_size(self.database, 1000)
            self.clock.now += PROBE_SECONDS
            self.log_in(3)
        self.restart()
        self.assertEqual([self.sessions.user_of(key) for key in keys], [0, 1, 2])


if __name__ == "__main__":
    unittest.main()
