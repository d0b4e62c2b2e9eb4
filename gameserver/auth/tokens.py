"""Tokens, which identify a user for thirty days from the login or the last refresh.

256 random bits, which only the client keeps: the server has their SHA-256. A refreshed token
stays valid until its successor is first used or ten minutes have passed, so that a lost reply
logs nobody out. These are plain functions of values; the tables are in `account_store`.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from gameserver.times import DAY, MINUTE

SIZE = 32
STALE_AFTER = 7 * DAY
EXPIRES_AFTER = 30 * DAY
FORGOTTEN_AFTER = 60 * DAY
"""Until then the answer to a token says that it has expired; later, that there is no such one."""
REFRESH_EVERY = DAY
REPLACED_FOR = 10 * MINUTE

MAX_PER_USER = 100
"""The oldest are forgotten when somebody logs in more often."""

_TOKEN = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Token:
    """A token as the server remembers it."""

    digest: bytes
    user_id: int
    created: int
    predecessor: bytes | None
    """The digest of the token that this one is the refreshed form of."""
    used: bool
    """Whether anybody has shown it yet."""
    replaced: int | None
    """When this one was first refreshed, if it was."""


def digest(secret: bytes) -> bytes:
    """The form in which the server keeps a token."""
    return hashlib.sha256(secret).digest()


def digest_in(header: str) -> bytes | None:
    """The digest of the token in an authorization header, `<username>:<token>`.

    The name is a hint that clients get wrong, and may hold anything; the token is enough.
    """
    text = header.rpartition(":")[2]
    return digest(bytes.fromhex(text)) if _TOKEN.fullmatch(text) else None


def status(token: Token | None, now: int) -> str:
    """`ok`, `ok_stale`, `expired` or `nonexistent`."""
    if token is None or _is_gone(token, now):
        return "nonexistent"
    age = now - token.created
    if age >= EXPIRES_AFTER:
        return "expired"
    return "ok_stale" if age >= STALE_AFTER else "ok"


def is_valid(token: Token | None, now: int) -> bool:
    """Whether somebody with this token is logged in."""
    return status(token, now).startswith("ok")


def refresh_wait(token: Token, now: int) -> int:
    """In how many microseconds a valid token may be refreshed; 0: now.

    A token from a login may be refreshed at once, and one that was just refreshed may be again:
    the client has perhaps not received the new one.
    """
    if token.predecessor is None or token.replaced is not None:
        return 0
    return max(0, token.created + REFRESH_EVERY - now)


def _is_gone(token: Token, now: int) -> bool:
    replaced = token.replaced is not None and now >= token.replaced + REPLACED_FOR
    return replaced or now >= token.created + FORGOTTEN_AFTER
