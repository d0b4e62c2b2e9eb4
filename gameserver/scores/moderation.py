"""What an admin does to scores and users: it is written down, and can be undone.

Whatever takes long is a job in slices, each in a batch of its own, with pauses for everybody else.
Its entry in the audit comes first, and is durable before anything is done; so the slices need no
sync of their own. What a crash or a full disk has interrupted is finished at the next start, or
before the next job.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from typing import Any, Literal, TypeAlias

from gameserver.errors import Refused
from gameserver.scores.audit import UNDO_DAYS, UNDOABLE, AuditEntry, Author, Job
from gameserver.scores.score_store import ScoreStore
from gameserver.scores.settings import DEFAULT, settings_of
from gameserver.scores.withheld import State
from gameserver.times import Clock, moment_of, server_clock

SMALL = 1_000
"""Up to so many scores go at once: nobody sees half of it."""
SLICE_SECONDS = 0.0005
"""After so long a slice ends with its next step: what others wait for it shows in their p99."""
PAUSES = 3
"""A pause is so many times as long as the slice before it."""

Action: TypeAlias = Literal["ban", "unban", "hide", "unhide"]
_STATES: Mapping[Action, Mapping[State, State]] = {
    "ban": {"ok": "banned", "hidden": "banned"},
    "unban": {"banned": "ok"},
    "hide": {"ok": "hidden", "banned": "hidden"},
    "unhide": {"hidden": "ok"},
}
"""The state that an action makes of another; others stay."""


class Moderation:
    """Everything that an admin may do, one after the other. For threads of their own only."""

    def __init__(
        self,
        store: ScoreStore,
        batch: Callable[[], AbstractContextManager[object]],
        now: Clock = server_clock,
        clock: Clock = time.perf_counter,
        sleep: Callable[[float], None] = time.sleep,
        slice_batch: Callable[[], AbstractContextManager[object]] | None = None,
    ) -> None:
        """`batch` is the engine's, and so is `slice_batch`, which needs no sync; without it slices
        are batches like others. `clock` measures slices in seconds.
        """
        self._store = store
        self.batch = batch
        self._slice_batch = slice_batch or batch
        self._now = now
        self._clock = clock
        self._sleep = sleep

    def finish(self) -> None:
        """Finishes what was interrupted, as far as there is room to write it down.

        Nothing where another server is at work: it does the same. Nor where the store cannot be
        asked at the moment: the next thing that an admin does finishes it first.
        """
        try:
            with self._store.turn(wait=False):
                self._finish(pauses=0)  # nobody is waiting yet
        except Refused as error:
            if error.code != "overloaded":
                raise

    def remove_score(self, author: Author, level_id: int, user_id: int) -> int:
        """Takes a user's score off the board of the season that is on; returns the entry's id.

        Refused (`no_such_score`) if there is none.
        """
        with self._store.turn():
            self._finish()
            with self.batch():
                start = self._store.summary(level_id).season.start
                job = Job("remove", level=level_id, user=user_id, season=start)
                if not sum(self._store.scores_in(job)):
                    raise Refused("no_such_score", "the user has no score on this board")
                what = {"level": level_id, "user": user_id}
                entry_id = self._store.write_down(author, "remove_score", what, {}, job)
                return self._begin(entry_id, small=True)

    def remove_level(self, author: Author, level_id: int) -> tuple[int, int]:
        """Takes away a level with all seasons and settings; returns the scores and the entry."""
        with self._store.turn():
            self._finish()
            job = Job("remove", level=level_id, drops_settings=True)
            with self.batch():
                before = {"settings": self._store.settings(level_id).changed()}
                small = self._store.size_of(job) <= SMALL
                entry_id = self._store.write_down(
                    author, "remove_level", {"level": level_id}, before, job
                )
                self._begin(entry_id, small)
            return self._moved(entry_id), entry_id

    def count(self, job: Job) -> int:
        """How many scores a purge would take away. Refused (`no_times`) as by `purge`."""
        self._require_times(job)
        return self._run(lambda: self._store.scores_in(job))

    def purge(self, author: Author, job: Job, what: Mapping[str, object]) -> tuple[int, int]:
        """Takes away all scores within the bounds; returns how many, and the entry's id.

        Refused (`no_times`) if moments are bounds, and none are kept.
        """
        with self._store.turn():
            self._finish()
            small = self.count(job) <= SMALL
            with self.batch():
                entry_id = self._store.write_down(author, "purge", what, {}, job)
                self._begin(entry_id, small)
            return self._moved(entry_id), entry_id

    def put_state(self, author: Author, user_id: int, action: Action) -> tuple[State, int]:
        """Bans or hides a user, or lifts that; returns the state now, and the entry's id."""
        with self._store.turn():
            self._finish()
            with self.batch():
                before = self._store.state(user_id)
                state = _STATES[action].get(before, before)
                what = {"user": user_id, "state": state}
                entry_id = self._begin_state(author, action, what, before, {"state": before})
            self._moved(entry_id)
            return state, entry_id

    def undo(self, author: Author, entry_id: int) -> int:
        """Undoes what an entry says; returns how many scores are where they were.

        Refused: `no_such_entry`, `cannot_be_undone`, `undone_already`, `undo_expired`,
        `changed_since`.
        """
        with self._store.turn():
            self._finish()
            with self.batch():
                entry = self._store.audit_entry(entry_id)
                before = self._what_was(entry)
                if "state" in before:
                    undoing = self._undo_state(author, entry, before["state"])
                else:
                    undoing = self._undo_removal(author, entry, before)
                self._store.mark_undone(entry_id)
            return self._moved(undoing)

    # Beginning a job, inside a batch

    def _begin(self, entry_id: int, small: bool) -> int:
        """Does a small job at once, and the first step of another; returns the entry's id."""
        steps = self._store.work(entry_id)
        next(steps, None)
        if small:
            for _ in steps:
                pass
        return entry_id

    def _begin_state(
        self,
        author: Author,
        action: str,
        what: Mapping[str, Any],
        old: State,
        before: Mapping[str, object] | None,
    ) -> int:
        """Gives a user the state that the entry says."""
        user_id, state = what["user"], what["state"]
        job = None
        if (old == "ok") != (state == "ok"):
            job = Job("release" if state == "ok" else "withhold", user=user_id)
        entry_id = self._store.write_down(author, action, what, before, job)
        self._store.put_state(user_id, state)
        return self._begin(entry_id, job is None or self._store.size_of(job) <= SMALL)

    def _undo_state(self, author: Author, entry: AuditEntry, state: State) -> int:
        now = self._store.state(entry.what["user"])
        if now != entry.what["state"]:
            raise Refused("changed_since", "the user's state was changed since: change it again")
        what = {"entry": entry.id, "user": entry.what["user"], "state": state}
        return self._begin_state(author, "undo", what, now, None)

    def _undo_removal(self, author: Author, entry: AuditEntry, before: Mapping[str, Any]) -> int:
        job = Job("restore", entry=entry.id)
        if "settings" in before:
            self._require_same_level(entry.what["level"], before["settings"])
            job = job._replace(level=entry.what["level"], settings=before["settings"])
        entry_id = self._store.write_down(author, "undo", {"entry": entry.id}, None, job)
        return self._begin(entry_id, entry.scores <= SMALL)

    def _what_was(self, entry: AuditEntry) -> Mapping[str, Any]:
        """What it takes to undo an entry; Refused if it is not to be undone."""
        if entry.before is None:
            raise Refused("cannot_be_undone", "this cannot be undone")
        if entry.is_undone:
            raise Refused("undone_already", "this was undone already")
        if entry.kept is None or entry.at <= moment_of(self._now()) - UNDOABLE:
            raise Refused(
                "undo_expired",
                f"what it takes is kept for {UNDO_DAYS} days, and as long as there is room for it",
            )
        return entry.before

    def _require_same_level(self, level_id: int, changed: Mapping[str, Any]) -> None:
        """Refused (`changed_since`) if the level counts otherwise than with those settings."""
        was, now = settings_of(changed), self._store.settings(level_id)
        in_use = self._store.size_of(Job("remove", level=level_id)) > 0
        if not was.counts_like(now) and (in_use or now != DEFAULT):
            raise Refused("changed_since", "the level counts in another way since")

    def _require_times(self, job: Job) -> None:
        if job.begin is None and job.end is None:
            return
        with self.batch():
            if not self._store.keeps_times(job.level):
                raise Refused("no_times", "a level keeps moments with the setting `times` alone")

    # Jobs that go on, a slice in each batch

    def _finish(self, pauses: int = PAUSES) -> None:
        """Finishes the jobs that were interrupted."""
        with self.batch():
            unfinished = self._store.unfinished()
        for entry in unfinished:
            self._moved(entry.id, pauses)

    def _moved(self, entry_id: int, pauses: int = PAUSES) -> int:
        """Goes on with an entry's job until it is done; returns how many scores it has moved."""
        self._run(lambda: self._store.work(entry_id), pauses)
        while self._tidy():
            pass
        with self.batch():  # with it all slices are durable
            return self._store.audit_entry(entry_id).scores

    def _tidy(self) -> bool:
        with self._slice_batch():
            return self._store.tidy()

    def _run(self, begin: Callable[[], Iterator[int]], pauses: int = PAUSES) -> int:
        """Takes all steps, in slices; returns the sum of what they yield."""
        steps: Iterator[int] | None = None
        total, goes_on = 0, True
        while goes_on:
            with self._slice_batch():
                started = self._clock()
                steps = steps or begin()
                goes_on = False
                for scores in steps:
                    total += scores
                    if self._clock() - started > SLICE_SECONDS:
                        goes_on = True
                        break
            if goes_on and pauses:
                self._sleep(pauses * (self._clock() - started))
        return total
