"""Stored session keys that are in the data file as well (`--store_tokens` with `--data`)."""

from __future__ import annotations

import secrets
import sqlite3

from gameserver.auth.claim_store import ClaimStore
from gameserver.auth.sessions import LIFETIME_MS, Randomness
from gameserver.numbers import MAX_NUMBER
from gameserver.storage.memory.sessions import MemorySessions
from gameserver.storage.sqlite.database import Database
from gameserver.times import Clock, server_clock

KEEP = "REPLACE INTO session_key VALUES (?, ?, ?)"
FORGET = "DELETE FROM session_key WHERE user = ?"
IN_ORDER = "SELECT user, key, expiry FROM session_key WHERE expiry > ? ORDER BY expiry, rowid"


class SqliteSessions(MemorySessions):
    """Keys that outlive the process.

    `_unwritten` holds the changes that the file does not have yet: a user's new key, or None when
    the key has been freed. While nothing can be stored, logins go on, and their keys wait in
    memory.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock = server_clock,
        randomness: Randomness = secrets.token_bytes,
        claims: ClaimStore | None = None,
    ) -> None:
        super().__init__(clock, randomness, claims)
        self._database = database
        self._unwritten: dict[int, tuple[str, float] | None] = {}
        now = clock() * 1000
        with database.batch() as connection:
            for user_id, key, expiry in connection.execute(IN_ORDER, (now,)):
                # A claim may have been written after the key that it has ended.
                if self._is_admitted(user_id, key, expiry):
                    # A clock that was set back must not make a key live longer.
                    self._keys[user_id] = key, min(expiry, now + LIFETIME_MS)
        with database.transaction() as connection:
            connection.execute("DELETE FROM session_key WHERE expiry <= ?", (now,))
        database.join(self)

    def login(self, user_id: int, since: int = 0) -> str:
        key = super().login(user_id, since)
        user_id &= MAX_NUMBER
        self._unwritten[user_id] = self._keys[user_id]
        return key

    def _drop(self, user_id: int) -> None:
        super()._drop(user_id)
        self._unwritten[user_id] = None

    # As a member of the database

    def write(self, connection: sqlite3.Connection) -> None:
        if not any(self._unwritten.values()):
            return  # the freed ones can wait for the next login
        freed = [(user_id,) for user_id, entry in self._unwritten.items() if not entry]
        made = [(user_id, *entry) for user_id, entry in self._unwritten.items() if entry]
        connection.executemany(FORGET, freed)
        connection.executemany(KEEP, made)

    def committed(self) -> None:
        if any(self._unwritten.values()):
            self._unwritten.clear()

    def restore(self, connection: sqlite3.Connection) -> None:
        """Nothing: a key that was not handed out does no harm."""
