"""Tokens of the games' own servers: whoever shows one may post for any user.

A token is 256 random bits, so its plain SHA-256 is enough to keep: nothing can be guessed from it.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from hashlib import sha256
from typing import NamedTuple, Protocol

from gameserver.auth.bearer import bearer_in
from gameserver.errors import Refused, invalid
from gameserver.times import Clock, moment_of, server_clock

SIZE = 32
MOST = 100
"""Tokens that there may be at once."""
LONGEST_NAME = 64

_NAME = re.compile("[A-Za-z0-9_-]{1,64}")


class GameToken(NamedTuple):
    """What the server keeps of a token."""

    name: str
    digest: bytes
    created: int
    """A moment."""


class GameTokenStore(Protocol):
    """The tokens by name, the oldest first. For use inside a batch only; every method is atomic.

    Those that write raise StorageFull if nothing can be stored, and then change nothing.
    """

    def all(self) -> list[GameToken]:
        """All of them."""

    def shown(self, digest: bytes) -> GameToken | None:
        """The token with this digest."""

    def add(self, token: GameToken) -> None:
        """Keeps a token, whose name is new."""

    def remove(self, name: str) -> bool:
        """Forgets a token; returns whether there was one."""


class GameTokens:
    """Makes tokens, knows them again, and ends them."""

    def __init__(
        self,
        store: GameTokenStore,
        clock: Clock = server_clock,
        randomness: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        self._store = store
        self._clock = clock
        self._randomness = randomness

    def make(self, name: str) -> str:
        """A new token, which nobody can be told again; Refused if there is one of the name."""
        check_name(name)
        tokens = self._store.all()
        if any(token.name == name for token in tokens):
            raise Refused("name_taken", "there is a token of this name: revoke it first", "name")
        if len(tokens) >= MOST:
            raise Refused("full", f"there are {MOST} tokens: revoke one first")
        token = self._randomness(SIZE).hex()
        self._store.add(GameToken(name, _digest(token), moment_of(self._clock())))
        return token

    def all(self) -> list[GameToken]:
        """All that are valid, the oldest first."""
        return self._store.all()

    def revoke(self, name: str) -> None:
        """Ends a token; Refused if there is none of the name."""
        if not self._store.remove(name):
            raise Refused("no_such_token", "there is no token of this name")

    def holder(self, authorization: str) -> str | None:
        """The name of the token in an `Authorization` field; None if it holds no valid one."""
        token = bearer_in(authorization)
        # Compared by digest: how long that takes tells nothing about the token.
        found = self._store.shown(_digest(token)) if token else None
        return found.name if found else None


def check_name(name: str) -> None:
    """Refused (`invalid_data`) unless a token can have this name."""
    if not _NAME.fullmatch(name):
        raise invalid("name", f"must have 1 to {LONGEST_NAME} of A-Z, a-z, 0-9, _ and -")


def _digest(token: str) -> bytes:
    return sha256(token.encode()).digest()
