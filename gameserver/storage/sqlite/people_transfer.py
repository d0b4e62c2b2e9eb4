"""The export and import of claims to users and of the tokens of games' servers.

What is kept of a secret is keyed with random bytes of the data file, so that a hash tells nothing
without them, and is worth nothing. An export writes that key into a file of its own, beside the
CSV file. An import needs it, and hashes with it from then on: so the players' secrets stay good.
A token's hash has no key.
"""

from __future__ import annotations

import json
import os
import re
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

from gameserver.auth.game_tokens import MOST, check_name
from gameserver.errors import StartError
from gameserver.storage.sqlite.claims import HASH_KEY, HASH_SIZE, KEEP, KEY_SIZE
from gameserver.times import MILLISECOND, format_moment, parse_moment

CLAIMS = "SELECT user, secret, since, kept FROM claim WHERE secret IS NOT NULL ORDER BY user"
CLAIM_OF = "SELECT secret, since FROM claim WHERE user = ?"
TOKENS = "SELECT name, digest, created FROM game_token ORDER BY created, name"
HAS_CLAIMS = "SELECT EXISTS (SELECT 1 FROM claim WHERE secret IS NOT NULL)"
KEY = "SELECT value FROM secret WHERE name = ?"

DIGEST_SIZE = 32
"""Bytes that are kept of a token."""

_KEY = re.compile(rf"[0-9a-f]{{{2 * KEY_SIZE}}}\n?")


def claims(connection: sqlite3.Connection) -> Iterator[tuple[int, str]]:
    """The users who are claimed, and the claims as JSON."""
    for user_id, secret, since, kept in connection.execute(CLAIMS):
        moment = format_moment(since * MILLISECOND)
        yield user_id, json.dumps({"claim": secret.hex(), "since": moment, "kept": bool(kept)})


def tokens(connection: sqlite3.Connection) -> Iterator[str]:
    """The tokens as JSON, the oldest first."""
    for name, digest, created in connection.execute(TOKENS):
        moment = format_moment(created)
        yield json.dumps({"token": name, "digest": digest.hex(), "created": moment})


def has_claims(connection: sqlite3.Connection) -> bool:
    """Whether anybody has claimed a user."""
    return bool(connection.execute(HAS_CLAIMS).fetchone()[0])


@contextmanager
def exported_key(connection: sqlite3.Connection, path: str) -> Iterator[None]:
    """The key in a new file that only this user can read, which goes if anything goes wrong."""
    (key,) = connection.execute(KEY, (HASH_KEY,)).fetchone()
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(f"{key.hex()}\n")
    try:
        yield
    except BaseException:
        with suppress(OSError):
            os.unlink(path)
        raise


class PeopleImport:
    """The claims and tokens that an import takes in, inside its transaction."""

    def __init__(self, connection: sqlite3.Connection, file: str, key_file: str | None) -> None:
        """`key_file` is where the key of the claims may be."""
        self._connection = connection
        self._file = file
        self._key_file = key_file
        self._has_key = False
        self.claims = self.tokens = 0
        """How many are new."""

    def take_claim(self, user_id: int, told: Mapping[str, Any]) -> None:
        """Claims a user. ValueError if it is no claim, or if somebody else has claimed them."""
        try:
            secret, kept = bytes.fromhex(told["claim"]), told["kept"]
            since = parse_moment(told["since"]) // MILLISECOND
        except (KeyError, TypeError):
            raise ValueError("must be a claim") from None
        if len(secret) != HASH_SIZE or not isinstance(kept, bool):
            raise ValueError("must be a claim")
        if not self._has_key:
            self._take_key()
        known, last = self._connection.execute(CLAIM_OF, (user_id,)).fetchone() or (None, 0)
        if known not in (None, secret):
            raise ValueError(f"{self._file} has another claim to this user")
        if known is None:
            # A claim that was lifted lately has ended keys, too.
            row = user_id, secret, max(since, last), int(kept)
            self._connection.execute(KEEP, row)
            self.claims += 1

    def take_token(self, told: Mapping[str, Any]) -> None:
        """Lets a game's server in. ValueError or Refused if it is no token, or another one."""
        try:
            name, digest = told["token"], bytes.fromhex(told["digest"])
            row = name, digest, parse_moment(told["created"])
            check_name(name)
        except (KeyError, TypeError):
            raise ValueError("must be a token") from None
        if len(digest) != DIGEST_SIZE:
            raise ValueError("must be a token")
        known = self._connection.execute(TOKENS).fetchall()
        if (name, digest) in [each[:2] for each in known]:
            return
        if any(name == each[0] or digest == each[1] for each in known):
            raise ValueError(f"{self._file} has another token of this name")
        if len(known) >= MOST:
            raise ValueError(f"there are {MOST} tokens already")
        self._connection.execute("INSERT INTO game_token VALUES (?, ?, ?)", row)
        self.tokens += 1

    def _take_key(self) -> None:
        """Has the file hash with the key of the claims; StartError if it has claims of its own."""
        key = _read_key(self._key_file)
        own = self._connection.execute(KEY, (HASH_KEY,)).fetchone()
        if own != (key,) and has_claims(self._connection):
            raise StartError(
                f"{self._file} has claims of its own, hashed with another key: leave those of the"
                " CSV file out; nothing was imported"
            )
        self._connection.execute("REPLACE INTO secret VALUES (?, ?)", (HASH_KEY, key))
        self._has_key = True


def _read_key(path: str | None) -> bytes:
    if path is None or not os.path.exists(path):
        raise StartError(
            "claims can be imported with their key alone, which the export has written: name its"
            " file with --key; nothing was imported"
        )
    with open(path, encoding="ascii", errors="replace") as file:
        text = file.read(2 * KEY_SIZE + 2)
    if not _KEY.fullmatch(text):
        raise StartError(f"{path} is no key of an export; nothing was imported")
    return bytes.fromhex(text)
