"""Claims to users, in memory and in the data file."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from gameserver.auth.claim_store import Claim
from gameserver.storage.memory.claims import MemoryClaims
from gameserver.storage.sqlite.database import Database

HASH_KEY, KEY_SIZE = "secrets of users", 32
"""What secrets are hashed with, as a `Database.secret`."""
HASH_SIZE = 16

KEEP = "REPLACE INTO claim VALUES (?, ?, ?, ?)"
REMOVE = "DELETE FROM claim WHERE user = ?"
ALL = "SELECT user, secret, since, kept FROM claim ORDER BY since, user"
OF_USER = "SELECT user, secret, since, kept FROM claim WHERE user = ?"

Row = tuple[int, bytes | None, int, int]


class SqliteClaims(MemoryClaims):
    """A `ClaimStore` that outlives the process."""

    def __init__(self, database: Database) -> None:
        super().__init__(database.lock, database.secret(HASH_KEY, KEY_SIZE))
        self._database = database
        self._changed: set[int] = set()
        """The users whose claims this batch has changed."""
        with database.batch() as connection:
            for user_id, claim in _claims(connection.execute(ALL)):
                super()._put(user_id, claim)
        database.join(self)

    def put(self, user_id: int, claim: Claim) -> None:
        with self._database.batch():
            self._database.require_room()
            super().put(user_id, claim)

    def _put(self, user_id: int, claim: Claim | None) -> None:
        super()._put(user_id, claim)
        self._changed.add(user_id)

    # As a member of the database

    def write(self, connection: sqlite3.Connection) -> None:
        for user_id in self._changed:
            claim = self.by_user.get(user_id)
            if claim is None:
                connection.execute(REMOVE, (user_id,))
            else:
                row = user_id, claim.secret or None, claim.since, int(claim.is_kept)
                connection.execute(KEEP, row)

    def committed(self) -> None:
        self._changed.clear()

    def restore(self, connection: sqlite3.Connection) -> None:
        for user_id in self._changed:
            claims = dict(_claims(connection.execute(OF_USER, (user_id,))))
            super()._put(user_id, claims.get(user_id))
        self._changed.clear()


def _claims(rows: Iterable[Row]) -> Iterable[tuple[int, Claim]]:
    for user_id, secret, since, kept in rows:
        yield user_id, Claim(secret or b"", since, bool(kept))
