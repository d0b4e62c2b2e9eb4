"""Tournament keys: `<user id>_<tournament id>_<32 hex digits>`, 128 random bits.

A key that stands in a replay proves that the replay was made after the key was drawn.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from hmac import compare_digest

SECRET_SIZE = 16

LONGEST_KEY = 54
"""Characters of a key."""

_KEY = re.compile(r"([0-9]{1,10})_([0-9]{1,10})_([0-9a-f]{32})")


@dataclass(frozen=True, slots=True)
class Key:
    """The key that a player has generated for a tournament, once and for all."""

    user_id: int
    tournament_id: int
    secret: bytes

    def __str__(self) -> str:
        return f"{self.user_id}_{self.tournament_id}_{self.secret.hex()}"

    def matches(self, other: Key) -> bool:
        """Whether both are the same; takes the same time wherever they differ."""
        return compare_digest(str(self), str(other))


@dataclass(frozen=True, slots=True)
class IssuedKey:
    """A key, when it was generated, and until when its player may upload with it."""

    key: Key
    generated: int
    expiry: int | None


def parse_key(text: str) -> Key | None:
    """The key that a replay holds, if it reads like one."""
    found = _KEY.fullmatch(text.strip())
    if not found:
        return None
    return Key(int(found[1]), int(found[2]), bytes.fromhex(found[3]))
