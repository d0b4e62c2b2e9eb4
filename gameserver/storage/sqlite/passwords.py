"""A new password for somebody who has lost theirs."""

from __future__ import annotations

import os
import secrets

from gameserver.auth.passwords import Passwords
from gameserver.errors import StartError
from gameserver.storage.sqlite.accounts import SqliteAccounts
from gameserver.storage.sqlite.database import Database

SIZE = 12
"""Random bytes of the new password; it has a third more characters."""


def reset(file: str, username: str) -> None:
    """Gives an account a drawn password, which is printed, and ends all of its tokens."""
    if not os.path.isfile(file):
        raise StartError(f"there is no file {file}")
    password = secrets.token_urlsafe(SIZE)
    database = Database(file)
    try:
        accounts = SqliteAccounts(database)
        account = accounts.named(username)
        if account is None:
            raise StartError(f"{file} has no account of this name")
        accounts.change_password(account, Passwords().hash(password), None)
    finally:
        database.close()
    print(f"{account.username}: the new password is {password}")
