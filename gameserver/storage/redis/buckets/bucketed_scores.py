"""Moderating scores that are spread over buckets; `ScoreStore` says what each method does.

The audit is that of the bucket 0: it gives an entry its id, and says whether its job is done. An
entry with a job is written down in all buckets under the same id, as each keeps what it has removed
for it. A server that dies in between leaves a job that is not done in the bucket 0, and whoever
takes it up (`work`) begins with writing the entry, and the state of its user, to all the others.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import partial
from itertools import chain

from gameserver.scores.audit import AuditEntry, Author, Job
from gameserver.scores.withheld import State
from gameserver.storage.redis.buckets.bucketed_writer import BucketedWriter
from gameserver.storage.redis.buckets.spread import together
from gameserver.storage.redis.scores.moderation import ModeratedScores

STEPS_A_TURN = 20
"""After so many steps of a job the turn, which is kept in the bucket 0, is prolonged."""


class BucketedScores(BucketedWriter):
    """Scores that are spread over buckets, each a `ModeratedScores`: a `ScoreStore`."""

    # Reading

    def audit(self, offset: int, limit: int) -> Sequence[AuditEntry]:
        return self._added_up(self._first.audit(offset, limit))

    def audit_entry(self, entry_id: int) -> AuditEntry:
        (entry,) = self._added_up([self._first.audit_entry(entry_id)])
        return entry

    def unfinished(self) -> Sequence[AuditEntry]:
        return self._added_up(self._first.unfinished())

    def size_of(self, job: Job) -> int:
        return sum(store.size_of(job) for store in self._concerned(job))

    def scores_in(self, job: Job) -> Iterator[int]:
        return chain.from_iterable(store.scores_in(job) for store in self._concerned(job))

    def _added_up(self, entries: Sequence[AuditEntry]) -> list[AuditEntry]:
        """Entries of the bucket 0 with what all the others have moved and kept."""
        if not entries:
            return []
        ids = [entry.id for entry in entries]
        others = together([partial(store.audit_entries, ids) for store in self._others])
        return [_sum(*each) for each in zip(entries, *others, strict=True)]

    # Writing

    def turn(self, wait: bool = True) -> AbstractContextManager[object]:
        return self._first.turn(wait)

    def write_down(
        self,
        author: Author,
        action: str,
        what: Mapping[str, object],
        before: Mapping[str, object] | None = None,
        job: Job | None = None,
    ) -> int:
        entry_id = self._first.write_down(author, action, what, before, job)
        if job:
            self._copy_entry(entry_id)
        return entry_id

    def put_state(self, user_id: int, state: State) -> None:
        self._first.put_state(user_id, state)
        self._copy_state(user_id)

    def mark_undone(self, entry_id: int) -> None:
        self._first.mark_undone(entry_id)

    def work(self, entry_id: int) -> Iterator[int]:
        job = self._first.audit_entry(entry_id).job
        if job is None:
            return
        self._copy_entry(entry_id)
        if job.kind in ("withhold", "release") and job.user is not None:
            self._copy_state(job.user)
        steps = chain.from_iterable(store.steps(entry_id, job) for store in self._concerned(job))
        for number, moved in enumerate(steps, 1):
            yield moved
            if number % STEPS_A_TURN == 0:
                self._first.prolong_turn()
        for store in (*self._others, self._first):
            store.finish(entry_id)

    def tidy(self) -> bool:
        """Nothing: Redis frees what is given up by itself."""
        return False

    def _copy_entry(self, entry_id: int) -> None:
        """Has all buckets know an entry of the first."""
        entry = self._first.audit_entry(entry_id)
        for store in self._others:
            store.copy_entry(entry)

    def _copy_state(self, user_id: int) -> None:
        """Has a user be in all buckets what the user is in the first."""
        copied = None
        while copied != (state := self._first.state(user_id)):
            for store in self._others:
                if store.state(user_id) != state:
                    store.put_state(user_id, state)
            copied = state

    def _concerned(self, job: Job) -> Sequence[ModeratedScores]:
        """The buckets in which there may be scores of a job."""
        return self._stores if job.level is None else [self._of(job.level)]


def _sum(entry: AuditEntry, *others: AuditEntry | None) -> AuditEntry:
    """What all buckets have of an entry. What one of them keeps no longer cannot be undone."""
    parts = [entry, *(other for other in others if other)]
    kept = [part.kept for part in parts if part.kept is not None]
    return entry._replace(
        scores=sum(part.scores for part in parts),
        kept=sum(kept) if len(kept) == len(parts) else None,
    )
