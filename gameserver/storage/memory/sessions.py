"""The newest session key of every user, in memory (`--store_tokens`)."""

from __future__ import annotations

import secrets
from collections import OrderedDict
from hmac import compare_digest

from gameserver.auth.claim_store import ClaimStore
from gameserver.auth.sessions import LIFETIME_MS, OWNER, Randomness
from gameserver.errors import InvalidSessionKey
from gameserver.numbers import MAX_NUMBER
from gameserver.times import Clock, server_clock

_NO_KEY = "-" * 40, 0.0
"""What is compared with a key of somebody who has none; no key has such characters."""


class MemorySessions:
    """Keys of a user (8 digits, `OWNER` in them) and 128 random bits (32): `Sessions`.

    The newest of each user is valid, unless a claim ends it: then it is dropped.

    `_keys` is in the order of the logins, which is the order of expiry. Every call frees at most
    two expired entries, so the table shrinks at constant cost.
    """

    _USER = 8

    def __init__(
        self,
        clock: Clock = server_clock,
        randomness: Randomness = secrets.token_bytes,
        claims: ClaimStore | None = None,
    ) -> None:
        self._claims = claims
        if claims:
            claims.watch(self._claim_changed)
        self._clock = clock
        self._randomness = randomness
        self._keys: OrderedDict[int, tuple[str, float]] = OrderedDict()

    def login(self, user_id: int, since: int = 0) -> str:
        key = f"{user_id:08x}{self._randomness(16).hex()}"
        now = self._clock() * 1000
        user_id &= MAX_NUMBER
        self._keys[user_id] = key, max(now, since) + LIFETIME_MS
        self._keys.move_to_end(user_id)
        self._free(now)
        return key

    def user_of(self, key: str) -> int:
        now = self._clock() * 1000
        self._free(now)
        valid_key, expiry = self._keys.get(self._user_in(key), _NO_KEY)
        # Compared also where there is none, so that the time does not say who is logged in.
        if not compare_digest(key.encode(), valid_key.encode()) or now >= expiry:
            raise InvalidSessionKey("the session key is not valid or has expired: log in again")
        return self._user_in(key)

    def is_owner(self, key: str) -> bool:
        return bool(int(key[: self._USER], 16) & OWNER)

    def gauges(self) -> dict[str, int]:
        return {"sessions": len(self._keys)}

    def _user_in(self, key: str) -> int:
        try:
            return int(key[: self._USER], 16) & MAX_NUMBER
        except ValueError:
            return -1

    def _is_admitted(self, user_id: int, key: str, expiry: float) -> bool:
        made = int(expiry) - LIFETIME_MS
        return not self._claims or self._claims.admits(user_id, made, self.is_owner(key))

    def _claim_changed(self, user_id: int) -> None:
        """Drops the key of the user if it counts no longer."""
        entry = self._keys.get(user_id)
        if entry and not self._is_admitted(user_id, *entry):
            self._drop(user_id)

    def _drop(self, user_id: int) -> None:
        del self._keys[user_id]

    def _free(self, now: float) -> None:
        for _ in range(2):
            oldest = next(iter(self._keys.values()), None)
            if oldest is None or now < oldest[1]:
                return
            self._forget_oldest()

    def _forget_oldest(self) -> None:
        self._drop(next(iter(self._keys)))
