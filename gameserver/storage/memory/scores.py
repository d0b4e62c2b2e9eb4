"""The scores of all levels, in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from gameserver.errors import Refused
from gameserver.scores.board import Board
from gameserver.scores.counting import counted
from gameserver.scores.level import has_scores
from gameserver.scores.rank_key import Line
from gameserver.scores.rates import Rates
from gameserver.scores.requests import RequestMemory, Requests
from gameserver.scores.runs import Run, Runs, UsedRunsInMemory
from gameserver.scores.seasons import CURRENT
from gameserver.scores.settings import LevelSettings
from gameserver.scores.user_index import BoardId
from gameserver.scores.values import NORMAL, Limits, Outcome, Post, RequestId
from gameserver.scores.writers import check_writer
from gameserver.storage.memory.board_keeper import BoardKeeper
from gameserver.times import Clock, server_clock


class _Entered(NamedTuple):
    """A post that was counted."""

    board_id: BoardId
    board: Board
    before: Line | None
    """The user's line until then."""
    has_changed: bool


class MemoryScores(BoardKeeper):
    """Boards, settings, names and answered requests: all of a `ScoreStore` but moderation."""

    def __init__(self, limits: Limits = NORMAL, clock: Clock = server_clock) -> None:
        super().__init__(limits, clock)
        self._most = limits.scores
        self._requests: RequestMemory = Requests()
        self._rates = Rates()
        self._runs = Runs(UsedRunsInMemory())

    def submit(self, level_id: int, user_id: int, score: int) -> bool:
        board = self._plain.get(level_id)
        if board is None:
            return self._submit(level_id, user_id, score)
        if not board.submit(user_id, score):
            return False
        # A user who is banned or hidden has no score, so each of theirs is a first one.
        if board.has_grown and (self._count >= self._most or user_id in self._states):
            board.remove(user_id)
            return self._submit(level_id, user_id, score)
        self._changed((level_id, 0), board, user_id, int(board.has_grown))
        return True

    def post(
        self,
        user_id: int,
        posts: Sequence[Post],
        answer: Callable[[Sequence[Outcome]], bytes],
        request: RequestId | None = None,
        also: Callable[[], object] | None = None,
    ) -> bytes:
        if user_id not in self._states:
            return self._post(user_id, posts, answer, request, also)
        with self._standing(user_id, {post.level_id for post in posts}):
            return self._post(user_id, posts, answer, request, also)

    def is_answered(self, user_id: int, request: RequestId) -> bool:
        return self._requests.answer(user_id, request, self._now()) is not None

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
        present = self.settings(level_id)
        settings = rule(present)
        if self._withheld.of_level(level_id) and not settings.counts_like(present):
            raise has_scores()
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
        scores = self._count - len(self._withheld)
        return {"levels": len(self._levels.busiest), "scores": scores}

    # A post

    def _submit(self, level_id: int, user_id: int, score: int) -> bool:
        """As `submit`, for all levels and users."""
        post = Post(level_id, score)
        if user_id not in self._states:
            return self._enter(user_id, post, self._now()).has_changed
        with self._standing(user_id, {level_id}):
            return self._enter(user_id, post, self._now()).has_changed

    def _post(
        self,
        user_id: int,
        posts: Sequence[Post],
        answer: Callable[[Sequence[Outcome]], bytes],
        request: RequestId | None,
        also: Callable[[], object] | None,
    ) -> bytes:
        """As `post`, where the user's lines stand on the boards."""
        now = self._now()
        if request:
            first_answer = self._requests.answer(user_id, request, now)
            if first_answer is not None:
                return first_answer
        entered: list[_Entered] = []
        try:
            text = answer([self._outcome(user_id, post, now, entered) for post in posts])
            if also:
                also()
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

    @contextmanager
    def _standing(self, user_id: int, levels: Iterable[int]) -> Iterator[None]:
        """Has a hidden user's lines stand on the boards while something is posted there.

        Refused (`banned`) if the user is not hidden, but banned.
        """
        if self._states[user_id] == "banned":
            raise Refused("banned", "this user may not post scores")
        boards = self._current(levels)
        for board_id in boards:
            self._release(board_id, user_id)
        try:
            yield
        finally:
            for board_id in {*boards, *self._current(levels)}:
                self._withhold(board_id, user_id)

    def _current(self, levels: Iterable[int]) -> set[BoardId]:
        """The boards of the seasons that are on."""
        now = self._now()
        return {(level_id, self._levels.get(level_id).season(now).start) for level_id in levels}

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
        board = self._new_board(board_id) if known is None else known
        before = board.line(user_id)
        score = counted(settings, post.score, before and board.score_in(before.key))
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

    def _require_room(self, level_id: int) -> None:
        if self._count >= self._most:
            raise Refused("full", f"the server keeps at most {self._most} scores")
        self._levels.require_room(level_id)
