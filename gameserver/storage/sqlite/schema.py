"""The tables of a data file, as the steps that lead from each version of them to the next."""

from __future__ import annotations

import sqlite3

from gameserver.errors import StartError
from gameserver.storage.sqlite.moderation_tables import MODERATION

APPLICATION_ID = 0x53636F72
"""`Scor`, in the file's header: it says that the file is one of ours."""

PEOPLE: tuple[str, ...] = (
    # The tokens of the games' own servers, as SHA-256.
    """CREATE TABLE game_token (
        name TEXT PRIMARY KEY, digest BLOB NOT NULL UNIQUE, created INTEGER NOT NULL
    ) WITHOUT ROWID""",
    # Users that belong to somebody: a keyed hash of the secret, and the moment in milliseconds
    # from which on session keys count. Without a secret the claim was lifted at that moment.
    # `kept`: it does not lapse any more.
    """CREATE TABLE claim (
        user INTEGER PRIMARY KEY, secret BLOB, since INTEGER NOT NULL, kept INTEGER NOT NULL
    )""",
    # Runs that a score has used up, by their number, the oldest first.
    """CREATE TABLE used_run (
        position INTEGER PRIMARY KEY, run INTEGER NOT NULL UNIQUE, at INTEGER NOT NULL
    )""",
)
"""What says whose a user is, and who may write."""

