"""The one SQLite connection of the process that owns the state."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from gameserver.tournaments.schema import TABLES

if TYPE_CHECKING:
    import sqlite3


class Database:
    """A file, or memory without a path. Nothing is opened before the first transaction.

    Threads take turns: one is in a transaction at a time.
    """

    def __init__(self, path: str | None) -> None:
        self._path = path
        self._lock = threading.RLock()
        self._depth = 0
        self._connection: sqlite3.Connection | None = None

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing. Inside another one it is a part of that one, which commits."""
        with self._lock:
            connection = self._opened()
            if not self._depth:
                connection.execute("BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield connection
            except BaseException:
                if self._depth == 1:
                    connection.rollback()
                raise
            else:
                if self._depth == 1:
                    connection.commit()
            finally:
                self._depth -= 1

    def close(self) -> None:
        with self._lock:
            if self._connection:
                self._connection.close()
                self._connection = None

    def _opened(self) -> sqlite3.Connection:
        if self._connection is None:
            import sqlite3  # only here: a server without tournaments need not load it

            self._connection = sqlite3.connect(
                self._path or ":memory:", isolation_level=None, check_same_thread=False
            )
            for statement in TABLES:
                self._connection.execute(statement)
        return self._connection
