"""Accounts: registering, logging in, and whose request it is."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from functools import partial

from gameserver.auth import tokens
from gameserver.auth.account_store import AccountStore
from gameserver.auth.passwords import Passwords
from gameserver.auth.throttle import LoginThrottle
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
    ) -> None:
        self._store = store
        self._passwords = passwords or Passwords()
        self._throttle = LoginThrottle()
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
        if len(password.encode()) not in PASSWORD_SIZES:
            raise invalid("password", "must have 8 to 256 bytes")
        # Asked before hashing, which may be in vain, and again when the account is made.
        taken = self._store.named(username)
        user_id = taken or self._store.add(username, self._passwords.hash(password), self._now())
        if not isinstance(user_id, int):
            raise Refused("username_taken", "this name is taken", "username")
        return user_id

    def obtain_token(self, username: str, password: str) -> str:
        """A new token for a client that knows the password. Takes as long as a password's hash.

        An unknown user gets the same answers as a wrong password, after the same time.
        """
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
        return self._new_token(account.id)

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

    def _new_token(self, user_id: int) -> str:
        secret = self._randomness(tokens.SIZE)
        self._store.add_token(tokens.digest(secret), user_id, self._now())
        return secret.hex()

    def _now(self) -> int:
        return moment_of(self._clock())


def check_refresh(now: int, token: Token | None) -> Token:
    """The token, if it is valid and may be refreshed already."""
    if token is None or not tokens.is_valid(token, now):
        raise Refused("not_logged_in")
    wait = tokens.refresh_wait(token, now)
    if wait:
        raise Refused("token_too_recent", wait=wait)
    return token
