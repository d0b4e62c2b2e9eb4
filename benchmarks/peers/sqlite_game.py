"""The game of the durable peers: the scores in a SQLite file, each request its own transaction.

WAL with `synchronous=FULL`: a score that was answered survives a power cut. Session keys stay in
memory. Reads have a connection of their own, since in WAL they need not wait for a commit.
"""

from __future__ import annotations

import os
import sqlite3
import threading

from game import LIST_LENGTH, MemoryGame, Sessions

SCHEMA = """
CREATE TABLE IF NOT EXISTS score (
    level INTEGER NOT NULL, user INTEGER NOT NULL, score INTEGER NOT NULL,
    PRIMARY KEY (level, user)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS standing ON score (level, score DESC);
"""
SUBMIT = """
INSERT INTO score VALUES (?, ?, ?)
ON CONFLICT DO UPDATE SET score = excluded.score WHERE excluded.score > score
"""
TOP = f"SELECT user, score FROM score WHERE level = ? ORDER BY score DESC LIMIT {LIST_LENGTH}"


def connect(path: str) -> sqlite3.Connection:
    """The open file; each statement outside BEGIN is a transaction of its own."""
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    return connection


class SqliteGame:
    """The game in a SQLite file, for any number of threads of one process."""

    def __init__(self, path: str) -> None:
        self._sessions = Sessions()
        self._write_lock, self._read_lock = threading.Lock(), threading.Lock()
        self._writer = connect(path)
        self._writer.executescript(SCHEMA)
        self._reader = connect(path)

    def login(self, user: int) -> str:
        """A new session key."""
        return self._sessions.open(user)

    def submit(self, key: str, level_id: int, score: int) -> None:
        """Keeps the score if it is the best of the key's user, or InvalidKeyError."""
        user = self._sessions.user(key)
        with self._write_lock:
            self._writer.execute(SUBMIT, (level_id, user, score))

    def high_score_list(self, level_id: int) -> str:
        """The top 15 as CSV of `user=score`, best first."""
        with self._read_lock:
            top = self._reader.execute(TOP, (level_id,)).fetchall()
        return ",".join(f"{user}={score}" for user, score in top)


def open_game() -> MemoryGame | SqliteGame:
    """The game in the file that `GAME_DATA` names, or in memory."""
    path = os.environ.get("GAME_DATA")
    return SqliteGame(path) if path else MemoryGame()
