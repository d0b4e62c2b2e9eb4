"""The tables of accounts and tokens."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import suppress

from gameserver.auth.account_store import Account
from gameserver.auth.tokens import FORGOTTEN_AFTER, MAX_PER_USER, Token, is_valid
from gameserver.errors import StorageFull
from gameserver.storage.sqlite.database import Database


class SqliteAccounts:
    """Accounts and tokens in the database: an `AccountStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, username: str, password: str, now: int) -> int | None:
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

    def add_token(self, digest: bytes, user_id: int, now: int) -> None:
        with self._database.transaction() as sql:
            _add_token(sql, digest, user_id, now, None)

    def show_token(self, digest: bytes, now: int) -> Token | None:
        with self._database.batch() as sql:
            token = _token(sql, digest)
            if token and token.predecessor and not token.used and is_valid(token, now):
                with suppress(StorageFull):
                    self._mark_used(token)
        return token

    def replace_token(
        self, digest: bytes, successor: bytes, now: int, rule: Callable[[Token | None], Token]
    ) -> None:
        with self._database.transaction() as sql:
            token = rule(_token(sql, digest))
            sql.execute(
                "UPDATE tokens SET replaced = ? WHERE digest = ? AND replaced IS NULL",
                (now, digest),
            )
            _add_token(sql, successor, token.user_id, now, digest)

    def _mark_used(self, token: Token) -> None:
        with self._database.transaction() as sql:
            sql.execute("UPDATE tokens SET used = 1 WHERE digest = ?", (token.digest,))
            sql.execute("DELETE FROM tokens WHERE digest = ?", (token.predecessor,))


def _token(sql: sqlite3.Connection, digest: bytes) -> Token | None:
    row = sql.execute(
        "SELECT user_id, created, predecessor, used, replaced FROM tokens WHERE digest = ?",
        (digest,),
    ).fetchone()
    if row is None:
        return None
    user_id, created, predecessor, used, replaced = row
    return Token(digest, user_id, created, predecessor, bool(used), replaced)


def _add_token(
    sql: sqlite3.Connection, digest: bytes, user_id: int, now: int, predecessor: bytes | None
) -> None:
    sql.execute(
        "INSERT INTO tokens (digest, user_id, created, predecessor) VALUES (?, ?, ?, ?)",
        (digest, user_id, now, predecessor),
    )
    sql.execute(
        "DELETE FROM tokens WHERE user_id = ? AND (created <= ? OR digest NOT IN"
        " (SELECT digest FROM tokens WHERE user_id = ? ORDER BY created DESC LIMIT ?))",
        (user_id, now - FORGOTTEN_AFTER, user_id, MAX_PER_USER),
    )
