"""Scores that leave the boards and come back, in Redis: bans, removals, and undoing them.

Each is a *job*, in steps that are atomic. Any server may take the next one, also of a job that
another server has begun: a step does nothing once the job is done.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any

from gameserver.scores.audit import AuditEntry, Author, Job, require_entry
from gameserver.scores.level import Level
from gameserver.scores.settings import settings_of
from gameserver.scores.values import NORMAL, Limits
from gameserver.scores.withheld import State
from gameserver.storage.redis.scores.asking import Asked, Asking
from gameserver.storage.redis.scores.audit import RedisAudit
from gameserver.storage.redis.scores.score_keys import board_name, member
from gameserver.storage.redis.scores.score_rules import ScoreRules
from gameserver.storage.redis.scores.scores import RedisScores
from gameserver.storage.redis.scores.turns import Turns
from gameserver.storage.redis.scores.wanted_scores import CHUNK, WantedScores, chunks


class ModeratedScores(RedisScores):
    """A store of which an admin can take something away: a `ScoreStore`."""

    def __init__(self, asking: Asking, run_key: bytes, limits: Limits = NORMAL) -> None:
        """`run_key`: what runs are signed with, the same on all servers."""
        super().__init__(asking, run_key, limits)
        self._audit = RedisAudit(asking)
        self._wanted = WantedScores(asking, self._audit)
        self._turns = Turns(self._audit)

    # Reading

    def audit(self, offset: int, limit: int) -> Sequence[AuditEntry]:
        return self._audit.entries(offset, limit)

    def audit_entry(self, entry_id: int) -> AuditEntry:
        return require_entry(self._audit.get(entry_id))

    def unfinished(self) -> Sequence[AuditEntry]:
        return self._audit.unfinished()

    def keeps_times(self, level_id: int | None) -> bool:
        def find(rules: ScoreRules) -> bool:
            if level_id is not None:
                return rules.level(level_id).settings.times
            return any(level.settings.times for level in list(rules.levels.values()))

        return bool(self._rule(find))

    def size_of(self, job: Job) -> int:
        return self._wanted.size_of(job)

    def scores_in(self, job: Job) -> Iterator[int]:
        return self._wanted.removed(job, None)

    # Writing

    def turn(self, wait: bool = True) -> AbstractContextManager[object]:
        return self._turns.turn(wait)

    def write_down(
        self,
        author: Author,
        action: str,
        what: Mapping[str, object],
        before: Mapping[str, object] | None = None,
        job: Job | None = None,
    ) -> int:
        return self._audit.add(author, action, what, before, job)

    def put_state(self, user_id: int, state: State) -> None:
        self._audit.do("put_state", user_id, state)

    def mark_undone(self, entry_id: int) -> None:
        self._audit.do("mark_undone", entry_id)

    def work(self, entry_id: int) -> Iterator[int]:
        entry = self.audit_entry(entry_id)
        if entry.job:
            yield from self.steps(entry_id, entry.job)
            self.finish(entry_id)

    def tidy(self) -> bool:
        """Nothing: Redis frees what is given up by itself."""
        return False

    # For a store that has several of these, one for each bucket

    def audit_entries(self, ids: Sequence[int]) -> Sequence[AuditEntry | None]:
        """Those entries of the audit that are in this bucket; None where one is not."""
        return self._audit.some(ids)

    def copy_entry(self, entry: AuditEntry) -> None:
        """Writes down what another bucket has written down, under the same id."""
        self._audit.copy(entry)

    def steps(self, entry_id: int, job: Job) -> Iterator[int]:
        """The steps of `work` in this bucket."""
        return _WORK[job.kind](self, entry_id, job)

    def finish(self, entry_id: int) -> None:
        """The entry's job is done."""
        self._audit.do("finish", entry_id)

    def prolong_turn(self) -> None:
        """Has the turn go on for another ten seconds."""
        self._audit.do("prolong_turn")

    # Jobs

    def _remove(self, entry_id: int, job: Job) -> Iterator[int]:
        """Takes away what a job wants, and the level's settings as soon as it is empty."""
        while True:
            yield from self._wanted.removed(job, entry_id)
            if not job.drops_settings or self._audit.do("drop_level", entry_id, job.level or 0):
                return
            yield 0  # somebody has posted meanwhile

    def _keep_back(self, entry_id: int, job: Job) -> Iterator[int]:
        """Takes a user's lines off the boards until they are released."""
        user = member(job.user or 0)
        for boards in chunks(self._wanted.boards_of_user(user)[0]):
            yield self._audit.do("withhold", entry_id, user, *boards)

    def _let_go(self, entry_id: int, job: Job) -> Iterator[int]:
        """Puts the lines of a user who is neither banned nor hidden back on the boards."""
        user = member(job.user or 0)
        for boards in chunks(self._wanted.boards_of_user(user)[1]):
            yield self._audit.do("release", entry_id, user, self._limits.seasons, *boards)

    def _restore(self, entry_id: int, job: Job) -> Iterator[int]:
        """Gives back what another entry has taken away."""
        assert job.entry is not None
        if job.level is not None and job.settings is not None:
            self._restore_settings(entry_id, job.level, job.settings)
        whole = int("settings" in (self.audit_entry(job.entry).before or {}))
        while True:
            tried, returned = self._audit.do(
                "restore", entry_id, job.entry, whole, self._limits.seasons, CHUNK
            )
            if not tried:
                return
            yield returned

    def _restore_settings(self, entry_id: int, level_id: int, changed: Mapping[str, Any]) -> None:
        if not changed:
            return
        level = Level(settings_of(changed))

        def prepare(_: ScoreRules, now: int) -> Asked:
            season = level.season(now)
            on = board_name(level_id, level, season)
            ends = "" if season.end is None else season.end
            text = json.dumps(level.settings.changed())
            return Asked(("restore_settings", entry_id, level_id, text, on, ends), bool)

        self._audit.ask(prepare)


_WORK: Mapping[str, Callable[[ModeratedScores, int, Job], Iterator[int]]] = {
    "remove": ModeratedScores._remove,
    "withhold": ModeratedScores._keep_back,
    "release": ModeratedScores._let_go,
    "restore": ModeratedScores._restore,
}
