"""The tables of accounts and tournaments. All moments are in microseconds (see `moments`)."""

TABLES: tuple[str, ...] = (
    """CREATE TABLE IF NOT EXISTS accounts (
        id INTEGER PRIMARY KEY,
        username TEXT NOT NULL UNIQUE COLLATE NOCASE,
        password TEXT NOT NULL,
        created INTEGER NOT NULL
    )""",
    """CREATE TABLE IF NOT EXISTS tokens (
        digest BLOB PRIMARY KEY,
        user_id INTEGER NOT NULL REFERENCES accounts,
        created INTEGER NOT NULL,
        predecessor BLOB,
        used INTEGER NOT NULL DEFAULT 0,
        replaced INTEGER
    ) WITHOUT ROWID""",
    """CREATE INDEX IF NOT EXISTS tokens_of_user ON tokens (user_id, created)""",
    """CREATE TABLE IF NOT EXISTS tournaments (
        id INTEGER PRIMARY KEY,
        host_id INTEGER NOT NULL REFERENCES accounts,
        name TEXT NOT NULL,
        mode TEXT NOT NULL,
        modeparams TEXT NOT NULL,
        location TEXT NOT NULL,
        starts INTEGER NOT NULL,
        ends INTEGER NOT NULL,
        open_entry INTEGER NOT NULL,
        hide_results INTEGER NOT NULL
    )""",
    """CREATE INDEX IF NOT EXISTS tournaments_by_end ON tournaments (ends)""",
    """CREATE TABLE IF NOT EXISTS entries (
        tournament_id INTEGER NOT NULL REFERENCES tournaments,
        user_id INTEGER NOT NULL REFERENCES accounts,
        entry TEXT NOT NULL,
        PRIMARY KEY (tournament_id, user_id)
    ) WITHOUT ROWID""",
    """CREATE TABLE IF NOT EXISTS tournament_keys (
        tournament_id INTEGER NOT NULL REFERENCES tournaments,
        user_id INTEGER NOT NULL REFERENCES accounts,
        secret BLOB NOT NULL,
        generated INTEGER NOT NULL,
        expiry INTEGER,
        PRIMARY KEY (tournament_id, user_id)
    ) WITHOUT ROWID""",
    """CREATE TABLE IF NOT EXISTS tournament_scores (
        id INTEGER PRIMARY KEY,
        tournament_id INTEGER NOT NULL REFERENCES tournaments,
        user_id INTEGER NOT NULL REFERENCES accounts,
        level TEXT NOT NULL,
        time_ms INTEGER NOT NULL,
        digest BLOB NOT NULL UNIQUE,
        proven INTEGER NOT NULL,
        uploaded INTEGER NOT NULL
    )""",
    """CREATE INDEX IF NOT EXISTS scores_of_tournament
        ON tournament_scores (tournament_id, user_id)""",
    """CREATE INDEX IF NOT EXISTS scores_by_arrival ON tournament_scores (tournament_id, id)""",
)
"""Statements that make the tables and their indexes, in order."""
