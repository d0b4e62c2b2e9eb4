"""The scores that a job wants, in Redis: taken a few at a time, however many there are."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from struct import iter_unpack
from typing import Any

from gameserver.numbers import MAX_NUMBER
from gameserver.scores.audit import Job
from gameserver.storage.redis.scores.asking import Asking
from gameserver.storage.redis.scores.audit import RedisAudit
from gameserver.storage.redis.scores.score_keys import level_in, member, start_in

CHUNK = 25
"""How many scores are looked at or moved at a time, in less than a millisecond."""


class WantedScores:
    """What bounds fit, on the boards and among what is kept back."""

    def __init__(self, asking: Asking, audit: RedisAudit) -> None:
        self._rules = asking.rules
        self._audit = audit

    def size_of(self, job: Job) -> int:
        """See `ScoreStore.size_of`."""
        if job.level is not None:
            return int(self._audit.look("size_of_level", job.level))
        assert job.user is not None
        return sum(map(len, self.boards_of_user(member(job.user))))

    def boards_of_user(self, user: bytes) -> tuple[list[str], list[str]]:
        """The boards on which the user has a score, and those that lack one of the user."""
        shown, kept_back = self._audit.look("boards_of_user", user)
        return [each.decode() for each in shown], [each.decode() for each in kept_back]

    def removed(self, job: Job, entry_id: int | None) -> Iterator[int]:
        """Takes away what a job wants for the audit's entry, or only counts it; step by step.

        Each step yields how many they are.
        """
        entry: int | str = "" if entry_id is None else entry_id
        bounds = self._bounds(job)
        if job.user is not None:
            yield from self._of_user(job, member(job.user), entry, bounds)
            return
        for board in self._boards_in(job):
            if self._fits(job, board):
                yield from self._of_board(board, entry, bounds)
        for user in self._audit.look("users_kept_back"):
            yield from self._kept_back(job, user, entry, bounds)

    def _of_board(self, board: str, entry: int | str, bounds: str) -> Iterator[int]:
        behind: bytes | str = ""
        while True:
            behind, lines = self._audit.do("remove_of_board", entry, board, bounds, behind, CHUNK)
            yield lines
            if not behind:
                return

    def _of_user(self, job: Job, user: bytes, entry: int | str, bounds: str) -> Iterator[int]:
        shown = self.boards_of_user(user)[0]
        for boards in chunks([board for board in shown if self._fits(job, board)]):
            yield self._audit.do("remove_of_user", entry, user, bounds, 0, *boards)
        yield from self._kept_back(job, user, entry, bounds)

    def _kept_back(self, job: Job, user: bytes, entry: int | str, bounds: str) -> Iterator[int]:
        kept_back = self.boards_of_user(user)[1]
        for boards in chunks([board for board in kept_back if self._fits(job, board)]):
            yield self._audit.do("remove_of_user", entry, user, bounds, 1, *boards)

    def _boards_in(self, job: Job) -> Iterator[str]:
        """The boards of the job's level, or of all."""
        levels = [job.level] if job.level is not None else self._levels()
        for level_id in levels:
            for board in self._audit.look("boards_of_level", level_id):
                yield board.decode()

    def _levels(self) -> list[int]:
        return [level_id for (level_id,) in iter_unpack(">I", self._audit.look("levels"))]

    def _fits(self, job: Job, board: str) -> bool:
        """Whether lines of a board may be within the bounds."""
        if job.level not in (None, level_in(board)) or job.season not in (None, start_in(board)):
            return False
        is_timed = job.begin is not None or job.end is not None
        return not is_timed or self._rules.level(level_in(board)).settings.times

    def _bounds(self, job: Job) -> str:
        bounds: dict[str, Any] = {
            "min": job.min or 0,
            "max": MAX_NUMBER if job.max is None else job.max,
            "most": self._audit.most,
        }
        if job.begin is not None:
            bounds["begin"] = job.begin
        if job.end is not None:
            bounds["end"] = job.end
        return json.dumps(bounds)


def chunks(boards: Sequence[str]) -> Iterator[Sequence[str]]:
    """A few boards at a time."""
    for first in range(0, len(boards), CHUNK):
        yield boards[first : first + CHUNK]
