"""The interface of a store of accounts and tokens."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Protocol

from gameserver.auth.tokens import Token

DELETED = "deleted user"
"""The name that stands in the place of all accounts that were deleted; nobody can register it."""


class Account(NamedTuple):
    """Somebody who can log in. `password` is a hash, another one after each change."""

    id: int
    username: str
    password: str


class AccountStore(Protocol):
    """Accounts by name, whatever its capitals; tokens by digest. Every method is atomic.

    All moments are in microseconds (`gameserver/times.py`). Every method that writes raises
    StorageFull if nothing can be stored, and then changes nothing.
    """

    def add(self, username: str, password: str, now: int) -> int | None:
        """The id of a new account, counted from 1; None if the name is taken."""

    def named(self, username: str) -> Account | None:
        """The account of this name; those that were deleted have none."""

    def account(self, user_id: int) -> Account | None:
        """The account, unless it was deleted."""

    def change_password(self, account: Account, password: str, kept: bytes | None) -> bool:
        """Changes a password, and ends all tokens but the one with the digest `kept`.

        Does nothing and returns False if the account has changed meanwhile.
        """

    def delete(self, account: Account) -> bool:
        """Takes an account its name, password and tokens; for others it is `DELETED` from now on.

        Does nothing and returns False if the account has changed meanwhile.
        """

    def add_token(self, digest: bytes, account: Account, now: int) -> bool:
        """Keeps a new token, and forgets the user's older ones that are no longer needed.

        Does nothing and returns False if the account has changed meanwhile.
        """

    def show_token(self, digest: bytes, now: int) -> Token | None:
        """The token, which a client has shown.

        When a valid one is first shown, the one that it replaces ends. While nothing can be
        stored that waits until the token is shown again.
        """

    def replace_token(
        self, digest: bytes, successor: bytes, now: int, rule: Callable[[Token | None], Token]
    ) -> None:
        """Keeps a successor of the token, which the rule returns unless it refuses."""
