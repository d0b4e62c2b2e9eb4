"""The export and import of what moderation has: who is banned or hidden, and the audit."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from typing import Any

from gameserver.scores.audit import AuditEntry, Author
from gameserver.scores.rank_key import ARRIVAL_BITS
from gameserver.storage.audit_text import audit_text
from gameserver.storage.sqlite import audit, withheld_rows
from gameserver.times import parse_moment

IN_ORDER = """
SELECT level, season, user, key, at, meta FROM score
UNION ALL SELECT level, season, user, key, at, meta FROM withheld ORDER BY 1, 2, 4
"""
COUNT = "SELECT (SELECT count(*) FROM score) + (SELECT count(*) FROM withheld)"
NEXT_ARRIVAL = f"""
SELECT ifnull(max(key & {2**ARRIVAL_BITS - 1}), -1) + 1
FROM (SELECT key FROM score UNION ALL SELECT key FROM withheld UNION ALL SELECT key FROM removed)
"""
WITHHOLD = """
INSERT INTO withheld (user, level, season, key, at, meta)
SELECT user, level, season, key, at, meta FROM score WHERE user IN (SELECT user FROM user_state)
ON CONFLICT DO UPDATE SET key = excluded.key, at = excluded.at, meta = excluded.meta
WHERE excluded.key >> 33 < key >> 33
"""
WITHHELD = "DELETE FROM score WHERE user IN (SELECT user FROM user_state)"
ENTRIES = f"SELECT {audit.COLUMNS} FROM audit ORDER BY id"
IS_THERE = "SELECT 1 FROM audit WHERE at = ? AND action = ? AND what = ?"


def states(connection: sqlite3.Connection) -> Iterator[tuple[int, str]]:
    """The users who are banned or hidden, and that as JSON."""
    for user_id, state in connection.execute(withheld_rows.STATES):
        yield user_id, json.dumps({"state": state})


def entries(connection: sqlite3.Connection) -> Iterator[str]:
    """The audit, the oldest first, as JSON."""
    for entry in map(audit.entry_of, connection.execute(ENTRIES)):
        yield audit_text(entry)


def take_state(connection: sqlite3.Connection, user_id: int, told: Mapping[str, Any]) -> None:
    """Bans or hides a user; ValueError if it is neither."""
    state = withheld_rows.parse_state(told.get("state"))
    connection.execute(withheld_rows.KEEP_STATE, (user_id, state))


def take_entry(connection: sqlite3.Connection, told: Mapping[str, Any]) -> None:
    """Enters into the audit what another one says, unless it is there; it cannot be undone."""
    try:
        author = Author(str(told["from"]), str(told["by"]))
        entry = AuditEntry(
            0, parse_moment(told["at"]), str(told["action"]), dict(told["what"]), author,
            bool(told["undone"]), None, 0, None,
        )  # fmt: skip
    except (KeyError, TypeError):
        raise ValueError("must be an entry of an audit") from None
    row = audit.row_of(entry)
    if not connection.execute(IS_THERE, row[1:4]).fetchone():
        connection.execute(audit.ADD, row[1:])


def withhold(connection: sqlite3.Connection) -> None:
    """Takes the scores of banned and hidden users off the boards."""
    connection.execute(WITHHOLD)
    connection.execute(WITHHELD)
