"""What the tables of claims, tokens and runs may say."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from gameserver.numbers import MAX_NUMBER
from gameserver.storage.sqlite.claims import HASH_KEY, HASH_SIZE, KEY_SIZE

WRONG = {
    "claims": f"""
        SELECT count(*) FROM claim WHERE user NOT BETWEEN 0 AND {MAX_NUMBER}
        OR typeof(since) <> 'integer' OR kept NOT IN (0, 1)
        OR typeof(secret) NOT IN ('blob', 'null') OR length(secret) <> {HASH_SIZE}
    """,
    "tokens of games": """
        SELECT count(*) FROM game_token WHERE typeof(name) <> 'text'
        OR typeof(digest) <> 'blob' OR length(digest) <> 32 OR typeof(created) <> 'integer'
    """,
    "used runs": """
        SELECT count(*) FROM used_run WHERE typeof(run) <> 'integer' OR typeof(at) <> 'integer'
    """,
}

HAS_KEY = """
SELECT NOT EXISTS (SELECT 1 FROM claim WHERE secret IS NOT NULL)
OR EXISTS (SELECT 1 FROM secret WHERE name = ? AND typeof(value) = 'blob' AND length(value) = ?)
"""


def wrong_rows(connection: sqlite3.Connection) -> Iterator[str]:
    """What they say that no server has written."""
    for what, query in WRONG.items():
        (count,) = connection.execute(query).fetchone()
        if count:
            yield f"{count} {what} that are none"
    if not connection.execute(HAS_KEY, (HASH_KEY, KEY_SIZE)).fetchone()[0]:
        yield "the key of the claims is missing"
