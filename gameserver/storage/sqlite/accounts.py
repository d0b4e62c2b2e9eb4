"""The tables of accounts and tokens."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import suppress

from gameserver.auth.account_store import DELETED, Account
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
        return self._account("username = ?", username)

    def account(self, user_id: int) -> Account | None:
        return self._account("id = ?", user_id)

    def change_password(self, account: Account, password: str, kept: bytes | None) -> bool:
        with self._database.transaction() as sql:
            if self.account(account.id) != account:
                return False
            sql.execute("UPDATE accounts SET password = ? WHERE id = ?", (password, account.id))
            sql.execute(
                "DELETE FROM tokens WHERE user_id = ? AND digest IS NOT ?", (account.id, kept)
            )
            return True

    def delete(self, account: Account) -> bool:
        with self._database.transaction() as sql:
            if self.account(account.id) != account:
                return False
            # The table wants names that differ, and nobody's has a colon.
            sql.execute(
                "UPDATE accounts SET username = ?, password = '' WHERE id = ?",
                (f"{DELETED}:{account.id}", account.id),
            )
            sql.execute("DELETE FROM tokens WHERE user_id = ?", (account.id,))
            return True

    def add_token(self, digest: bytes, account: Account, now: int) -> bool:
        with self._database.transaction() as sql:
            if self.account(account.id) != account:
                return False
            _add_token(sql, digest, account.id, now, None)
            return True

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

    def _account(self, condition: str, value: str | int) -> Account | None:
        query = f"SELECT id, username, password FROM accounts WHERE {condition} AND password <> ''"
        with self._database.batch() as sql:
            row = sql.execute(query, (value,)).fetchone()
        return Account(*row) if row else None

    def _mark_used(self, token: Token) -> None:
        with self._database.transaction() as sql:
            sql.execute("UPDATE tokens SET used = 1 WHERE digest = ?", (token.digest,))
            sql.execute("DELETE FROM tokens WHERE digest = ?", (token.predecessor,))


def shown_name(username: str) -> str:
    """The name of an account as others see it."""
    return username.partition(":")[0]


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
