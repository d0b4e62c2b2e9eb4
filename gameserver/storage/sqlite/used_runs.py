"""The runs that scores have used up, in the data file."""

from __future__ import annotations

from gameserver.scores.runs import LIFETIME
from gameserver.storage.sqlite.database import Database

FIND = "SELECT 1 FROM used_run WHERE run = ?"
KEEP = "INSERT INTO used_run (run, at) VALUES (?, ?)"
FORGET = """
DELETE FROM used_run WHERE at <= ? AND position IN (
    SELECT position FROM used_run ORDER BY position LIMIT 2
)
"""
# Each of the two is one look into the table; both in one SELECT would read all of it.
COUNT = """
SELECT ifnull((SELECT max(position) FROM used_run) - (SELECT min(position) FROM used_run) + 1, 0)
"""


class SqliteUsedRuns:
    """`UsedRuns` in a table: it costs no memory, and is undone with its batch."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def __contains__(self, number: object) -> bool:
        with self._database.batch() as sql:
            return sql.execute(FIND, (number,)).fetchone() is not None

    def __len__(self) -> int:
        with self._database.batch() as sql:
            return int(sql.execute(COUNT).fetchone()[0])

    def add(self, number: int, now: int) -> None:
        with self._database.transaction() as sql:
            sql.execute(KEEP, (number, now))
            sql.execute(FORGET, (now - LIFETIME,))
