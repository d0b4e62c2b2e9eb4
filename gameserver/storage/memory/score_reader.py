"""The reading half of the scores in memory, which every engine that holds boards can use."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from heapq import nsmallest
from itertools import chain

from gameserver.scores.board import Board
from gameserver.scores.level import Level
from gameserver.scores.levels import Levels
from gameserver.scores.ranking import Ranking, season_of_cursor
from gameserver.scores.seasons import CURRENT, Season
from gameserver.scores.settings import LevelSettings
from gameserver.scores.user_index import BoardId, UserIndex
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
        levels = chain(self._users.levels(user_id), {level for level, _ in self._users.large})
        return any(self._has_scores(user_id, level_id) for level_id in levels)

    def scores_of(self, user_id: int) -> list[UserScore]:
        return self._user_scores(user_id, self._boards_of(user_id))

    def scores_from(
        self, user_id: int, level_id: int, levels: int
    ) -> tuple[list[UserScore], int | None]:
        large = {level for level, _ in self._users.large if level >= level_id}
        small = self._users.levels(user_id, level_id, levels + 1)
        found = nsmallest(levels + 1, large.union(small))
        following = found.pop() if len(found) > levels else None
        boards = [
            ((level, start), board)
            for level in found
            for start, board in self._levels.get(level).boards.items()
            if board.best(user_id) is not None
        ]
        return self._user_scores(user_id, boards), following

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

    def _user_scores(
        self, user_id: int, boards: Iterable[tuple[BoardId, Board]]
    ) -> list[UserScore]:
        now = self._now()
        found = sorted(boards, key=lambda found: (found[0][0], -found[0][1]))
        return [
            self._user_score(user_id, level_id, start, board, now)
            for (level_id, start), board in found
        ]

    def _user_score(
        self, user_id: int, level_id: int, start: int, board: Board, now: int
    ) -> UserScore:
        level = self._levels.get(level_id)
        season = level.starting(start)
        entry = self._ranking_in(level, season).entries([user_id])[0]
        is_current = start == level.season(now).start
        return UserScore(level_id, season, entry.rank, entry.score, entry.at, is_current)

    def _boards_of(self, user_id: int) -> list[tuple[BoardId, Board]]:
        """The boards on which the user has a score."""
        boards = {
            (level_id, start): board
            for level_id in self._users.levels(user_id)
            for start, board in self._levels.get(level_id).boards.items()
        }
        for level_id, start in self._users.large:
            boards[level_id, start] = self._levels.get(level_id).boards[start]
        return [found for found in boards.items() if found[1].best(user_id) is not None]

    def _has_scores(self, user_id: int, level_id: int) -> bool:
        boards = self._levels.get(level_id).boards.values()
        return any(board.best(user_id) is not None for board in boards)
