"""Accounts and tokens, in Redis.

`account:<name>`, the name in lower case, is the account; `user:<id>` is the name that others see;
`token:<digest>` is a token, and `tokens:<id>` lists the digests of a user's, the oldest first.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace

from gameserver.auth.account_store import DELETED, Account
from gameserver.auth.tokens import FORGOTTEN_AFTER, MAX_PER_USER, Token, is_valid
from gameserver.storage.redis.link.keys import key
from gameserver.storage.redis.link.link import Command
from gameserver.storage.redis.link.questions import Change, Read
from gameserver.storage.redis.link.rounds import Rounds

_IDS = key("accounts")
"""How many there have been."""


class RedisAccounts:
    """An `AccountStore`. Every change is a transaction, which watches what its rule has read."""

    def __init__(self, rounds: Rounds) -> None:
        self._rounds = rounds

    def add(self, username: str, password: str, now: int) -> int | None:
        place = _account_key(username)

        def rule(read: Read) -> Change:
            taken, count = read([("EXISTS", place), ("GET", _IDS)])
            if taken:
                return Change((), None)
            account = Account(int(count or 0) + 1, username, password)
            made = [("INCR", _IDS), _kept(account), ("SET", _user_key(account.id), username)]
            return Change(made, account.id)

        added: int | None = self._rounds.transact([place, _IDS], rule)
        return added

    def named(self, username: str) -> Account | None:
        if not username.isascii():
            return None  # nobody could register so
        (found,) = self._rounds.ask([("GET", _account_key(username))])
        return _account(found)

    def account(self, user_id: int) -> Account | None:
        (username,) = self._rounds.ask([("GET", _user_key(user_id))])
        account = self.named(username.decode()) if username else None
        return account if account and account.id == user_id else None

    def names_of(self, user_ids: Sequence[int]) -> list[str]:
        """The names of accounts that are there, for the other stores."""
        if not user_ids:
            return []
        (names,) = self._rounds.ask([("MGET", *map(_user_key, user_ids))])
        return [name.decode() for name in names]

    def change_password(self, account: Account, password: str, kept: bytes | None) -> bool:
        changed = _kept(account._replace(password=password))
        return self._change(account, lambda read: [changed, *_ended(read, account.id, kept)])

    def delete(self, account: Account) -> bool:
        gone: list[Command] = [
            ("DEL", _account_key(account.username)),
            ("SET", _user_key(account.id), DELETED),
        ]
        return self._change(account, lambda read: [*gone, *_ended(read, account.id, None)])

    def add_token(self, digest: bytes, account: Account, now: int) -> bool:
        token = Token(digest, account.id, now, None, False, None)
        return self._change(account, lambda read: _added(read, token, now))

    def show_token(self, digest: bytes, now: int) -> Token | None:
        (found,) = self._rounds.ask([("GET", _token_key(digest))])
        token = _token(digest, found)
        if token and token.predecessor and not token.used and is_valid(token, now):
            self._end_predecessor(digest, token.user_id)
        return token

    def replace_token(
        self, digest: bytes, successor: bytes, now: int, rule: Callable[[Token | None], Token]
    ) -> None:
        (owned,) = self._rounds.at_once([("GET", _token_key(digest))])
        of_user = _token(digest, owned)

        def change(read: Read) -> Change:
            (found,) = read([("GET", _token_key(digest))])
            token = rule(_token(digest, found))
            made = _added(read, Token(successor, token.user_id, now, digest, False, None), now)
            if token.replaced is None:
                made.append(_token_kept(replace(token, replaced=now)))
            return Change(made)

        watched = [_tokens_key(of_user.user_id)] if of_user else []
        self._rounds.transact([_token_key(digest), *watched], change)

    def _change(self, account: Account, commands: Callable[[Read], Sequence[Command]]) -> bool:
        """Does what belongs to an account, if that has not changed; whether it has not."""
        place = _account_key(account.username)

        def rule(read: Read) -> Change:
            (found,) = read([("GET", place)])
            if _account(found) != account:
                return Change((), False)
            return Change(commands(read), True)

        return bool(self._rounds.transact([place, _tokens_key(account.id)], rule))

    def _end_predecessor(self, digest: bytes, user_id: int) -> None:
        """A token is shown first: the one that it replaces ends."""

        def rule(read: Read) -> Change:
            (found,) = read([("GET", _token_key(digest))])
            token = _token(digest, found)
            if token is None or token.used or token.predecessor is None:
                return Change(())
            return Change(
                [_token_kept(replace(token, used=True)), *_forgotten(user_id, token.predecessor)]
            )

        self._rounds.transact([_token_key(digest), _tokens_key(user_id)], rule)


# Tokens of a user, inside a transaction that watches their list


def _added(read: Read, token: Token, now: int) -> list[Command]:
    """Keeps a token, and forgets those that are too old, or too many."""
    user_id = token.user_id
    (digests,) = read([("LRANGE", _tokens_key(user_id), 0, -1)])
    found = read([("MGET", *map(_token_key, digests))])[0] if digests else []
    tokens = [_token(digest, each) for digest, each in zip(digests, found, strict=True)]
    made = [_token_kept(token), ("RPUSH", _tokens_key(user_id), token.digest)]
    left = len(tokens) + 1
    for digest, old in zip(digests, tokens, strict=True):
        if left > MAX_PER_USER or old is None or old.created <= now - FORGOTTEN_AFTER:
            made += _forgotten(user_id, digest)
            left -= 1
    return made


def _ended(read: Read, user_id: int, kept: bytes | None) -> list[Command]:
    """Forgets all tokens of a user but one."""
    (digests,) = read([("LRANGE", _tokens_key(user_id), 0, -1)])
    return [each for digest in digests if digest != kept for each in _forgotten(user_id, digest)]


def _forgotten(user_id: int, digest: bytes) -> list[Command]:
    return [("DEL", _token_key(digest)), ("LREM", _tokens_key(user_id), 1, digest)]


# Keys and values


def _account_key(username: str) -> str:
    return key("account", username.lower())


def _user_key(user_id: int) -> str:
    return key("user", user_id)


def _token_key(digest: bytes) -> str:
    return key("token", digest.hex())


def _tokens_key(user_id: int) -> str:
    return key("tokens", user_id)


def _kept(account: Account) -> Command:
    return ("SET", _account_key(account.username), json.dumps(account))


def _account(found: bytes | None) -> Account | None:
    return Account(*json.loads(found)) if found else None


def _token_kept(token: Token) -> Command:
    predecessor = token.predecessor and token.predecessor.hex()
    values = [token.user_id, token.created, predecessor, token.used, token.replaced]
    return ("SET", _token_key(token.digest), json.dumps(values))


def _token(digest: bytes, found: bytes | None) -> Token | None:
    if not found:
        return None
    user_id, created, predecessor, used, replaced = json.loads(found)
    return Token(
        digest, user_id, created, predecessor and bytes.fromhex(predecessor), used, replaced
    )
