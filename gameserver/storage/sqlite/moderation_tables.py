"""A step of the data file's tables (`schema.py`): what is taken away, and what was done."""

from __future__ import annotations

MODERATION: tuple[str, ...] = (
    # Users who are banned or hidden, and their scores, as they stood on the boards.
    "CREATE TABLE user_state (user INTEGER PRIMARY KEY, state TEXT NOT NULL)",
    """CREATE TABLE withheld (
        user INTEGER NOT NULL, level INTEGER NOT NULL, season INTEGER NOT NULL,
        key INTEGER NOT NULL, at INTEGER, meta BLOB,
        PRIMARY KEY (user, level, season)
    ) WITHOUT ROWID""",
    # What was done, when, from where and by which token. `what` and `before` are JSON: the
    # latter is what it takes to undo it. `kept` says how many rows of `removed` there are for
    # that, NULL if none are any more. `job` is JSON, too: what is still to be done.
    """CREATE TABLE audit (
        id INTEGER PRIMARY KEY, at INTEGER NOT NULL, action TEXT NOT NULL, what TEXT NOT NULL,
        client TEXT NOT NULL, token TEXT NOT NULL, undone INTEGER NOT NULL,
        before TEXT, scores INTEGER NOT NULL, kept INTEGER, job TEXT
    )""",
    "CREATE INDEX audit_kept ON audit (id, kept) WHERE kept > 0",
    "CREATE INDEX audit_unfinished ON audit (id) WHERE job IS NOT NULL",
    # The scores that an entry of the audit has taken away.
    """CREATE TABLE removed (
        entry INTEGER NOT NULL,
        level INTEGER NOT NULL, season INTEGER NOT NULL, user INTEGER NOT NULL,
        key INTEGER NOT NULL, at INTEGER, meta BLOB,
        PRIMARY KEY (entry, level, season, user)
    ) WITHOUT ROWID""",
    "CREATE INDEX removed_of_user ON removed (user)",
    # The newest entry when a level began to count in another way.
    "CREATE TABLE counted_anew (level INTEGER PRIMARY KEY, entry INTEGER NOT NULL)",
)
"""Banned and hidden users, the audit, and what it takes to undo what it says."""
