"""The audit in Redis: its entries, and what it takes to undo them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from gameserver.scores.audit import (
    LONGEST_WITH_DATA,
    MOST_WITH_DATA,
    UNDOABLE,
    AuditEntry,
    Author,
    Job,
)
from gameserver.scores.user_index import BoardId
from gameserver.storage.redis.scores.asking import (
    Argument,
    Asked,
    Asking,
    Changes,
    Looks,
    Prepare,
    Question,
)
from gameserver.storage.redis.scores.ordering import parts_of
from gameserver.storage.redis.scores.score_keys import board_id, read_place
from gameserver.storage.redis.scores.score_scripts import MODERATE


class RedisAudit:
    """What has been done, the newest 100,000 entries, with up to 1,000,000 scores to undo it.

    In Redis: `audit` has what an entry says for good, in JSON, by its number; `audit:moved` how
    many scores it has moved; `audit:undone`, `audit:given_up` and `jobs` the entries that were
    undone, can be undone no longer, and have a job that is not done. `k:<entry>` is the set of
    the lines that it has removed, each with its user and board, and `kept` the entries that have
    such a set.
    """

    def __init__(self, asking: Asking) -> None:
        self._most = MOST_WITH_DATA
        self._longest = LONGEST_WITH_DATA
        self._asking = asking
        self._changes = Changes(asking, MODERATE)
        self._looks = Looks(asking, MODERATE)

    @property
    def most(self) -> int:
        """How many scores are kept to undo removals."""
        return self._most

    def add(
        self,
        author: Author,
        action: str,
        what: Mapping[str, object],
        before: Mapping[str, object] | None,
        job: Job | None,
    ) -> int:
        """Writes a new entry; returns its id. Gives up what is too old to be undone."""

        def prepare(_: Any, now: int) -> Asked:
            entry = AuditEntry(0, now, action, what, author, before=before, job=job)
            return Asked(("write_down", *self._told(entry, now)), int)

        return int(self.ask(prepare))

    def copy(self, entry: AuditEntry) -> None:
        """Writes an entry of another bucket down, with its id, unless it is here already."""

        def prepare(_: Any, now: int) -> Asked:
            return Asked(("write_down", *self._told(entry, now), entry.id), int)

        self.ask(prepare)

    def get(self, entry_id: int) -> AuditEntry | None:
        row = self.look("entry", entry_id)
        return None if row is None else _entry(*row)

    def some(self, ids: Sequence[int]) -> Sequence[AuditEntry | None]:
        """Those with these ids, None where there is none."""
        return [None if row is None else _entry(*row) for row in self.look("entries", *ids)]

    def entries(self, offset: int, limit: int) -> Sequence[AuditEntry]:
        return [_entry(*row) for row in self.look("audit", offset, limit)]

    def unfinished(self) -> Sequence[AuditEntry]:
        return [_entry(*row) for row in self.look("unfinished")]

    def arrivals(self) -> Mapping[BoardId, int]:
        """By board, the first arrival number above those of all lines that may come back."""
        found: dict[BoardId, int] = {}
        for text in self.look("kept"):
            board, place = read_place(text)
            _, arrival = parts_of(place)
            found[board_id(board)] = max(found.get(board_id(board), 0), arrival + 1)
        return found

    def look(self, *arguments: Argument) -> Any:
        """What `scripts/moderate.lua` answers to what changes nothing."""
        question = Question(lambda *_: Asked(arguments, _as_it_is))
        return self._asking.rounds.collect(self._looks, question)

    def do(self, *arguments: Argument) -> Any:
        """What it answers to what changes something."""
        return self.ask(lambda *_: Asked(arguments, _as_it_is))

    def ask(self, prepare: Prepare) -> Any:
        """The same, where it depends on the rules or the present moment."""
        self._asking.rounds.begin_at_once()
        return self._asking.rounds.collect(self._changes, Question(prepare))

    def _told(self, entry: AuditEntry, now: int) -> Sequence[Argument]:
        """What the script writes down of a new entry."""
        text = {
            "at": entry.at,
            "action": entry.action,
            "what": entry.what,
            "author": entry.author,
            "before": entry.before,
            "job": entry.job.members() if entry.job else None,
        }
        return json.dumps(text), int(entry.job is not None), now - UNDOABLE, self._longest


def _entry(
    entry_id: int, text: bytes, scores: int, is_undone: int, kept: int, is_open: int
) -> AuditEntry:
    said = json.loads(text)
    return AuditEntry(
        entry_id,
        said["at"],
        said["action"],
        said["what"],
        Author(*said["author"]),
        bool(is_undone),
        said["before"],
        scores,
        kept if kept >= 0 else None,
        Job(**said["job"]) if is_open and said["job"] else None,
    )


def _as_it_is(reply: Any) -> Any:
    return reply
