"""The tables of accounts and tokens. Every method is atomic, and part of a caller's transaction."""

from __future__ import annotations

from typing import NamedTuple

from gameserver.auth.tokens import FORGOTTEN_AFTER, MAX_PER_USER, Token
from gameserver.storage.sqlite.database import Database


class Account(NamedTuple):
    """Somebody who can log in. `password` is a hash."""

    id: int
    username: str
    password: str


class AccountStore:
    """Accounts by name, whatever its capitals; tokens by digest."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, username: str, password: str, now: int) -> int | None:
        """The id of a new account; None if the name is taken."""
        with self._database.transaction() as sql:
            if self.named(username):
                return None
            added = sql.execute(
                "INSERT INTO accounts (username, password, created) VALUES (?, ?, ?)",
                (username, password, now),
            )
            return added.lastrowid

    def named(self, username: str) -> Account | None:
        with self._database.batch() as sql:
            row = sql.execute(
                "SELECT id, username, password FROM accounts WHERE username = ?", (username,)
            ).fetchone()
        return Account(*row) if row else None

    def token(self, digest: bytes) -> Token | None:
        with self._database.batch() as sql:
            row = sql.execute(
                "SELECT user_id, created, predecessor, used, replaced FROM tokens WHERE digest = ?",
                (digest,),
            ).fetchone()
        if row is None:
            return None
        user_id, created, predecessor, used, replaced = row
        return Token(digest, user_id, created, predecessor, bool(used), replaced)

    def add_token(
        self, digest: bytes, user_id: int, now: int, predecessor: bytes | None = None
    ) -> None:
        """Keeps a new token, and forgets what nobody needs of the user's older ones."""
        with self._database.transaction() as sql:
            sql.execute(
                "INSERT INTO tokens (digest, user_id, created, predecessor) VALUES (?, ?, ?, ?)",
                (digest, user_id, now, predecessor),
            )
            sql.execute(
                "DELETE FROM tokens WHERE user_id = ? AND (created <= ? OR digest NOT IN"
                " (SELECT digest FROM tokens WHERE user_id = ? ORDER BY created DESC LIMIT ?))",
                (user_id, now - FORGOTTEN_AFTER, user_id, MAX_PER_USER),
            )

    def mark_replaced(self, digest: bytes, now: int) -> None:
        """The token has a successor; the first time counts."""
        with self._database.transaction() as sql:
            sql.execute(
                "UPDATE tokens SET replaced = ? WHERE digest = ? AND replaced IS NULL",
                (now, digest),
            )

    def mark_used(self, token: Token) -> None:
        """The token was shown; the one that it replaces is no longer needed."""
        with self._database.transaction() as sql:
            sql.execute("UPDATE tokens SET used = 1 WHERE digest = ?", (token.digest,))
            sql.execute("DELETE FROM tokens WHERE digest = ?", (token.predecessor,))
