"""Everything in one data file."""

from __future__ import annotations

import os
import secrets
from contextlib import AbstractContextManager, suppress

from gameserver.auth.sessions import Sessions, SignedSessions
from gameserver.auth.throttle import LoginThrottle
from gameserver.errors import StartError, StorageFull
from gameserver.scores.values import NORMAL, Limits
from gameserver.storage.disk import Disk
from gameserver.storage.progress import Follow, without_progress
from gameserver.storage.sqlite.accounts import SqliteAccounts
from gameserver.storage.sqlite.claims import SqliteClaims
from gameserver.storage.sqlite.database import Database
from gameserver.storage.sqlite.game_tokens import SqliteGameTokens
from gameserver.storage.sqlite.scores import SqliteScores
from gameserver.storage.sqlite.sessions import SqliteSessions
from gameserver.storage.sqlite.tournaments import SqliteTournaments
from gameserver.times import Clock, server_clock


class SqliteEngine:
    """An `Engine` whose state is in memory as far as it is read often, and in a file as a whole.

    A batch is one transaction, with one sync at its end. Where there is no room for it, it is
    undone and StorageFull raised; from then on all writing is refused until there is room.
    """

    shared = False
    randomness = staticmethod(secrets.token_bytes)

    def __init__(
        self,
        path: str,
        store_tokens: bool = False,
        limits: Limits = NORMAL,
        follow: Follow = without_progress,
        clock: Clock = server_clock,
    ) -> None:
        """Opens the file, or makes it; StartError says why it cannot.

        `store_tokens` keeps the newest session key of each user; `follow` sees how far loading is.
        """
        self._database = Database(path)
        real = os.path.realpath(path)
        self._files = (real, real + "-wal")
        try:
            self.scores = SqliteScores(self._database, limits, follow, clock)
            self.claims = SqliteClaims(self._database)
            self.sessions = self._open_sessions(store_tokens, clock)
            self.game_tokens = SqliteGameTokens(self._database)
        except StorageFull:
            self._database.close()
            raise StartError(f"there is no room for {path}") from None
        except BaseException:
            self._database.close()
            raise
        self.accounts = SqliteAccounts(self._database)
        self.throttle = LoginThrottle()
        self.tournaments = SqliteTournaments(self._database, clock)

    def batch(self) -> AbstractContextManager[object]:
        return self._database.batch()

    def unsynced_batch(self) -> AbstractContextManager[object]:
        return self._database.unsynced_batch()

    def check(self) -> None:
        self._database.check()

    def disk(self) -> Disk:
        size = 0
        for path in self._files:
            with suppress(OSError):
                size += os.path.getsize(path)
        return Disk(size, self._database.connection.total_changes)

    def close(self) -> None:
        """Moves the log into the file and ends the connection; may be called again."""
        self._database.close()

    def _open_sessions(self, store_tokens: bool, clock: Clock) -> Sessions:
        if store_tokens:
            return SqliteSessions(self._database, clock, claims=self.claims)
        secret = self._database.secret("session keys", 32)
        return SignedSessions(secret, clock, claims=self.claims)
