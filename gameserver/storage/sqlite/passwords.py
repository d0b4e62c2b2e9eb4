"""New passwords for accounts in a data file."""

from __future__ import annotations

import os
from contextlib import closing

from gameserver.auth.password_reset import reset_password
from gameserver.errors import StartError
from gameserver.storage.sqlite.accounts import SqliteAccounts
from gameserver.storage.sqlite.database import Database


def reset(file: str, username: str) -> None:
    """Gives an account a new password: see `reset_password`."""
    if not os.path.isfile(file):
        raise StartError(f"there is no file {file}")
    with closing(Database(file)) as database:
        reset_password(SqliteAccounts(database), username, file)
