"""Everything in memory: it ends with the server."""

from __future__ import annotations

import secrets
import threading
from contextlib import AbstractContextManager

from gameserver.auth.sessions import Sessions, SignedSessions
from gameserver.auth.throttle import LoginThrottle
from gameserver.scores.values import NORMAL, Limits
from gameserver.storage.disk import Disk
from gameserver.storage.memory.accounts import MemoryAccounts
from gameserver.storage.memory.claims import MemoryClaims
from gameserver.storage.memory.game_tokens import MemoryGameTokens
from gameserver.storage.memory.moderation import ModeratedScores
from gameserver.storage.memory.sessions import MemorySessions
from gameserver.storage.memory.tournaments import MemoryTournaments
from gameserver.times import Clock, server_clock


class MemoryEngine:
    """An `Engine` of dictionaries, with one lock around all of them."""

    shared = False
    randomness = staticmethod(secrets.token_bytes)

    def __init__(
        self,
        store_tokens: bool = False,
        limits: Limits = NORMAL,
        clock: Clock = server_clock,
    ) -> None:
        """`store_tokens` keeps the newest session key of each user."""
        self._lock = threading.RLock()
        self.scores = ModeratedScores(limits, clock)
        self.claims = MemoryClaims(self._lock)
        self.sessions: Sessions = (
            MemorySessions(clock, claims=self.claims)
            if store_tokens
            else SignedSessions(clock=clock, claims=self.claims)
        )
        self.accounts = MemoryAccounts(self._lock)
        self.throttle = LoginThrottle()
        self.game_tokens = MemoryGameTokens()
        self.tournaments = MemoryTournaments(self._lock, self.accounts)

    def batch(self) -> AbstractContextManager[object]:
        return self._lock

    def unsynced_batch(self) -> AbstractContextManager[object]:
        return self._lock

    def check(self) -> None:
        """There is nothing on disk."""

    def disk(self) -> Disk:
        return Disk()

    def close(self) -> None:
        """There is nothing on disk."""
