"""Accounts: registering, logging in, and whose request it is."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from functools import partial

from gameserver.auth import tokens
from gameserver.auth.account_store import DELETED, Account, AccountStore
from gameserver.auth.passwords import Passwords
from gameserver.auth.throttle import LoginThrottle, Throttle
from gameserver.auth.tokens import Token
from gameserver.errors import Refused, invalid
from gameserver.times import Clock, moment_of, server_clock

MAX_NAME = 64
PASSWORD_SIZES = range(8, 257)
"""How many bytes a password may have, in UTF-8."""

# The clients send the name in a header, in front of a colon.
_USERNAME = re.compile(r"[!-9;-~](?:[ -9;-~]{0,62}[!-9;-~])?")


class Accounts:
    """The users, their passwords and their tokens."""

    def __init__(
        self,
        store: AccountStore,
        passwords: Passwords | None = None,
        clock: Clock = server_clock,
        randomness: Callable[[int], bytes] = os.urandom,
        throttle: Throttle | None = None,
    ) -> None:
        self._store = store
        self._passwords = passwords or Passwords()
        self._throttle = throttle or LoginThrottle()
        self._clock = clock
        self._randomness = randomness

    def register(self, username: str, password: str) -> int:
        """Opens an account and returns its id. Takes as long as a password's hash."""
        if not _USERNAME.fullmatch(username):
            raise invalid(
                "username",
                f"must be 1 to {MAX_NAME} ASCII characters, without a colon, a control"
                " character, or a space at either end",
            )
        _check_password("password", password)
        # Asked before hashing, which may be in vain, and again when the account is made.
        taken = username.lower() == DELETED or self._store.named(username)
        if not taken:
            user_id = self._store.add(username, self._passwords.hash(password), self._now())
            if user_id is not None:
                return user_id
        raise Refused("username_taken", "this name is taken", "username")

    def obtain_token(self, username: str, password: str) -> str:
        """A new token for a client that knows the password. Takes as long as a password's hash.

        An unknown user gets the same answers as a wrong password, after the same time.
        """
        account = self._verified(username, password)
        secret = self._randomness(tokens.SIZE)
        if not self._store.add_token(tokens.digest(secret), account, self._now()):
            raise Refused("invalid_login_data")  # the password was changed just now
        return secret.hex()

    def change_password(self, header: str, old: str, new: str) -> None:
        """Changes the password of somebody logged in, who knows it; all other tokens end.

        Takes as long as two passwords' hashes.
        """
        _check_password("new", new)
        account = self._account(header)
        self._verified(account.username, old)
        changed = self._passwords.hash(new)
        if not self._store.change_password(account, changed, tokens.digest_in(header)):
            raise Refused("invalid_login_data")

    def delete(self, header: str, password: str) -> int:
        """Deletes the account of somebody logged in, who knows the password; returns its id."""
        account = self._account(header)
        self._verified(account.username, password)
        if not self._store.delete(account):
            raise Refused("invalid_login_data")
        return account.id

    def _account(self, header: str) -> Account:
        account = self._store.account(self.logged_in(header))
        if account is None:
            raise Refused("not_logged_in")
        return account

    def _verified(self, username: str, password: str) -> Account:
        """The account of this name, if this is its password; who guesses has to wait."""
        name = username.lower()[: MAX_NAME + 1]
        wait = self._throttle.begin(name, self._now())
        if wait:
            raise Refused("invalid_login_data", wait=wait)
        right = None
        try:
            account = self._store.named(username)
            right = self._passwords.verify(password, account.password if account else None)
        finally:
            self._throttle.end(name, self._now(), right)
        if not (right and account):
            raise Refused("invalid_login_data")
        return account

    def token_status(self, header: str) -> str:
        """`ok`, `ok_stale`, `expired` or `nonexistent`, for any authorization header."""
        now = self._now()
        return tokens.status(self._shown(header, now), now)

    def refresh_token(self, header: str) -> str:
        """A new token in exchange for a valid one."""
        now = self._now()
        digest = tokens.digest_in(header)
        if digest is None:
            raise Refused("not_logged_in")
        self._store.show_token(digest, now)
        secret = self._randomness(tokens.SIZE)
        self._store.replace_token(digest, tokens.digest(secret), now, partial(check_refresh, now))
        return secret.hex()

    def user_of(self, header: str) -> int | None:
        """The user's id, if the authorization header is that of somebody logged in."""
        now = self._now()
        token = self._shown(header, now)
        return token.user_id if token and tokens.is_valid(token, now) else None

    def logged_in(self, header: str) -> int:
        """The user's id; a client that is not logged in is refused."""
        user_id = self.user_of(header)
        if user_id is None:
            raise Refused("not_logged_in")
        return user_id

    def id_of(self, username: str) -> int:
        """The id of the user of this name."""
        account = self._store.named(username)
        if account is None:
            raise Refused("no_such_user", "no user has this name", "username")
        return account.id

    def _shown(self, header: str, now: int) -> Token | None:
        digest = tokens.digest_in(header)
        return self._store.show_token(digest, now) if digest else None

    def _now(self) -> int:
        return moment_of(self._clock())


def _check_password(field: str, password: str) -> None:
    if len(password.encode()) not in PASSWORD_SIZES:
        raise invalid(field, "must have 8 to 256 bytes")


def check_refresh(now: int, token: Token | None) -> Token:
    """The token, if it is valid and may be refreshed already."""
    if token is None or not tokens.is_valid(token, now):
        raise Refused("not_logged_in")
    wait = tokens.refresh_wait(token, now)
    if wait:
        raise Refused("token_too_recent", wait=wait)
    return token
