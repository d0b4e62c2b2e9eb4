"""A new password for somebody who has lost theirs."""

from __future__ import annotations

import secrets

from gameserver.auth.account_store import AccountStore
from gameserver.auth.passwords import Passwords
from gameserver.errors import StartError

SIZE = 12
"""Random bytes of the new password; it has a third more characters."""


def reset_password(accounts: AccountStore, username: str, where: str) -> None:
    """Gives an account a drawn password, which is printed, and ends all of its tokens.

    StartError if `where`, which the accounts are kept in, has none of this name.
    """
    password = secrets.token_urlsafe(SIZE)
    account = accounts.named(username)
    if account is None:
        raise StartError(f"{where} has no account of this name")
    accounts.change_password(account, Passwords().hash(password), None)
    print(f"{account.username}: the new password is {password}")