REMOVALS: tuple[str, ...] = (
    # What a host has removed counts no more. `removed` is the number of the removal: these and
    # the ids of submissions are one sequence.
    "ALTER TABLE tournament_scores ADD COLUMN removed INTEGER",
    "DROP INDEX scores_of_tournament",
    """CREATE INDEX scores_of_tournament
        ON tournament_scores (tournament_id, user_id, removed, level)""",
    """CREATE INDEX removals ON tournament_scores (tournament_id, removed)
        WHERE removed IS NOT NULL""",
    "CREATE INDEX removals_by_number ON tournament_scores (removed) WHERE removed IS NOT NULL",
)
"""What a tournament's host takes away."""

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        # Every user's best in every level. Of equal scores the one with the lower arrival
        # number stands higher; the numbers count over all levels.
        """CREATE TABLE score (
            level INTEGER NOT NULL, user INTEGER NOT NULL,
            score INTEGER NOT NULL, arrival INTEGER NOT NULL,
            PRIMARY KEY (level, user)
        ) WITHOUT ROWID""",
        # Random bytes that are drawn once, such as what session keys are signed with.
        "CREATE TABLE secret (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID",
        # The newest session key of each user; the expiry is in milliseconds since the epoch.
        """CREATE TABLE session_key (
            user INTEGER PRIMARY KEY, key TEXT NOT NULL, expiry INTEGER NOT NULL
        )""",
        # Written again and again to find out whether there is room on the disk.
        "CREATE TABLE ballast (id INTEGER PRIMARY KEY, filler BLOB NOT NULL)",
        # Accounts and tournaments. All moments are in microseconds since the epoch.
        """CREATE TABLE accounts (
            id INTEGER PRIMARY KEY,
            username TEXT NOT NULL UNIQUE COLLATE NOCASE,
            password TEXT NOT NULL,
            created INTEGER NOT NULL
        )""",
        """CREATE TABLE tokens (
            digest BLOB PRIMARY KEY,
            user_id INTEGER NOT NULL REFERENCES accounts,
            created INTEGER NOT NULL,
            predecessor BLOB,
            used INTEGER NOT NULL DEFAULT 0,
            replaced INTEGER
        ) WITHOUT ROWID""",
        """CREATE INDEX tokens_of_user ON tokens (user_id, created)""",
        """CREATE TABLE tournaments (
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
        """CREATE INDEX tournaments_by_end ON tournaments (ends)""",
        """CREATE TABLE entries (
            tournament_id INTEGER NOT NULL REFERENCES tournaments,
            user_id INTEGER NOT NULL REFERENCES accounts,
            entry TEXT NOT NULL,
            PRIMARY KEY (tournament_id, user_id)
        ) WITHOUT ROWID""",
        """CREATE TABLE tournament_keys (
            tournament_id INTEGER NOT NULL REFERENCES tournaments,
            user_id INTEGER NOT NULL REFERENCES accounts,
            secret BLOB NOT NULL,
            generated INTEGER NOT NULL,
            expiry INTEGER,
            PRIMARY KEY (tournament_id, user_id)
        ) WITHOUT ROWID""",
        """CREATE TABLE tournament_scores (
            id INTEGER PRIMARY KEY,
            tournament_id INTEGER NOT NULL REFERENCES tournaments,
            user_id INTEGER NOT NULL REFERENCES accounts,
            level TEXT NOT NULL,
            time_ms INTEGER NOT NULL,
            digest BLOB NOT NULL UNIQUE,
            proven INTEGER NOT NULL,
            uploaded INTEGER NOT NULL
        )""",
        """CREATE INDEX scores_of_tournament
            ON tournament_scores (tournament_id, user_id)""",
        """CREATE INDEX scores_by_arrival ON tournament_scores (tournament_id, id)""",
    ),
    (
        # A player's own list, without a look at all tournaments.
        "CREATE INDEX entries_of_user ON entries (user_id)",
    ),
    (
        # What stands on every board: a level's in a season. `season` is the moment at which it
        # begins, 0 where a level is never reset. `key` is that of `scores/rank_key.py` less
        # 2^63, so that a board in rank order is its rows in the order of their keys. `at` is the
        # moment of the score, `meta` a JSON object as it was sent, both where they are kept.
        "ALTER TABLE score RENAME TO score_1",
        """CREATE TABLE score (
            level INTEGER NOT NULL, season INTEGER NOT NULL, user INTEGER NOT NULL,
            key INTEGER NOT NULL, at INTEGER, meta BLOB,
            PRIMARY KEY (level, season, user)
        ) WITHOUT ROWID""",
        """INSERT INTO score (level, season, user, key)
            SELECT level, 0, user, (1073741823 - score) * 8589934592
                + row_number() OVER (PARTITION BY level ORDER BY score DESC, arrival)
            FROM score_1 ORDER BY level, user""",
        "DROP TABLE score_1",
        # The settings of a level that are not the default ones, as a JSON object.
        "CREATE TABLE level (level INTEGER PRIMARY KEY, settings TEXT NOT NULL)",
        "CREATE TABLE user_name (user INTEGER PRIMARY KEY, name TEXT NOT NULL)",
        # What was answered to requests that may be repeated; the oldest has the lowest number.
        """CREATE TABLE request (
            number INTEGER PRIMARY KEY,
            user INTEGER NOT NULL, level INTEGER NOT NULL, id TEXT NOT NULL,
            digest BLOB NOT NULL, answer BLOB NOT NULL, at INTEGER NOT NULL,
            UNIQUE (user, level, id)
        )""",
    ),
    MODERATION,
    PEOPLE,
    REMOVALS,
)
"""The statements of step n lead from version n to n + 1; an empty file has version 0.

A step is history: files that have taken it are about. What changes is a new step.
"""


def version(connection: sqlite3.Connection) -> int:
    """The version of the file's tables."""
    (number,) = connection.execute("PRAGMA user_version").fetchone()
    return int(number)


def require_newest(path: str, connection: sqlite3.Connection) -> None:
    """StartError if the file's tables are those of an older server."""
    if version(connection) < len(MIGRATIONS):
        raise StartError(
            f"{path} was written by an older server: it has version {version(connection)}, and a"
            f" start of this one brings it to version {len(MIGRATIONS)}"
        )


def migrate(connection: sqlite3.Connection) -> None:
    """Brings the tables to the newest version: all of the way, or not at all."""
    steps = MIGRATIONS[version(connection) :]
    if not steps:
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        for statement in (statement for step in steps for statement in step):
            connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
