"""The `with` block of a database's batch: the lock, the beginning and the end."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from types import TracebackType

from gameserver.storage.sqlite.result_codes import is_programming_error


class Batch:
    """Holds the database as long as it lasts; see `Database.batch`."""

    def __init__(
        self,
        begin: Callable[[], sqlite3.Connection],
        end: Callable[[bool], None],
        handle_error: Callable[[sqlite3.Error, bool], None],
    ) -> None:
        """`begin()` and `end(succeeded)` are called for the outermost block alone.

        `handle_error(error, is_nested)` is called for an error of the storage.
        """
        self.lock = threading.RLock()
        self._begin = begin
        self._end = end
        self._handle_error = handle_error
        self._depth = 0

    def __enter__(self) -> sqlite3.Connection:
        self.lock.acquire()
        if not self._depth:
            try:
                self._connection = self._begin()
            except BaseException:
                self.lock.release()
                raise
        self._depth += 1
        return self._connection

    def __exit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._depth -= 1
        try:
            if isinstance(error, sqlite3.Error) and not is_programming_error(error):
                self._handle_error(error, self._depth > 0)
            if not self._depth:
                self._end(error_type is None)
        finally:
            self.lock.release()
