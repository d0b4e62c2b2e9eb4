"""The scores that a job wants: found a few at a time, however many there are."""

from __future__ import annotations

from collections.abc import Iterator

from gameserver.numbers import MAX_NUMBER
from gameserver.scores.audit import Job
from gameserver.scores.rank_key import ARRIVAL_BITS, Line, first_key, score_in
from gameserver.scores.user_index import BoardId
from gameserver.storage.memory.scores import MemoryScores

CHUNK = 25
"""How many scores are looked at or moved at a time, in less than a millisecond."""

Place = tuple[BoardId, int]
"""A board and a user."""


class WantedScores(MemoryScores):
    """A `MemoryScores` that finds what bounds fit, on the boards and among what is kept back."""

    def scores_in(self, job: Job) -> Iterator[int]:
        for places in self._walk(job):
            yield len(places)

    def keeps_times(self, level_id: int | None) -> bool:
        if level_id is not None:
            return self.settings(level_id).times
        return any(level.settings.times for level in self._levels.configured.values())

    def size_of(self, job: Job) -> int:
        if job.level is not None:
            level = self._levels.get(job.level)
            return sum(map(len, level.boards.values())) + self._withheld.of_level(job.level)
        assert job.user is not None
        return len(self._ids_of_boards(job.user)) + len(self._withheld.boards(job.user))

    # What a job wants

    def _walk(self, job: Job) -> Iterator[list[Place]]:
        """Who has scores that a job wants, and where: a few at a time, some maybe none.

        What is found holds until anything changes; the walk goes on all the same.
        """
        for board_id in self._boards_in(job):
            yield from self._walk_board(board_id, job)
        users = self._withheld.users() if job.user is None else [job.user]
        for user_id in users:
            boards = self._withheld.boards(user_id)
            for first in range(0, len(boards), CHUNK):
                yield [
                    (board_id, user_id)
                    for board_id in boards[first : first + CHUNK]
                    if self._fits(job, board_id, self._withheld.line(user_id, board_id))
                ]

    def _ids_of_boards(self, user_id: int) -> list[BoardId]:
        """The boards on which the user has a score."""
        found = self._boards_of(user_id)
        return [(level_id, start) for level_id, starts in found for start in starts]

    def _boards_in(self, job: Job) -> list[BoardId]:
        if job.level is not None:
            boards = [(job.level, start) for start in self._levels.get(job.level).boards]
        elif job.user is not None:
            boards = self._ids_of_boards(job.user)
        else:
            boards = [board_id for board_id, _ in self._levels.boards()]
        return [each for each in boards if job.season is None or job.season == each[1]]

    def _walk_board(self, board_id: BoardId, job: Job) -> Iterator[list[Place]]:
        board = self._board(board_id)
        if board is None:
            return
        if job.user is not None:
            wanted = self._fits(job, board_id, board.line(job.user))
            yield [(board_id, job.user)] if wanted else []
            return
        scores = job.min or 0, _or_highest(job.max)
        bounds = [first_key(score, board.is_ascending) for score in scores]
        key, last = min(bounds), max(bounds) | (1 << ARRIVAL_BITS) - 1
        if board.position(last + 1) - board.position(key) > len(board) // 8:
            yield from self._walk_users(board_id, job)
            return
        while board is not None and key <= last:
            lines = board.lines(board.position(key), CHUNK)
            yield [
                (board_id, user_id)
                for _, user_id in lines
                if self._fits(job, board_id, board.line(user_id))
            ]
            if not lines:
                return
            key = lines[-1][0] + 1
            board = self._board(board_id)

    def _walk_users(self, board_id: BoardId, job: Job) -> Iterator[list[Place]]:
        """The same by ascending users, as rows stand in a file: what is removed lies together."""
        user_id, board = 0, self._board(board_id)
        while board is not None and (users := board.users(user_id, CHUNK)):
            yield [
                (board_id, user_id)
                for user_id in users
                if self._fits(job, board_id, board.line(user_id))
            ]
            user_id, board = users[-1] + 1, self._board(board_id)

    def _fits(self, job: Job, board_id: BoardId, line: Line | None) -> bool:
        """Whether a line of a board is within all bounds of a job."""
        if line is None or job.level not in (None, board_id[0]):
            return False
        settings = self.settings(board_id[0])
        score = score_in(line.key, settings.order == "asc")
        if not (job.min or 0) <= score <= _or_highest(job.max):
            return False
        if job.season not in (None, board_id[1]):
            return False
        if job.begin is None and job.end is None:
            return True
        if not settings.times or line.at is None:
            return False
        return (job.begin or 0) <= line.at and (job.end is None or line.at <= job.end)


def _or_highest(score: int | None) -> int:
    return MAX_NUMBER if score is None else score
