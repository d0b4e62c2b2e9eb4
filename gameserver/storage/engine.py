"""The engine: one object that keeps everything, chosen once from the settings."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import NamedTuple, Protocol

from gameserver.auth.account_store import AccountStore
from gameserver.auth.claim_store import ClaimStore
from gameserver.auth.game_tokens import GameTokenStore
from gameserver.auth.sessions import Sessions
from gameserver.scores.score_store import ScoreStore
from gameserver.scores.values import NORMAL, Limits
from gameserver.storage.progress import Follow, without_progress
from gameserver.times import Clock, server_clock
from gameserver.tournaments.tournament_store import TournamentStore


class Disk(NamedTuple):
    """What an engine has on disk."""

    size: int = 0
    """Bytes."""
    written: int = 0
    """Rows that were written since the start."""


class Engine(Protocol):
    """All that is kept. Only the engine knows where."""

    @property
    def shared(self) -> bool:
        """Whether several processes may open the same state: then it needs no owner."""

    @property
    def scores(self) -> ScoreStore: ...

    @property
    def sessions(self) -> Sessions: ...

    @property
    def accounts(self) -> AccountStore: ...

    @property
    def game_tokens(self) -> GameTokenStore: ...

    @property
    def claims(self) -> ClaimStore: ...

    @property
    def tournaments(self) -> TournamentStore: ...

    def batch(self) -> AbstractContextManager[object]:
        """For `with`: everything in it happens as one, and nobody sees it before its end.

        StorageFull at the end if it cannot be kept; then nothing has changed. Scores and sessions
        are for use inside a batch only, so that a batch takes the lock once; the operations of
        the other stores are atomic by themselves as well.
        """

    def unsynced_batch(self) -> AbstractContextManager[object]:
        """A batch for a part of something long, which is durable with the next `batch`.

        Not for use inside another batch.
        """

    def check(self) -> None:
        """Ends the process if what is kept on disk is no longer there; costs microseconds."""

    def disk(self) -> Disk:
        """What is on disk now; costs microseconds."""

    def close(self) -> None:
        """Puts the data on disk in order; may be called again."""


def open_engine(
    data: str = "",
    store_tokens: bool = False,
    limits: Limits = NORMAL,
    follow: Follow = without_progress,
    clock: Clock = server_clock,
) -> Engine:
    """The engine for a data file; without one, everything is in memory. StartError if it cannot.

    `store_tokens` keeps the newest session key of each user; `limits` says how many scores there
    may be; `follow` sees how far loading is.
    """
    # Imported where it is chosen: a server in memory does without the modules of the others.
    if data:
        from gameserver.storage.sqlite.engine import SqliteEngine

        return SqliteEngine(data, store_tokens, limits, follow, clock)
    from gameserver.storage.memory.engine import MemoryEngine

    return MemoryEngine(store_tokens, limits, clock)
