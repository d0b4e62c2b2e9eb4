"""What an operator does to a store, while servers use it or not."""

from __future__ import annotations

import os
from contextlib import closing

from gameserver.auth.password_reset import reset_password
from gameserver.errors import StartError
from gameserver.settings import STORE_VARIABLE
from gameserver.storage.redis.opening import open_redis

FROM_ENVIRONMENT = "-"


def new_secret(store: str) -> None:
    """Has session keys signed with a new secret; those of the last one stay valid."""
    with closing(open_redis(address_of(store))) as engine:
        engine.replace_signing_secret()


def new_password(store: str, username: str) -> None:
    """Gives an account a new password: see `reset_password`."""
    with closing(open_redis(address_of(store))) as engine:
        reset_password(engine.accounts, username, "the store")


def is_store(text: str) -> bool:
    """Whether a store is meant, and not a data file."""
    return text == FROM_ENVIRONMENT or text.startswith(("redis:", "rediss:"))


def address_of(store: str) -> str:
    """The address that is meant: `-` is the one in the environment; StartError without one."""
    if store != FROM_ENVIRONMENT:
        return store
    if STORE_VARIABLE not in os.environ:
        raise StartError(f"there is no store in {STORE_VARIABLE}")
    return os.environ[STORE_VARIABLE]
