"""The answers to requests that may be repeated, in the data file alone."""

from __future__ import annotations

import sqlite3

from gameserver.scores.requests import MOST, PER_USER, REMEMBERED, check_digest
from gameserver.scores.values import RequestId
from gameserver.storage.sqlite.database import Database

FIND = "SELECT digest, answer FROM request WHERE user = ? AND level = ? AND id = ? AND at > ?"
KEEP = "REPLACE INTO request (user, level, id, digest, answer, at) VALUES (?, ?, ?, ?, ?, ?)"
FORGET_ONE_TOO_MANY = f"""
DELETE FROM request WHERE number IN (
    SELECT number FROM request WHERE user = ? AND level = ?
    ORDER BY number DESC LIMIT -1 OFFSET {PER_USER}
)
"""
FORGET_OLDEST = """
DELETE FROM request WHERE number IN (SELECT number FROM request ORDER BY number LIMIT 2)
AND (at <= ? OR number <= ?)
"""
NEWEST = "SELECT ifnull(max(number), 0) FROM request"


class SqliteRequests:
    """A `RequestMemory` in a table: it costs no memory, and is undone with its batch.

    Numbers ascend, so the `MOST` newest are those above the newest number less `MOST`, give or
    take those that were forgotten for another reason.
    """

    def __init__(self, database: Database, most: int = MOST) -> None:
        self._database = database
        self._most = most

    def answer(self, user_id: int, request: RequestId, now: int) -> bytes | None:
        with self._database.batch() as sql:
            place = user_id, request.level_id, request.id
            row = sql.execute(FIND, (*place, now - REMEMBERED)).fetchone()
        if row is None:
            return None
        digest, answer = row
        check_digest(request, digest)
        return bytes(answer)

    def add(self, user_id: int, request: RequestId, answer: bytes, now: int) -> None:
        level_id, request_id, digest = request
        with self._database.transaction() as sql:
            sql.execute(KEEP, (user_id, level_id, request_id, digest, answer, now))
            sql.execute(FORGET_ONE_TOO_MANY, (user_id, level_id))
            sql.execute(FORGET_OLDEST, (now - REMEMBERED, self._newest(sql) - self._most))

    def forget(self, user_id: int) -> None:
        with self._database.transaction() as sql:
            sql.execute("DELETE FROM request WHERE user = ?", (user_id,))

    def _newest(self, sql: sqlite3.Connection) -> int:
        return int(sql.execute(NEWEST).fetchone()[0])
