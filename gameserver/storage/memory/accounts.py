"""Accounts and tokens, in memory."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace

from gameserver.auth.account_store import DELETED, Account
from gameserver.auth.tokens import FORGOTTEN_AFTER, MAX_PER_USER, Token, is_valid


class MemoryAccounts:
    """Accounts and tokens in dictionaries: an `AccountStore`. User names are ASCII."""

    def __init__(self, lock: threading.RLock) -> None:
        """`lock` is the engine's."""
        self._lock = lock
        self._accounts: dict[str, Account] = {}
        """By name in lower case."""
        self._names: list[str] = []
        """By id; the first account has the id 1."""
        self._tokens: dict[bytes, Token] = {}
        self._digests: defaultdict[int, list[bytes]] = defaultdict(list)
        """The tokens of each user, the oldest first."""

    def add(self, username: str, password: str, now: int) -> int | None:
        with self._lock:
            if username.lower() in self._accounts:
                return None
            self._names.append(username)
            account = Account(len(self._names), username, password)
            self._accounts[username.lower()] = account
            return account.id

    def named(self, username: str) -> Account | None:
        with self._lock:
            return self._accounts.get(username.lower())

    def name_of(self, user_id: int) -> str:
        """The name of an account that is there, for the other stores."""
        return self._names[user_id - 1]

    def account(self, user_id: int) -> Account | None:
        return self.named(self.name_of(user_id))

    def change_password(self, account: Account, password: str, kept: bytes | None) -> bool:
        with self._lock:
            if not self._is_current(account):
                return False
            self._accounts[account.username.lower()] = account._replace(password=password)
            self._end_tokens(account.id, kept)
            return True

    def delete(self, account: Account) -> bool:
        with self._lock:
            if not self._is_current(account):
                return False
            del self._accounts[account.username.lower()]
            self._names[account.id - 1] = DELETED
            self._end_tokens(account.id, None)
            return True

    def add_token(self, digest: bytes, account: Account, now: int) -> bool:
        with self._lock:
            if not self._is_current(account):
                return False
            self._add_token(Token(digest, account.id, now, None, False, None), now)
            return True

    def show_token(self, digest: bytes, now: int) -> Token | None:
        with self._lock:
            token = self._tokens.get(digest)
            if token and token.predecessor and not token.used and is_valid(token, now):
                self._tokens[digest] = replace(token, used=True)
                self._forget(token.predecessor)
            return token

    def replace_token(
        self, digest: bytes, successor: bytes, now: int, rule: Callable[[Token | None], Token]
    ) -> None:
        with self._lock:
            token = rule(self._tokens.get(digest))
            if token.replaced is None:
                self._tokens[digest] = replace(token, replaced=now)
            self._add_token(Token(successor, token.user_id, now, digest, False, None), now)

    def _add_token(self, token: Token, now: int) -> None:
        digests = self._digests[token.user_id]
        self._tokens[token.digest] = token
        digests.append(token.digest)
        for digest in list(digests):
            forgotten = self._tokens[digest].created <= now - FORGOTTEN_AFTER
            if forgotten or len(digests) > MAX_PER_USER:
                self._forget(digest)

    def _is_current(self, account: Account) -> bool:
        return self._accounts.get(account.username.lower()) == account

    def _end_tokens(self, user_id: int, kept: bytes | None) -> None:
        for digest in list(self._digests[user_id]):
            if digest != kept:
                self._forget(digest)

    def _forget(self, digest: bytes) -> None:
        token = self._tokens.pop(digest, None)
        if token:
            self._digests[token.user_id].remove(digest)
