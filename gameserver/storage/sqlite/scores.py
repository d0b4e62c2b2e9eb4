"""The high scores of all levels in memory, and every best score in the data file.

Lists are read from memory. A score that is a user's best enters memory at once, where nobody
else sees it before the batch ends; then all of the batch go to the file together. If they
cannot, the boards of their levels are read from the file again.

Ties: the file keeps an arrival number with each score. It counts over all levels and goes on
where the file ends, so the order in which equal scores were reached outlives the process.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter

from gameserver.errors import StartError
from gameserver.scores.board import Board
from gameserver.storage.memory.scores import MemoryScores
from gameserver.storage.progress import Follow, without_progress
from gameserver.storage.sqlite.database import Database

KEEP = """
INSERT INTO score VALUES (?, ?, ?, ?)
ON CONFLICT DO UPDATE SET score = excluded.score, arrival = excluded.arrival
"""

# In rank order within each level: that is how a board is loaded.
IN_ORDER = "SELECT level, user, score FROM score ORDER BY level, score DESC, arrival"
ONE_LEVEL = "SELECT user, score FROM score WHERE level = ? ORDER BY score DESC, arrival"

NEXT_ARRIVAL = "SELECT ifnull(max(arrival), 0) + 1 FROM score"

CHUNK = 10_000
"""Rows that are fetched at once."""


class SqliteScores:
    """A `MemoryScores` whose scores are in the data file as well: a `ScoreStore`."""

    def __init__(self, database: Database, follow: Follow = without_progress) -> None:
        """Loads all scores; StartError if they are no scores. `follow` sees how far it is."""
        self._database = database
        self._memory = MemoryScores()
        self._unwritten: dict[tuple[int, int], tuple[int, int]] = {}
        """Score and arrival by level and user: what this batch has brought."""
        with database.batch() as connection:
            self._load(connection, follow)
        database.join(self)

    def submit(self, level_id: int, user_id: int, score: int) -> bool:
        self._database.require_room()
        kept = self._memory.submit(level_id, user_id, score)
        if kept:
            self._unwritten[level_id, user_id] = score, self._next_arrival
            self._next_arrival += 1
        return kept

    def high_scores(self, level_id: int) -> bytes:
        return self._memory.high_scores(level_id)

    def gauges(self) -> dict[str, int]:
        return self._memory.gauges()

    # As a member of the database

    def write(self, connection: sqlite3.Connection) -> None:
        if self._unwritten:
            connection.executemany(
                KEEP, [(*where, *what) for where, what in self._unwritten.items()]
            )

    def committed(self) -> None:
        self._unwritten.clear()

    def restore(self, connection: sqlite3.Connection) -> None:
        for level_id in {level_id for level_id, _ in self._unwritten}:
            rows = connection.execute(ONE_LEVEL, (level_id,))
            self._memory.replace(level_id, Board.load(rows))
        self._unwritten.clear()

    def _load(self, connection: sqlite3.Connection, follow: Follow) -> None:
        (count,) = connection.execute("SELECT count(*) FROM score").fetchone()
        (self._next_arrival,) = connection.execute(NEXT_ARRIVAL).fetchone()
        rows = follow("loading scores", count, chunks(connection.execute(IN_ORDER)))
        try:
            for level_id, of_level in groupby(rows, itemgetter(0)):
                board = Board.load((user_id, score) for _, user_id, score in of_level)
                self._memory.replace(level_id, board)
        except (ValueError, TypeError, OverflowError, sqlite3.DatabaseError) as error:
            raise StartError(f"the scores in the data file are damaged: {error}") from None


def chunks(cursor: sqlite3.Cursor) -> Iterator[list[tuple[int, int, int]]]:
    """The rows that are left, many at a time."""
    while rows := cursor.fetchmany(CHUNK):
        yield rows
