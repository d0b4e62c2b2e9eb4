"""Scores that leave the boards and come back: bans, removals, and undoing them.

Each is a *job*, which may take as long as it needs: it is done a few scores at a time, and can be
begun again at any moment, as what is done already is not there to be done again.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager

from gameserver.scores.audit import AuditEntry, AuditLog, Author, Job, Taken, require_entry
from gameserver.scores.board import Board
from gameserver.scores.merging import merged
from gameserver.scores.rank_key import arrival_in
from gameserver.scores.ranking import Ranking
from gameserver.scores.seasons import CURRENT
from gameserver.scores.settings import DEFAULT, LevelSettings, settings_of
from gameserver.scores.values import NORMAL, Limits, Neighbours
from gameserver.scores.withheld import State
from gameserver.storage.memory.audit import MemoryAudit
from gameserver.storage.memory.wanted_scores import CHUNK, WantedScores
from gameserver.times import Clock, server_clock


class ModeratedScores(WantedScores):
    """A store of which an admin can take something away: a `ScoreStore`."""

    def __init__(
        self,
        limits: Limits = NORMAL,
        clock: Clock = server_clock,
        audit: AuditLog | None = None,
    ) -> None:
        super().__init__(limits, clock)
        self._audit = audit or MemoryAudit()
        self._turn = threading.Lock()

    # Posting

    def configure(
        self, level_id: int, rule: Callable[[LevelSettings], LevelSettings]
    ) -> LevelSettings:
        present = self.settings(level_id)
        settings = super().configure(level_id, rule)
        if not settings.counts_like(present):
            self._audit.count_anew(level_id)
        return settings

    def forget(self, user_id: int) -> None:
        super().forget(user_id)
        for board_id in self._withheld.boards(user_id):
            self._put_withheld(board_id, user_id, None)
        self._audit.forget(user_id)

    # Reading

    def state(self, user_id: int) -> State:
        return self._withheld.state(user_id)

    def around_hidden(
        self, level_id: int, user_id: int, season: str = CURRENT, count: int = 0
    ) -> Neighbours | None:
        level = self._levels.get(level_id)
        named = level.named(season, self._now())
        line = self._withheld.line(user_id, (level_id, named.start))
        board = level.boards.get(named.start) or Board(level.is_ascending)
        if line is None or board.line(user_id):
            return self.around(level_id, user_id, season, count)
        changes = board.changes
        board.put_back(user_id, line)
        try:
            ranking = Ranking(named, board, level.settings, self._names.by_user)
            return ranking.around(user_id, count)
        finally:
            board.put_back(user_id, None)
            board.changes = changes  # it reads as before

    def audit(self, offset: int, limit: int) -> Sequence[AuditEntry]:
        return self._audit.entries(offset, limit)

    def audit_entry(self, entry_id: int) -> AuditEntry:
        return require_entry(self._audit.get(entry_id))

    def unfinished(self) -> Sequence[AuditEntry]:
        return self._audit.unfinished()

    # Writing

    def turn(self, wait: bool = True) -> AbstractContextManager[object]:
        return self._turn

    def write_down(
        self,
        author: Author,
        action: str,
        what: Mapping[str, object],
        before: Mapping[str, object] | None = None,
        job: Job | None = None,
    ) -> int:
        now = self._now()
        self._audit.expire(now)
        entry = AuditEntry(0, now, action, what, author, before=before, job=job)
        return self._audit.add(entry)

    def put_state(self, user_id: int, state: State) -> None:
        self._withheld.put_state(user_id, state)

    def mark_undone(self, entry_id: int) -> None:
        self._audit.mark_undone(entry_id)

    def work(self, entry_id: int) -> Iterator[int]:
        entry = self.audit_entry(entry_id)
        if entry.job:
            yield from _WORK[entry.job.kind](self, entry_id, entry.job)
            self._audit.finish(entry_id)

    def tidy(self) -> bool:
        return self._audit.tidy()

    def _reserve_arrivals(self) -> None:
        """Has no score arrive with a number that one which may come back has."""
        self._arrivals.update(self._audit.arrivals())
        for user_id in self._withheld.users():
            for board_id in self._withheld.boards(user_id):
                line = self._withheld.line(user_id, board_id)
                assert line is not None
                arrivals = max(self._arrivals.get(board_id, 0), arrival_in(line.key) + 1)
                self._arrivals[board_id] = arrivals
        for board_id, arrivals in self._arrivals.items():
            board = self._board(board_id)
            if board is not None:
                board.reserve(arrivals)

    # Jobs

    def _remove(self, entry_id: int, job: Job) -> Iterator[int]:
        """Takes away what a job wants, and the level's settings as soon as it is empty."""
        while True:
            for places in self._walk(job):
                taken = [(*place, line) for place in places if (line := self._take_off(*place))]
                self._audit.keep(entry_id, taken, self.settings)
                self._audit.count(entry_id, len(taken))
                if self._is_dropped(job):
                    return
                yield len(taken)
            if not job.drops_settings or self._is_dropped(job):
                return
            yield 0  # somebody has posted meanwhile

    def _is_dropped(self, job: Job) -> bool:
        """Drops the level, if that is wanted and it is empty."""
        if not job.drops_settings or self.size_of(job):
            return False
        assert job.level is not None
        if not self.settings(job.level).counts_like(DEFAULT):
            self._audit.count_anew(job.level)
        if job.level in self._levels.configured:
            self._put_settings(job.level, None)
        return True

    def _keep_back(self, entry_id: int, job: Job) -> Iterator[int]:
        """Takes a user's lines off the boards until they are released."""
        assert job.user is not None
        # Until then every post takes the long way, where it is asked who may post.
        self._plain = {}
        boards = self._ids_of_boards(job.user)
        for first in range(0, len(boards), CHUNK):
            chunk = boards[first : first + CHUNK]
            for board_id in chunk:
                self._withhold(board_id, job.user)
            self._audit.count(entry_id, len(chunk))
            yield len(chunk)
        self._plain = self._levels.plain

    def _let_go(self, entry_id: int, job: Job) -> Iterator[int]:
        """Puts the lines of a user who is neither banned nor hidden back on the boards."""
        assert job.user is not None
        boards = self._withheld.boards(job.user)
        for first in range(0, len(boards), CHUNK):
            returned = 0
            for board_id in boards[first : first + CHUNK]:
                line = self._withheld.line(job.user, board_id)
                self._put_withheld(board_id, job.user, None)
                returned += bool(line and self._give_back((board_id, job.user, line)))
            self._audit.count(entry_id, returned)
            yield returned

    def _restore(self, entry_id: int, job: Job) -> Iterator[int]:
        """Gives back what another entry has taken away."""
        assert job.entry is not None
        if job.level is not None and job.settings and job.level not in self._levels.configured:
            self._put_settings(job.level, settings_of(job.settings))
            self._audit.count_anew(job.level)
        while taken := self._audit.take_back(job.entry, CHUNK):
            returned = sum(self._give_back(each) for each, is_valid in taken if is_valid)
            self._audit.count(entry_id, returned)
            yield returned

    def _give_back(self, taken: Taken) -> bool:
        """Puts a line where it belongs, with what the user has there; whether it is kept."""
        board_id, user_id, line = taken
        if not self._levels.keeps(board_id, self._now()):
            return False
        line = merged(self.settings(board_id[0]), line, self._take_off(board_id, user_id))
        if user_id in self._states:
            self._put_withheld(board_id, user_id, line)
        else:
            self._put_line(board_id, user_id, line)
            self._drop_outdated(board_id[0], self._now())
        return True

    def _put_settings(self, level_id: int, settings: LevelSettings | None) -> None:
        """Gives a level other settings, or none if it has no scores."""
        if settings is None:
            self._levels.put_settings(level_id, None)
            self._levels.count(level_id, self._now())
        else:
            self._levels.configure(level_id, settings, self._now())


_WORK: Mapping[str, Callable[[ModeratedScores, int, Job], Iterator[int]]] = {
    "remove": ModeratedScores._remove,
    "withhold": ModeratedScores._keep_back,
    "release": ModeratedScores._let_go,
    "restore": ModeratedScores._restore,
}
