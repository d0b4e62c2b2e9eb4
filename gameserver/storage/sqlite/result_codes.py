"""The meaning of an error of SQLite, by its result code (sqlite.org/rescode.html)."""

from __future__ import annotations

import logging
import os
import sqlite3
import sys
from typing import NoReturn

from gameserver.errors import StorageFailed

log = logging.getLogger(__name__)

_FULL = (
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_BUSY,  # another program has locked the file
    sqlite3.SQLITE_IOERR_SHMSIZE,  # no room for SQLite's index of the log; nothing was written
)
_PROGRAMMING_ERRORS = (
    sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_MISMATCH,
    sqlite3.SQLITE_RANGE, sqlite3.SQLITE_TOOBIG, sqlite3.SQLITE_MISUSE,
)  # fmt: skip


def _code(error: sqlite3.Error) -> int:
    """The extended result code (sqlite.org/rescode.html); SQLITE_ERROR for the module's own."""
    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)


def is_disk_full(error: sqlite3.Error) -> bool:
    """Whether nothing can be stored now, and no harm is done."""
    return _code(error) in _FULL or _code(error) & 0xFF in _FULL


def is_programming_error(error: sqlite3.Error) -> bool:
    """Whether the statement is wrong, and not the storage."""
    return _code(error) & 0xFF in _PROGRAMMING_ERRORS


def end_process(error: sqlite3.Error | OSError) -> NoReturn:
    """Ends the process without another word to a client: the disk cannot be trusted."""
    name = getattr(error, "sqlite_errorname", type(error).__name__)
    reason = f"{error.filename}: {error.strerror}" if isinstance(error, OSError) else error
    text = f"the data file cannot be trusted any more: {reason} ({name})"
    log.critical("%s; the server ends", text)
    print(f"gameserver: {text}", file=sys.stderr, flush=True)
    os._exit(StorageFailed.EXIT_CODE)
