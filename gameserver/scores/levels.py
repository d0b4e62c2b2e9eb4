"""All levels: their boards and settings, and which of them are the busiest."""

from __future__ import annotations

import heapq
from collections.abc import Iterator

from gameserver.errors import Refused
from gameserver.scores.board import Board
from gameserver.scores.busiest import Busiest
from gameserver.scores.level import Level
from gameserver.scores.settings import LevelSettings
from gameserver.scores.user_index import BoardId
from gameserver.scores.values import LevelSummary, Limits

TURNS = 200
"""How many levels whose season has ended are put into their new place at once."""


class Levels:
    """The levels with scores or settings.

    A level that was never configured is a board in `plain` and nothing else: that is how most of
    them are, and how the mini-game finds theirs in one step.
    """

    def __init__(self, limits: Limits) -> None:
        self.plain: dict[int, Board] = {}
        self.configured: dict[int, Level] = {}
        self.busiest = Busiest()
        self.generation = 0
        """Counts the boards that were dropped or replaced, whose changes are counted anew."""
        self._limits = limits
        self._ends: list[tuple[int, int]] = []
        """A heap of the ends of seasons and their levels."""
        self._awaited: dict[int, int] = {}
        """The end that is in the heap, by level."""

    def get(self, level_id: int) -> Level:
        """The level; an empty one if nothing is known of it."""
        level = self.configured.get(level_id)
        return Level(board=self.plain.get(level_id)) if level is None else level

    def boards(self) -> Iterator[tuple[BoardId, Board]]:
        """All boards of all seasons."""
        for level_id, board in self.plain.items():
            yield (level_id, 0), board
        for level_id, level in self.configured.items():
            for start, board in level.boards.items():
                yield (level_id, start), board

    def require_room(self, level_id: int) -> None:
        """Refused if it would be one level too many."""
        if len(self.busiest) >= self._limits.levels and level_id not in self.busiest:
            raise Refused("full", f"the server keeps at most {self._limits.levels} levels")

    def put_board(self, board_id: BoardId, board: Board | None) -> None:
        """Puts a board in its place, or none."""
        level_id, start = board_id
        level = self.configured.get(level_id)
        boards, key = (self.plain, level_id) if level is None else (level.boards, start)
        if boards.pop(key, None) is not None:
            self.generation += 1
        if board is not None:
            boards[key] = board

    def put_settings(self, level_id: int, settings: LevelSettings | None) -> None:
        """Gives a level without a board the settings that were kept for it, or none."""
        self.generation += 1
        self.plain.pop(level_id, None)
        self.configured.pop(level_id, None)
        if settings is not None:
            self.configured[level_id] = Level(settings)
        self.busiest.put_title(level_id, settings.title if settings else None)

    def configure(self, level_id: int, settings: LevelSettings, now: int) -> None:
        """Gives the level settings; Refused if its scores do not allow it."""
        level = self.get(level_id)
        level.configure(settings)
        self.plain.pop(level_id, None)
        self.configured[level_id] = level
        self.busiest.put_title(level_id, settings.title)
        self.count(level_id, now)

    def count(self, level_id: int, now: int) -> None:
        """Gives the level its place among the busiest, or none if nothing is known of it."""
        level = self.get(level_id)
        if level_id not in self.configured and not level.has_scores():
            self.busiest.remove(level_id)
            return
        self.busiest.put(level_id, len(level.board(now) or ()))
        end = level.season(now).end
        if end is not None:
            self._await(level_id, end)

    def outdated(self, level_id: int, now: int) -> list[BoardId]:
        """The boards of seasons that are past the limit, as of the last season with scores."""
        level = self.get(level_id)
        kept = self._limits.seasons + (level.board(now) is None)
        return [(level_id, start) for start in level.past(now)[kept:]]

    def turn(self, now: int) -> None:
        """Gives some of the levels whose season has ended their new place."""
        for _ in range(TURNS):
            if not self._ends or self._ends[0][0] > now:
                return
            _, level_id = heapq.heappop(self._ends)
            self._awaited.pop(level_id, None)
            self.count(level_id, now)

    def summary(self, level_id: int, now: int) -> LevelSummary:
        """See `ScoreStore.summary`."""
        level = self.get(level_id)
        season, board = level.season(now), level.board(now)
        return LevelSummary(
            level_id,
            level.settings,
            season,
            None if season.end is None else max(0, season.end - now),
            0 if board is None else len(board),
            None if board is None else board.first(),
        )

    def _await(self, level_id: int, end: int) -> None:
        if self._awaited.get(level_id) != end:
            self._awaited[level_id] = end
            heapq.heappush(self._ends, (end, level_id))
