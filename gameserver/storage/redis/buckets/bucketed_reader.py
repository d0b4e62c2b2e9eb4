"""Reading scores that are spread over buckets; `ScoreStore` says what each method does.

What concerns one level is asked of its bucket. What concerns all of them is asked of all in the
same round, and put together.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from hashlib import blake2b
from itertools import chain
from typing import TypeVar

from gameserver.numbers import MAX_NUMBER
from gameserver.scores.seasons import CURRENT
from gameserver.scores.settings import LevelSettings
from gameserver.scores.values import (
    Entry,
    Histogram,
    LevelList,
    LevelSummary,
    Neighbours,
    Page,
    SeasonSummary,
    UserScore,
)
from gameserver.scores.withheld import State
from gameserver.storage.redis.buckets.spread import together
from gameserver.storage.redis.link.rounds import Rounds
from gameserver.storage.redis.scores.moderation import ModeratedScores

T = TypeVar("T")


class BucketedReader:
    """The reading half. Names and states are in all buckets; those of the bucket 0 count."""

    def __init__(self, rounds: Rounds, stores: Sequence[ModeratedScores]) -> None:
        """`stores` are the buckets, each with its levels."""
        self._rounds = rounds
        self._stores = stores
        self._first, *self._others = stores

    # A level

    def high_scores(self, level_id: int) -> bytes:
        return self._of(level_id).high_scores(level_id)

    def last_known(self, level_id: int) -> tuple[bytes, int] | None:
        """See `RedisScores.last_known`."""
        return self._of(level_id).last_known(level_id)

    def summary(self, level_id: int) -> LevelSummary:
        return self._of(level_id).summary(level_id)

    def settings(self, level_id: int) -> LevelSettings:
        return self._of(level_id).settings(level_id)

    def version(self, level_id: int, season: str = CURRENT) -> str:
        return self._of(level_id).version(level_id, season)

    def page(self, level_id: int, season: str = CURRENT, offset: int = 0, limit: int = 15) -> Page:
        return self._of(level_id).page(level_id, season, offset, limit)

    def after(self, level_id: int, cursor: str, season: str = CURRENT, limit: int = 15) -> Page:
        return self._of(level_id).after(level_id, cursor, season, limit)

    def around(
        self, level_id: int, user_id: int, season: str = CURRENT, count: int = 0
    ) -> Neighbours | None:
        return self._of(level_id).around(level_id, user_id, season, count)

    def around_hidden(
        self, level_id: int, user_id: int, season: str = CURRENT, count: int = 0
    ) -> Neighbours | None:
        return self._of(level_id).around_hidden(level_id, user_id, season, count)

    def entries(self, level_id: int, users: Sequence[int], season: str = CURRENT) -> list[Entry]:
        return self._of(level_id).entries(level_id, users, season)

    def rank_of(self, level_id: int, score: int, season: str = CURRENT) -> int:
        return self._of(level_id).rank_of(level_id, score, season)

    def histogram(self, level_id: int, buckets: int = 20, season: str = CURRENT) -> Histogram:
        return self._of(level_id).histogram(level_id, buckets, season)

    def seasons(self, level_id: int) -> list[SeasonSummary]:
        return self._of(level_id).seasons(level_id)

    # All levels

    def overall_version(self) -> str:
        versions = self._of_all(lambda store: store.overall_version())
        return blake2b("/".join(versions).encode(), digest_size=16).hexdigest()

    def levels(self, offset: int = 0, limit: int = 100, q: str = "") -> LevelList:
        """Of each bucket as many are asked for as there are up to the end of the page."""
        most = offset + limit
        found = self._of_all(lambda store: store.ranked(q, most))
        ranked = sorted(chain.from_iterable(levels for levels, _ in found))[offset:most]
        summaries = self._summaries([level_id for _, level_id in ranked])
        return LevelList(summaries, sum(total for _, total in found))

    def gauges(self) -> dict[str, int]:
        found = self._of_all(lambda store: store.gauges())
        return {name: sum(each[name] for each in found) for name in found[0]}

    def keeps_times(self, level_id: int | None) -> bool:
        if level_id is not None:
            return self._of(level_id).keeps_times(level_id)
        return any(self._of_all(lambda store: store.keeps_times(None)))

    def _summaries(self, levels: Sequence[int]) -> list[LevelSummary]:
        """Those of some levels, in the same order."""
        calls = []
        for bucket, store in enumerate(self._stores):
            own = [level_id for level_id in levels if self._bucket(level_id) == bucket]
            if own:
                calls.append(partial(store.summaries, own))
        by_level = {each.level_id: each for each in chain.from_iterable(together(calls))}
        return [by_level[level_id] for level_id in levels]

    # Users

    def name(self, user_id: int) -> str | None:
        return self._first.name(user_id)

    def users(self, q: str, limit: int = 20) -> list[tuple[int, str]]:
        return self._first.users(q, limit)

    def state(self, user_id: int) -> State:
        return self._first.state(user_id)

    def is_known(self, user_id: int) -> bool:
        return any(self._of_all(lambda store: store.is_known(user_id)))

    def scores_of(self, user_id: int, first: int = 0, limit: int = MAX_NUMBER) -> list[UserScore]:
        found = chain.from_iterable(
            self._of_all(lambda store: store.scores_of(user_id, first, limit))
        )
        by_level: dict[int, list[UserScore]] = {}
        for score in found:
            by_level.setdefault(score.level_id, []).append(score)
        return [score for level_id in sorted(by_level)[:limit] for score in by_level[level_id]]

    # Buckets

    def _bucket(self, level_id: int) -> int:
        return level_id % len(self._stores)

    def _of(self, level_id: int) -> ModeratedScores:
        """The bucket of a level."""
        return self._stores[level_id % len(self._stores)]

    def _of_all(self, ask: Callable[[ModeratedScores], T]) -> list[T]:
        """What each bucket answers to one question."""
        return together([partial(ask, store) for store in self._stores])
