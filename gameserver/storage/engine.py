"""The engine: one object that keeps everything, chosen once from the settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Protocol

from gameserver.auth.account_store import AccountStore
from gameserver.auth.claim_store import ClaimStore
from gameserver.auth.game_tokens import GameTokenStore
from gameserver.auth.sessions import Sessions
from gameserver.auth.throttle import Throttle
from gameserver.errors import StartError
from gameserver.scores.score_store import ScoreStore
from gameserver.scores.values import NORMAL, Limits
from gameserver.settings import STORE_VARIABLE
from gameserver.storage.disk import Disk
from gameserver.storage.progress import Follow, without_progress
from gameserver.times import Clock, server_clock
from gameserver.tournaments.tournament_store import TournamentStore


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
    def throttle(self) -> Throttle: ...

    @property
    def game_tokens(self) -> GameTokenStore: ...

    @property
    def claims(self) -> ClaimStore: ...

    @property
    def tournaments(self) -> TournamentStore: ...

    @property
    def randomness(self) -> Callable[[int], bytes]:
        """As many unpredictable bytes, for services whose operations are the engine's."""

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


def chosen_store(store: str, data: str, environment: Mapping[str, str]) -> str:
    """The address of the Redis that was asked for, by a flag or in the environment; or none.

    StartError if there are two places to keep everything in.
    """
    given = environment.get(STORE_VARIABLE, "")
    if store and given:
        raise StartError(f"there are two stores: use --store or {STORE_VARIABLE}")
    if data and (store or given):
        raise StartError(
            f"there are two places to keep everything in: use --data, or --store ({STORE_VARIABLE})"
        )
    return store or given


def check_store(store: str) -> None:
    """StartError if the Redis at an address cannot be used."""
    from gameserver.storage.redis.opening import check_redis

    check_redis(store)


def open_engine(
    data: str = "",
    store_tokens: bool = False,
    limits: Limits = NORMAL,
    follow: Follow = without_progress,
    clock: Clock = server_clock,
    store: str = "",
    redis_wait: int = 0,
) -> Engine:
    """The engine for a data file, or for a Redis; without either, everything is in memory.

    StartError if it cannot be. `store_tokens` keeps the newest session key of each user; `limits`
    says how many scores there may be; `follow` sees how far loading is. `store` is the address of
    the Redis, `redis_wait` the number of its replicas that have to confirm what is written.
    """
    # Imported where it is chosen: a server in memory does without the modules of the others.
    if store:
        from gameserver.storage.redis.opening import open_redis

        return open_redis(store, redis_wait, store_tokens, limits, clock)
    if data:
        from gameserver.storage.sqlite.engine import SqliteEngine

        return SqliteEngine(data, store_tokens, limits, follow, clock)
    from gameserver.storage.memory.engine import MemoryEngine

    return MemoryEngine(store_tokens, limits, clock)
