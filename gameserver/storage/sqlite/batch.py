"""The `with` block of a database's batch: the lock, the beginning and the end."""

from __future__ import annotations

import sqlite3
import threading
from types import TracebackType
from typing import TYPE_CHECKING

from gameserver.storage.sqlite.result_codes import is_mistake

if TYPE_CHECKING:
    from gameserver.storage.sqlite.database import Database


class Batch:
    """Holds the database as long as it lasts; see `Database.batch`."""

    def __init__(self, database: Database) -> None:
        self.lock = threading.RLock()
        self._database = database
        self._depth = 0

    def __enter__(self) -> sqlite3.Connection:
        self.lock.acquire()
        if not self._depth:
            try:
                self._database.begin()
            except BaseException:
                self.lock.release()
                raise
        self._depth += 1
        return self._database.connection

    def __exit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._depth -= 1
        try:
            if isinstance(error, sqlite3.Error) and not is_mistake(error):
                self._database.judge(error)
                if self._depth:
                    self._database.require_room()
            if not self._depth:
                if error_type and not self._database.full:
                    self._database.rollback()
                else:
                    self._database.commit()
        finally:
            self.lock.release()
