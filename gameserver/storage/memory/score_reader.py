"""The reading half of the scores in memory, which every engine that holds boards can use."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from gameserver.numbers import MAX_NUMBER
from gameserver.scores.board import Board
from gameserver.scores.level import Level
from gameserver.scores.levels import Levels
from gameserver.scores.ranking import Ranking, season_of_cursor
from gameserver.scores.seasons import CURRENT, Season
from gameserver.scores.settings import LevelSettings
from gameserver.scores.user_index import UserIndex
from gameserver.scores.user_names import UserNames
from gameserver.scores.values import (
    Entry,
    Histogram,
    LevelList,
    LevelSummary,
    Limits,
    Neighbours,
    Page,
    SeasonSummary,
    UserScore,
)
from gameserver.times import Clock, moment_of


class ScoreReader:
    """What can be read of levels, boards and names; `ScoreStore` says what each method does."""

    def __init__(self, limits: Limits, clock: Clock) -> None:
        self._clock = clock
        self._levels = Levels(limits)
        self._plain = self._levels.plain
        self._names = UserNames()
        self._users = UserIndex(self._has_scores)
        self._changes = 0
        """How often any board has changed."""

    # A board

    def high_scores(self, level_id: int) -> bytes:
        board = self._plain.get(level_id)
        if board is None:
            board = self._levels.get(level_id).board(self._now())
        return b"" if board is None else board.csv()

    def summary(self, level_id: int) -> LevelSummary:
        return self._levels.summary(level_id, self._now())

    def version(self, level_id: int, season: str = CURRENT) -> str:
        level = self._levels.get(level_id)
        start = level.named(season, self._now()).start
        board = level.boards.get(start)
        changes = 0 if board is None else board.changes
        return (
            f"{self._levels.generation}-{start:x}-{changes}"
            f"-{level.configured}-{self._names.changes}"
        )

    def page(self, level_id: int, season: str = CURRENT, offset: int = 0, limit: int = 15) -> Page:
        return self._ranking(level_id, season).page(offset, limit)

    def after(self, level_id: int, cursor: str, season: str = CURRENT, limit: int = 15) -> Page:
        if season == CURRENT:
            level = self._levels.get(level_id)
            season = level.begun(season_of_cursor(cursor), self._now()).name
        return self._ranking(level_id, season).after(cursor, limit)

    def around(
        self, level_id: int, user_id: int, season: str = CURRENT, count: int = 0
    ) -> Neighbours | None:
        return self._ranking(level_id, season).around(user_id, count)

    def entries(self, level_id: int, users: Sequence[int], season: str = CURRENT) -> list[Entry]:
        return self._ranking(level_id, season).entries(users)

    def rank_of(self, level_id: int, score: int, season: str = CURRENT) -> int:
        return self._ranking(level_id, season).rank_of(score)

    def histogram(self, level_id: int, buckets: int = 20, season: str = CURRENT) -> Histogram:
        return self._ranking(level_id, season).histogram(buckets)

    def seasons(self, level_id: int) -> list[SeasonSummary]:
        level, now = self._levels.get(level_id), self._now()
        starts = [level.season(now).start, *level.past(now)]
        boards = ((level.starting(start), level.boards.get(start)) for start in starts)
        return [
            SeasonSummary(season, 0, None)
            if board is None
            else SeasonSummary(season, len(board), board.first())
            for season, board in boards
        ]

    # Levels

    def overall_version(self) -> str:
        self._levels.turn(self._now())
        levels = self._levels
        return f"{levels.generation}-{levels.busiest.changes}-{self._changes}-{self._names.changes}"

    def levels(self, offset: int = 0, limit: int = 100, q: str = "") -> LevelList:
        now, busiest = self._now(), self._levels.busiest
        self._levels.turn(now)
        if q:
            found, total = busiest.search(q, offset, limit)
        else:
            found, total = busiest.part(offset, limit), len(busiest)
        return LevelList([self._levels.summary(level_id, now) for level_id in found], total)

    def settings(self, level_id: int) -> LevelSettings:
        return self._levels.get(level_id).settings

    # Users

    def name(self, user_id: int) -> str | None:
        return self._names.by_user.get(user_id)

    def users(self, q: str, limit: int = 20) -> list[tuple[int, str]]:
        return self._names.beginning_with(q, limit)

    def is_known(self, user_id: int) -> bool:
        if user_id in self._names.by_user:
            return True
        return next(self._boards_of(user_id), None) is not None

    def scores_of(self, user_id: int, first: int = 0, limit: int = MAX_NUMBER) -> list[UserScore]:
        now = self._now()
        return [
            self._user_score(user_id, level_id, start, now)
            for level_id, starts in islice(self._boards_of(user_id, first), limit)
            for start in sorted(starts, reverse=True)
        ]

    # For both halves

    def _now(self) -> int:
        return moment_of(self._clock())

    def _ranking(self, level_id: int, season: str) -> Ranking:
        level = self._levels.get(level_id)
        return self._ranking_in(level, level.named(season, self._now()))

    def _ranking_in(self, level: Level, season: Season) -> Ranking:
        board = level.boards.get(season.start)
        if board is None:
            board = Board(level.is_ascending)
        return Ranking(season, board, level.settings, self._names.by_user)

    def _user_score(self, user_id: int, level_id: int, start: int, now: int) -> UserScore:
        level = self._levels.get(level_id)
        board = level.boards[start]
        ranking = self._ranking_in(level, level.starting(start))
        score, rank = board.best(user_id), ranking.rank(user_id)
        assert score is not None and rank is not None
        at = board.note(user_id)[0] if level.settings.times else None
        is_current = start == level.season(now).start
        players, settings = len(board), level.settings
        return UserScore(level_id, ranking.season, rank, score, at, players, settings, is_current)

    def _boards_of(self, user_id: int, first: int = 0) -> Iterator[tuple[int, list[int]]]:
        """The levels in which the user has scores, from `first` on, each with its seasons."""
        for level_id in self._users.levels(user_id, first):
            boards = self._levels.get(level_id).boards.items()
            starts = [start for start, board in boards if board.best(user_id) is not None]
            if starts:
                yield level_id, starts

    def _has_scores(self, user_id: int, level_id: int) -> bool:
        boards = self._levels.get(level_id).boards.values()
        return any(board.best(user_id) is not None for board in boards)
