"""A folder for each test, and data files in it."""

from __future__ import annotations

import os
import sqlite3
import tempfile
import unittest
from contextlib import closing
from pathlib import Path
from typing import Any

from gameserver.storage.sqlite.database import Database

SCORES = "SELECT level, user, 1073741823 - (key >> 33) FROM score"
"""Level, user and score, where the highest stands first."""


class FolderTestCase(unittest.TestCase):
    """A test case with an empty folder, whose databases are closed at the end."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.path = str(self.folder / "game.db")

    def open(self, **options: Any) -> Database:
        database = Database(self.path, **options)
        self.addCleanup(database.close)
        return database

    def files(self) -> dict[str, bytes]:
        """The content of all files in the folder."""
        return {path.name: path.read_bytes() for path in self.folder.iterdir()}

    def edit(self, statement: str) -> None:
        """Changes the data file as another program would."""
        with closing(sqlite3.connect(self.path, isolation_level=None)) as connection:
            connection.execute(statement)

    def rows(self, query: str = SCORES) -> list[Any]:
        """What another program reads in the data file."""
        uri = f"{Path(self.path).as_uri()}?mode=ro"
        with closing(sqlite3.connect(uri, uri=True)) as connection:
            return connection.execute(query).fetchall()

    def crash(self) -> None:
        """Goes on with the files as they are now, as if the process had been killed."""
        old, self.folder = self.folder, self.folder / "later"
        os.mkdir(self.folder)
        for path in old.glob("game.db*"):
            (self.folder / path.name).write_bytes(path.read_bytes())
        self.path = str(self.folder / "game.db")


def limit_size(database: Database, pages: int = 0) -> None:
    """Lets the data file have no more pages than it has, or as many more: then it is full."""
    (count,) = database.connection.execute("PRAGMA page_count").fetchone()
    database.connection.execute(f"PRAGMA max_page_count = {count + pages}")
