"""The tokens of games, in memory and in the data file."""

from __future__ import annotations

import sqlite3

from gameserver.auth.game_tokens import GameToken
from gameserver.storage.memory.game_tokens import MemoryGameTokens
from gameserver.storage.sqlite.database import Database

ALL = "SELECT name, digest, created FROM game_token ORDER BY created, name"


class SqliteGameTokens(MemoryGameTokens):
    """A `GameTokenStore` that outlives the process."""

    def __init__(self, database: Database) -> None:
        super().__init__()
        self._database = database
        with database.batch() as connection:
            self.restore(connection)
        database.join(self)

    def add(self, token: GameToken) -> None:
        with self._database.transaction() as sql:
            sql.execute("INSERT INTO game_token VALUES (?, ?, ?)", token)
            super().add(token)

    def remove(self, name: str) -> bool:
        with self._database.transaction() as sql:
            sql.execute("DELETE FROM game_token WHERE name = ?", (name,))
            return super().remove(name)

    # As a member of the database

    def write(self, connection: sqlite3.Connection) -> None:
        """Nothing: all is written at once."""

    def committed(self) -> None:
        """Nothing either."""

    def restore(self, connection: sqlite3.Connection) -> None:
        self._load(GameToken(*row) for row in connection.execute(ALL))
