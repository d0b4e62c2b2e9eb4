"""The audit in memory."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from itertools import islice

from gameserver.scores.audit import (
    LONGEST_IN_MEMORY,
    MOST_IN_MEMORY,
    UNDOABLE,
    AuditEntry,
    Taken,
)
from gameserver.scores.merging import merged
from gameserver.scores.rank_key import Line, arrival_in
from gameserver.scores.settings import LevelSettings
from gameserver.scores.user_index import BoardId


class MemoryAudit:
    """An `AuditLog` of dictionaries, some 250 bytes for each score that it keeps."""

    def __init__(self, most: int = MOST_IN_MEMORY, longest: int = LONGEST_IN_MEMORY) -> None:
        """`most` scores and the `longest` list of entries are kept."""
        self._most = most
        self._longest = longest
        self._entries: OrderedDict[int, AuditEntry] = OrderedDict()
        self._kept: OrderedDict[int, dict[tuple[BoardId, int], Line]] = OrderedDict()
        self._newest = 0
        self._counted_anew: dict[int, int] = {}
        """By level, the newest entry when it began to count in another way."""

    def add(self, entry: AuditEntry) -> int:
        self._newest += 1
        self._entries[self._newest] = entry._replace(id=self._newest)
        if len(self._entries) > self._longest:
            self._kept.pop(self._entries.popitem(last=False)[0], None)
        return self._newest

    def get(self, entry_id: int) -> AuditEntry | None:
        return self._entries.get(entry_id)

    def entries(self, offset: int, limit: int) -> Sequence[AuditEntry]:
        return list(islice(reversed(self._entries.values()), offset, offset + limit))

    def unfinished(self) -> Sequence[AuditEntry]:
        return [entry for entry in self._entries.values() if entry.job]

    def mark_undone(self, entry_id: int) -> None:
        self._change(entry_id, is_undone=True)

    def finish(self, entry_id: int) -> None:
        self._change(entry_id, job=None)

    def count(self, entry_id: int, scores: int) -> None:
        self._change(entry_id, scores=self._entries[entry_id].scores + scores)

    def keep(
        self, entry_id: int, taken: Sequence[Taken], settings: Callable[[int], LevelSettings]
    ) -> None:
        if self._entries[entry_id].kept is None:
            return
        kept = self._kept.setdefault(entry_id, {})
        for board_id, user_id, line in taken:
            place = board_id, user_id
            kept[place] = merged(settings(board_id[0]), line, kept.get(place))
        self._change(entry_id, kept=len(kept))
        while sum(map(len, self._kept.values())) > self._most:
            self._give_up(next(iter(self._kept)))

    def take_back(self, entry_id: int, count: int) -> list[tuple[Taken, bool]]:
        kept = self._kept.get(entry_id, {})
        whole_level = "settings" in (self._entries[entry_id].before or {})
        taken = []
        for place in list(islice(kept, count)):
            board_id, user_id = place
            is_valid = whole_level or self._counted_anew.get(board_id[0], 0) < entry_id
            taken.append(((board_id, user_id, kept.pop(place)), is_valid))
        if not kept:
            self._give_up(entry_id)
        return taken

    def count_anew(self, level_id: int) -> None:
        self._counted_anew[level_id] = self._newest

    def forget(self, user_id: int) -> None:
        for kept in self._kept.values():
            for place in [place for place in kept if place[1] == user_id]:
                del kept[place]

    def expire(self, now: int) -> None:
        for entry_id in list(self._kept):
            if self._entries[entry_id].at > now - UNDOABLE:
                return
            self._give_up(entry_id)

    def tidy(self) -> bool:
        """Nothing: what is given up is gone at once."""
        return False

    def arrivals(self) -> Mapping[BoardId, int]:
        found: dict[BoardId, int] = {}
        for kept in self._kept.values():
            for (board_id, _), line in kept.items():
                found[board_id] = max(found.get(board_id, 0), arrival_in(line.key) + 1)
        return found

    def _give_up(self, entry_id: int) -> None:
        self._kept.pop(entry_id, None)
        self._change(entry_id, kept=None)

    def _change(self, entry_id: int, **fields: object) -> None:
        self._entries[entry_id] = self._entries[entry_id]._replace(**fields)  # type: ignore[arg-type]
