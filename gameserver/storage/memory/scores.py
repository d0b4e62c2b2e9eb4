"""The scores of all levels, in memory."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

from gameserver.errors import Refused
from gameserver.numbers import MAX_NUMBER
from gameserver.scores.board import Board
from gameserver.scores.rank_key import Line
from gameserver.scores.rates import Rates
from gameserver.scores.requests import RequestMemory, Requests
from gameserver.scores.runs import Run, Runs, UsedRunsInMemory
from gameserver.scores.seasons import CURRENT
from gameserver.scores.settings import LevelSettings
from gameserver.scores.user_index import BoardId
from gameserver.scores.values import NORMAL, Limits, Outcome, Post, RequestId
from gameserver.scores.writers import check_writer
from gameserver.storage.memory.score_reader import ScoreReader
from gameserver.times import Clock


class _Entered(NamedTuple):
    """A post that was counted."""

    board_id: BoardId
    board: Board
    before: Line | None
    """The user's line until then."""
    has_changed: bool


class MemoryScores(ScoreReader):
    """Boards, settings, names and answered requests: a `ScoreStore`.

    Every change of a board goes through `_changed`, where a store that keeps it elsewhere as well
    hears of it.
    """

    def __init__(self, limits: Limits = NORMAL, clock: Clock = time.time) -> None:
        super().__init__(limits, clock)
        self._most = limits.scores
        self._count = 0
        """The scores of all boards."""
        self._requests: RequestMemory = Requests()
        self._rates = Rates()
        self._runs = Runs(UsedRunsInMemory())

    def submit(self, level_id: int, user_id: int, score: int) -> bool:
        board = self._plain.get(level_id)
        if board is None:
            return self._enter(user_id, Post(level_id, score), self._now()).has_changed
        if not board.submit(user_id, score):
            return False
        if board.has_grown and self._count >= self._most:
            board.remove(user_id)
            self._require_room(level_id)
        self._changed((level_id, 0), board, user_id, int(board.has_grown))
        return True

    def post(
        self,
        user_id: int,
        posts: Sequence[Post],
        answer: Callable[[Sequence[Outcome]], bytes],
        request: RequestId | None = None,
    ) -> bytes:
        now = self._now()
        if request:
            first_answer = self._requests.answer(user_id, request, now)
            if first_answer is not None:
                return first_answer
        entered: list[_Entered] = []
        try:
            text = answer([self._outcome(user_id, post, now, entered) for post in posts])
        except BaseException:
            for board_id, _, before, _ in reversed(entered):
                self._put_line(board_id, user_id, before)
            raise
        for post in posts:
            if post.run and self.settings(post.level_id).runs:
                self._runs.use(post.run, now)
        if request:
            self._requests.add(user_id, request, text, now)
        return text

    def draw_run(
        self,
        level_id: int,
        user_id: int,
        answer: Callable[[Run], bytes],
        request: RequestId | None = None,
    ) -> bytes:
        now = self._now()
        first = self._requests.answer(user_id, request, now) if request else None
        if first is not None:
            return first
        text = answer(self._runs.draw(level_id, user_id, self.settings(level_id), now))
        if request:
            self._requests.add(user_id, request, text, now)
        return text

    def configure(
        self, level_id: int, rule: Callable[[LevelSettings], LevelSettings]
    ) -> LevelSettings:
        settings = rule(self.settings(level_id))
        self._levels.require_room(level_id)
        self._levels.configure(level_id, settings, self._now())
        return settings

    def remove(self, level_id: int, user_id: int, season: str = CURRENT) -> bool:
        level = self._levels.get(level_id)
        start = level.named(season, self._now()).start
        board = level.boards.get(start)
        if board is None or board.best(user_id) is None:
            return False
        self._put_line((level_id, start), user_id, None)
        return True

    def rename(self, user_id: int, name: str | None) -> None:
        self._names.put(user_id, name)

    def forget(self, user_id: int) -> None:
        for level_id, starts in list(self._boards_of(user_id)):
            for start in starts:
                self._put_line((level_id, start), user_id, None)
        self._users.forget(user_id)
        self._requests.forget(user_id)
        if self.name(user_id) is not None:
            self.rename(user_id, None)

    def gauges(self) -> dict[str, int]:
        return {"levels": len(self._levels.busiest), "scores": self._count}

    # One score

    def _outcome(self, user_id: int, post: Post, now: int, entered: list[_Entered]) -> Outcome:
        """Enters a post, and says so in `entered` first of all."""
        level = self._levels.get(post.level_id)
        season = level.season(now)
        previous_rank = self._ranking_in(level, season).rank(user_id)
        entered.append(self._enter(user_id, post, now))
        _, board, before, _ = entered[-1]
        old = None if before is None else board.score_in(before.key)
        best = board.best(user_id)
        rank = self._ranking_in(self._levels.get(post.level_id), season).rank(user_id)
        assert best is not None and rank is not None
        improved = old is None or (best < old if board.is_ascending else best > old)
        return Outcome(post.level_id, season.name, post.score, best, rank, previous_rank, improved)

    def _enter(self, user_id: int, post: Post, now: int) -> _Entered:
        """Counts a post as the level's settings say; Refused if they do not allow it."""
        level = self._levels.get(post.level_id)
        settings = level.settings
        check_writer(settings, post)
        if settings.runs:
            self._runs.check(post.run, post.level_id, user_id, settings, now)
        board_id = post.level_id, level.season(now).start
        known = level.boards.get(board_id[1])
        board = Board(level.is_ascending) if known is None else known
        before = board.line(user_id)
        score = _counted(settings, post.score, before and board.score_in(before.key))
        if before is None:
            self._require_room(post.level_id)
        self._rates.count(post.level_id, user_id, settings, now)
        enter = board.submit if settings.keep == "best" else board.replace
        has_changed = enter(user_id, score, (now if settings.times else None, post.meta))
        if known is None:
            self._levels.put_board(board_id, board)
            self._drop_outdated(post.level_id, now)
        if has_changed:
            self._changed(board_id, board, user_id, int(before is None))
        return _Entered(board_id, board, before, has_changed)

    def _put_line(self, board_id: BoardId, user_id: int, line: Line | None) -> None:
        """Gives the user a line that they had, or none."""
        level_id, start = board_id
        board = self._levels.get(level_id).boards[start]
        count = len(board)
        board.put_back(user_id, line)
        if not board:
            self._drop(board_id, board)
        self._changed(board_id, board, user_id, len(board) - count)

    def _changed(self, board_id: BoardId, board: Board, user_id: int, players: int) -> None:
        """The user's line on a board has changed; `players`: how many more it has now."""
        self._changes += 1
        if not players:
            return
        self._count += players
        if players > 0:
            self._users.add(user_id, board_id, len(board))
        level_id = board_id[0]
        if level_id in self._plain:
            self._levels.busiest.put(level_id, len(board))
        else:
            self._levels.count(level_id, self._now())

    def _require_room(self, level_id: int) -> None:
        if self._count >= self._most:
            raise Refused("full", f"the server keeps at most {self._most} scores")
        self._levels.require_room(level_id)

    def _drop_outdated(self, level_id: int, now: int) -> None:
        """Drops the boards of seasons that are kept no longer."""
        for board_id in self._levels.outdated(level_id, now):
            board = self._levels.get(level_id).boards[board_id[1]]
            self._count -= len(board)
            self._drop(board_id, board)

    def _drop(self, board_id: BoardId, board: Board) -> None:
        """Drops a board."""
        self._users.drop(board_id, board)
        self._levels.put_board(board_id, None)


def _counted(settings: LevelSettings, score: int, old: int | None) -> int:
    """The score that is to stand on the board; Refused if it is out of bounds."""
    if not settings.min <= score <= settings.max:
        raise Refused(
            "out_of_bounds",
            f"the level takes scores from {settings.min} to {settings.max}",
            "score",
        )
    if settings.keep != "sum":
        return score
    if (old or 0) + score > MAX_NUMBER:
        raise Refused("out_of_bounds", f"the sum of all would exceed {MAX_NUMBER}", "score")
    return (old or 0) + score
