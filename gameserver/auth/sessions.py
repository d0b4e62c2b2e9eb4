"""Session keys: who a player is, for ten minutes from the login.

Two ways to keep them, with the same two methods. `SignedSessions`, the default, keeps nothing:
a key carries its user and its expiry, and a MAC that only the server can make.
`StoredSessions` (`--store_tokens`) keeps the newest key of every user, and only that is valid.

A key consists of lower-case hexadecimal digits and is compared as text, so that it has exactly
one spelling. Whatever is not a valid key raises `Unauthorized`.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from functools import lru_cache
from hashlib import blake2b
from hmac import compare_digest
from itertools import count
from typing import Protocol

from gameserver.web.errors import Unauthorized

LIFETIME_MS = 600_000

_REMEMBERED_KEYS = 16_384

Clock = Callable[[], float]
"""Seconds since the epoch."""

Randomness = Callable[[int], bytes]
"""As many unpredictable bytes."""


class Sessions(Protocol):
    """What views need of session keys."""

    def login(self, user_id: int) -> str:
        """A new key for the user."""

    def user_of(self, key: str) -> int:
        """The user whose key this is; `Unauthorized` unless it is valid now."""

    def gauges(self) -> dict[str, int]:
        """How much there is, for the metrics."""


class SignedSessions:
    """Keys that need no table: user (8 digits), expiry in ms (12), serial number (8), MAC (32).

    The MAC is keyed BLAKE2b (RFC 7693) with 128 bits over the 28 digits in front of it.
    """

    _SIGNED = 28

    def __init__(
        self,
        secret: bytes | None = None,
        clock: Clock = time.time,
        randomness: Randomness = secrets.token_bytes,
    ) -> None:
        self._secret = randomness(32) if secret is None else secret
        self._clock = clock
        # Makes keys unique; it need not be a secret, as the MAC is over it.
        self._serial = count(int.from_bytes(randomness(4)))
        # Verifying is a pure function of the key; one that fails raises and is not remembered.
        self._verified = lru_cache(_REMEMBERED_KEYS)(self._verify)

    def login(self, user_id: int) -> str:
        expiry = int(self._clock() * 1000) + LIFETIME_MS
        signed = f"{user_id:08x}{expiry:012x}{next(self._serial) & 0xFFFFFFFF:08x}"
        return signed + self._mac(signed)

    def user_of(self, key: str) -> int:
        user_id, expiry = self._verified(key)
        if self._clock() >= expiry:
            raise Unauthorized("the session key has expired: log in again")
        return user_id

    def gauges(self) -> dict[str, int]:
        """The keys that have been used lately: the server keeps none."""
        return {"sessions": self._verified.cache_info().currsize}

    def _verify(self, key: str) -> tuple[int, float]:
        """The user and the expiry, in seconds, of a key that this server made."""
        signed, mac = key[: self._SIGNED], key[self._SIGNED :]
        if not key.isascii() or not compare_digest(mac, self._mac(signed)):
            raise Unauthorized("the session key is not valid")
        return int(signed[:8], 16), int(signed[8:20], 16) / 1000

    def _mac(self, signed: str) -> str:
        return blake2b(signed.encode(), digest_size=16, key=self._secret).hexdigest()


class StoredSessions:
    """Keys of a user (8 digits) and 128 random bits (32), the newest of each user.

    `_keys` is in the order of the logins, which is the order of expiry. Every call frees at most
    two expired entries, so the table shrinks at constant cost. Thread-safe.
    """

    _USER = 8

    def __init__(
        self, clock: Clock = time.time, randomness: Randomness = secrets.token_bytes
    ) -> None:
        self._clock = clock
        self._randomness = randomness
        self._lock = threading.Lock()
        self._keys: OrderedDict[int, tuple[str, float]] = OrderedDict()

    def login(self, user_id: int) -> str:
        key = f"{user_id:08x}{self._randomness(16).hex()}"
        now = self._clock() * 1000
        with self._lock:
            self._keys[user_id] = key, now + LIFETIME_MS
            self._keys.move_to_end(user_id)
            self._free(now)
        return key

    def user_of(self, key: str) -> int:
        now = self._clock() * 1000
        with self._lock:
            self._free(now)
            valid_key, expiry = self._keys.get(self._user_in(key), ("", 0))
        if now >= expiry or not compare_digest(key.encode(), valid_key.encode()):
            raise Unauthorized("the session key is not valid or has expired: log in again")
        return self._user_in(key)

    def gauges(self) -> dict[str, int]:
        return {"sessions": len(self._keys)}

    def _user_in(self, key: str) -> int:
        try:
            return int(key[: self._USER], 16)
        except ValueError:
            return -1

    def _free(self, now: float) -> None:
        for _ in range(2):
            oldest = next(iter(self._keys.values()), None)
            if oldest is None or now < oldest[1]:
                return
            self._forget_oldest()

    def _forget_oldest(self) -> None:
        self._keys.popitem(last=False)
