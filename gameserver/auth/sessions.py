"""Session keys, which identify a player for ten minutes from the login.

Two ways to keep them, with the same two methods. `SignedSessions`, the default, keeps nothing:
a key carries its user and its expiry, and a MAC that only the server can make. With
`--store_tokens` an engine keeps the newest key of every user, and only that is valid.

A key consists of lower-case hexadecimal digits and is compared as text, so that it has exactly
one spelling.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from functools import lru_cache
from hashlib import blake2b
from hmac import compare_digest
from itertools import count
from typing import Protocol

from gameserver.auth.claim_store import ClaimStore
from gameserver.errors import InvalidSessionKey
from gameserver.numbers import MAX_NUMBER
from gameserver.times import Clock, server_clock

LIFETIME_MS = 600_000

OWNER = MAX_NUMBER + 1
"""Stands in a key in front of its user's number, where the session was opened with the secret."""

_REMEMBERED_KEYS = 16_384

Randomness = Callable[[int], bytes]
"""As many unpredictable bytes."""


class Sessions(Protocol):
    """Makes session keys and verifies them. Each method is a whole operation, inside a batch."""

    def login(self, user_id: int, since: int = 0) -> str:
        """A new key for the user; with `OWNER` in the number, for the session of the owner.

        `since`: the time that it bears at least, in milliseconds.
        """

    def user_of(self, key: str) -> int:
        """The user whose key this is; InvalidSessionKey unless it is valid now."""

    def is_owner(self, key: str) -> bool:
        """Whether a valid key is that of an owner's session."""

    def gauges(self) -> dict[str, int]:
        """How much there is, for the metrics."""


class SignedSessions:
    """Keys that need no table: user (8 digits), expiry in ms (12), serial number (8), MAC (32).

    The first digit has `OWNER` in it.
    The MAC is keyed BLAKE2b (RFC 7693) with 128 bits over the 28 digits in front of it. Whether
    a claim has ended a key is looked up when it is first verified, and again after any claim.
    """

    _SIGNED = 28

    def __init__(
        self,
        secret: bytes | None = None,
        clock: Clock = server_clock,
        randomness: Randomness = secrets.token_bytes,
        claims: ClaimStore | None = None,
    ) -> None:
        # Keyed once: a copy costs less than to key it again.
        self._mac = blake2b(digest_size=16, key=randomness(32) if secret is None else secret)
        self._clock = clock
        # Makes keys unique; it need not be a secret, as the MAC is over it.
        self._serial = count(int.from_bytes(randomness(4)))
        # Verifying is a pure function of the key; one that fails raises and is not remembered.
        self._verified = lru_cache(_REMEMBERED_KEYS)(self._verify)
        self._claims = claims
        if claims:
            claims.watch(lambda user_id: self._verified.cache_clear())

    def login(self, user_id: int, since: int = 0) -> str:
        made = int(self._clock() * 1000)
        expiry = (since if since > made else made) + LIFETIME_MS  # max() takes longer
        serial = next(self._serial) & 0xFFFFFFFF
        # One number of 28 digits: half the time of three.
        signed = "%028x" % (user_id << 80 | expiry << 32 | serial)
        mac = self._mac.copy()  # as `_mac_of` does, without the call
        mac.update(signed.encode())
        return signed + mac.hexdigest()

    def user_of(self, key: str) -> int:
        user_id, expiry = self._verified(key)
        if self._clock() >= expiry:
            raise InvalidSessionKey("the session key has expired: log in again")
        return user_id

    def is_owner(self, key: str) -> bool:
        return bool(int(key[:8], 16) & OWNER)

    def gauges(self) -> dict[str, int]:
        """The keys that have been used lately: the server keeps none."""
        return {"sessions": self._verified.cache_info().currsize}

    def _verify(self, key: str) -> tuple[int, float]:
        """The user and the expiry, in seconds, of a key that this server made."""
        signed, mac = key[: self._SIGNED], key[self._SIGNED :]
        if not key.isascii() or not compare_digest(mac, self._mac_of(signed)):
            raise InvalidSessionKey("the session key is not valid")
        holder, expiry = int(signed[:8], 16), int(signed[8:20], 16)
        user_id = holder & MAX_NUMBER
        made, is_owner = expiry - LIFETIME_MS, bool(holder & OWNER)
        if self._claims and not self._claims.admits(user_id, made, is_owner):
            raise InvalidSessionKey("the session key is valid no longer: log in again")
        return user_id, expiry / 1000

    def _mac_of(self, signed: str) -> str:
        mac = self._mac.copy()
        mac.update(signed.encode())
        return mac.hexdigest()
