"""The audit, in the data file alone."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from gameserver.scores.audit import (
    LONGEST_WITH_DATA,
    MOST_WITH_DATA,
    UNDOABLE,
    AuditEntry,
    Author,
    Job,
    Taken,
)
from gameserver.scores.merging import merged
from gameserver.scores.rank_key import ARRIVAL_BITS, Line
from gameserver.scores.settings import LevelSettings
from gameserver.scores.user_index import BoardId
from gameserver.storage.sqlite.database import Database
from gameserver.storage.sqlite.score_rows import rank_key, stored_key

COLUMNS = "id, at, action, what, client, token, undone, before, scores, kept, job"
ADD = """
INSERT INTO audit (id, at, action, what, client, token, undone, before, scores, kept, job)
VALUES ((SELECT ifnull(max(id), 0) + 1 FROM audit), ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
SHORTEN = "DELETE FROM audit WHERE id <= ?"
NEWEST_FIRST = f"SELECT {COLUMNS} FROM audit ORDER BY id DESC LIMIT ? OFFSET ?"
ENTRY = f"SELECT {COLUMNS} FROM audit WHERE id = ?"
UNFINISHED = f"SELECT {COLUMNS} FROM audit WHERE job IS NOT NULL ORDER BY id"

KEEP = """
INSERT OR IGNORE INTO removed (entry, level, season, user, key, at, meta)
VALUES (?, ?, ?, ?, ?, ?, ?)
"""
KEEP_MERGED = "REPLACE INTO removed VALUES (?, ?, ?, ?, ?, ?, ?)"
KEPT = """
SELECT key, at, meta FROM removed WHERE entry = ? AND level = ? AND season = ? AND user = ?
"""
SOME = """
SELECT level, season, user, key, at, meta, ifnull(
    (SELECT entry FROM counted_anew WHERE counted_anew.level = removed.level), 0
) < removed.entry
FROM removed WHERE entry = ? LIMIT ?
"""
TAKE = "DELETE FROM removed WHERE entry = ? AND level = ? AND season = ? AND user = ?"
TOTAL = "SELECT total(kept) FROM audit WHERE kept > 0"
OLDEST = "SELECT min(id) FROM audit WHERE kept > 0"
GIVE_UP = "UPDATE audit SET kept = NULL WHERE id = ?"
EXPIRE = "UPDATE audit SET kept = NULL WHERE kept > 0 AND at <= ?"
TIDY = """
DELETE FROM removed WHERE (entry, level, season, user) IN (
    SELECT entry, level, season, user FROM removed WHERE entry < ? LIMIT ?
)
"""
COUNT_ANEW = "REPLACE INTO counted_anew SELECT ?, ifnull(max(id), 0) FROM audit"
ARRIVALS = f"""
SELECT level, season, max(key & {2**ARRIVAL_BITS - 1}) + 1 FROM removed GROUP BY level, season
"""

SLICE = 500
"""How many rows that were given up are erased at a time."""


class SqliteAudit:
    """An `AuditLog` in tables: it costs no memory, and is undone with its batch."""

    def __init__(
        self,
        database: Database,
        most: int = MOST_WITH_DATA,
        longest: int = LONGEST_WITH_DATA,
    ) -> None:
        """`most` scores and the `longest` list of entries are kept."""
        self._database = database
        self._most = most
        self._longest = longest

    def add(self, entry: AuditEntry) -> int:
        with self._database.transaction() as sql:
            number = sql.execute(ADD, row_of(entry)[1:]).lastrowid
            assert number is not None
            sql.execute(SHORTEN, (number - self._longest,))
        return number

    def get(self, entry_id: int) -> AuditEntry | None:
        with self._database.batch() as sql:
            row = sql.execute(ENTRY, (entry_id,)).fetchone()
        return row and entry_of(row)

    def entries(self, offset: int, limit: int) -> Sequence[AuditEntry]:
        with self._database.batch() as sql:
            return [entry_of(row) for row in sql.execute(NEWEST_FIRST, (limit, offset))]

    def unfinished(self) -> Sequence[AuditEntry]:
        with self._database.batch() as sql:
            return [entry_of(row) for row in sql.execute(UNFINISHED)]

    def mark_undone(self, entry_id: int) -> None:
        self._change("undone = 1", entry_id)

    def finish(self, entry_id: int) -> None:
        self._change("job = NULL", entry_id)

    def count(self, entry_id: int, scores: int) -> None:
        self._change(f"scores = scores + {scores:d}", entry_id)

    def keep(
        self, entry_id: int, taken: Sequence[Taken], settings: Callable[[int], LevelSettings]
    ) -> None:
        entry = self.get(entry_id)
        if entry is None or entry.kept is None or not taken:
            return
        with self._database.transaction() as sql:
            new = sum(_keep(sql, entry_id, each, settings) for each in taken)
            sql.execute("UPDATE audit SET kept = kept + ? WHERE id = ?", (new, entry_id))
            while sql.execute(TOTAL).fetchone()[0] > self._most:
                sql.execute(GIVE_UP, sql.execute(OLDEST).fetchone())
        self.tidy()

    def take_back(self, entry_id: int, count: int) -> list[tuple[Taken, bool]]:
        entry = self.get(entry_id)
        whole_level = entry is not None and "settings" in (entry.before or {})
        with self._database.transaction() as sql:
            rows = sql.execute(SOME, (entry_id, count)).fetchall()
            sql.executemany(TAKE, [(entry_id, *row[:3]) for row in rows])
            if not rows:
                sql.execute(GIVE_UP, (entry_id,))
        return [
            (((level, start), user, Line(rank_key(key), at, meta)), whole_level or bool(is_valid))
            for level, start, user, key, at, meta, is_valid in rows
        ]  # fmt: skip

    def count_anew(self, level_id: int) -> None:
        with self._database.transaction() as sql:
            sql.execute(COUNT_ANEW, (level_id,))

    def forget(self, user_id: int) -> None:
        with self._database.transaction() as sql:
            sql.execute("DELETE FROM removed WHERE user = ?", (user_id,))

    def expire(self, now: int) -> None:
        with self._database.transaction() as sql:
            sql.execute(EXPIRE, (now - UNDOABLE,))

    def tidy(self) -> bool:
        with self._database.transaction() as sql:
            (oldest,) = sql.execute(OLDEST).fetchone()
            oldest = 2**62 if oldest is None else oldest
            return sql.execute(TIDY, (oldest, SLICE)).rowcount == SLICE

    def arrivals(self) -> Mapping[BoardId, int]:
        with self._database.batch() as sql:
            rows = sql.execute(ARRIVALS)
            return {(level, season): arrivals for level, season, arrivals in rows}

    def _change(self, assignment: str, entry_id: int) -> None:
        with self._database.transaction() as sql:
            sql.execute(f"UPDATE audit SET {assignment} WHERE id = ?", (entry_id,))


def _keep(
    sql: sqlite3.Connection,
    entry_id: int,
    taken: Taken,
    settings: Callable[[int], LevelSettings],
) -> int:
    """Keeps a line, with the one of the same user that is kept already; how many more are kept."""
    board_id, user_id, line = taken
    place = entry_id, *board_id, user_id
    if sql.execute(KEEP, (*place, stored_key(line.key), line.at, line.meta)).rowcount:
        return 1
    key, at, meta = sql.execute(KEPT, place).fetchone()
    line = merged(settings(board_id[0]), line, Line(rank_key(key), at, meta))
    sql.execute(KEEP_MERGED, (*place, stored_key(line.key), line.at, line.meta))
    return 0


def row_of(entry: AuditEntry) -> tuple[Any, ...]:
    """An entry as a row of `COLUMNS`."""
    return (
        entry.id, entry.at, entry.action, json.dumps(entry.what, ensure_ascii=False),
        *entry.author, int(entry.is_undone),
        None if entry.before is None else json.dumps(entry.before, ensure_ascii=False),
        entry.scores, entry.kept,
        None if entry.job is None else json.dumps(entry.job.members(), ensure_ascii=False),
    )  # fmt: skip


def entry_of(row: Sequence[Any]) -> AuditEntry:
    """The entry of such a row; ValueError or TypeError if it is none."""
    number, at, action, what, client, token, undone, before, scores, kept, job = row
    return AuditEntry(
        id=number,
        at=at,
        action=action,
        what=json.loads(what),
        author=Author(client, token),
        is_undone=bool(undone),
        before=None if before is None else json.loads(before),
        scores=scores,
        kept=kept,
        job=None if job is None else Job(**json.loads(job)),
    )
