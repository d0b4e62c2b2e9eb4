"""Claims to users, in memory."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable
from itertools import islice

from gameserver.auth.claim_store import Claim
from gameserver.auth.sessions import LIFETIME_MS


class MemoryClaims:
    """A `ClaimStore` of dictionaries, whose order is that of the claims' moments."""

    def __init__(self, lock: threading.RLock, hash_key: bytes | None = None) -> None:
        """`lock` is the engine's."""
        self._lock = lock
        self.hash_key = secrets.token_bytes(32) if hash_key is None else hash_key
        self.by_user: dict[int, Claim] = {}
        self.unkept: dict[int, None] = {}
        self._lifted: dict[int, None] = {}
        self._watchers: list[Callable[[int], None]] = []

    def put(self, user_id: int, claim: Claim) -> None:
        with self._lock:
            self._put(user_id, claim)
            for outdated in self._outdated(claim.since - LIFETIME_MS):
                self._put(outdated, None)

    def look(self) -> None:
        """There is no other server."""

    def admits(self, user_id: int, made: int, is_owner: bool) -> bool:
        claim = self.by_user.get(user_id)
        return claim is None or (made >= claim.since and (is_owner or not claim.secret))

    def watch(self, changed: Callable[[int], None]) -> None:
        self._watchers.append(changed)

    def _put(self, user_id: int, claim: Claim | None) -> None:
        """Puts a claim in its place, or none, and says so."""
        for users in (self.by_user, self.unkept, self._lifted):
            users.pop(user_id, None)
        if claim is not None:
            self.by_user[user_id] = claim
            if not claim.secret:
                self._lifted[user_id] = None
            elif not claim.is_kept:
                self.unkept[user_id] = None
        for changed in self._watchers:
            changed(user_id)

    def _outdated(self, before: int) -> list[int]:
        """Two users at most whose claims were lifted before a time."""
        oldest = list(islice(self._lifted, 2))
        return [user_id for user_id in oldest if self.by_user[user_id].since < before]
