"""A data file before it is used: is it one, is it whole, is it free, and the connection to it.

Every problem raises `StartError`, and leaves the file as it was. It is examined through a
connection that cannot write.

The lock is on a file of its own, `FILE-lock`. It is not on the data file: a process that closes
any descriptor of that loses SQLite's locks on it (sqlite.org/howtocorrupt.html, 2.2). It is not
SQLite's exclusive mode either, which would keep out a backup, too.
"""

from __future__ import annotations

import errno
import os
import sqlite3
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from gameserver.errors import StartError
from gameserver.storage.sqlite import schema

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

BUSY_SECONDS = 1.0
"""How long SQLite waits for another program that has locked the file."""

LOCK_SECONDS = 0.5
"""How long a start waits for the lock: a server that was killed may still be ending."""

_NEW = "-new"
_BESIDE = ("-wal", "-shm")


class FileLock:
    """Keeps every other server and every import off a data file, until it is released."""

    def __init__(self, path: str) -> None:
        require_place(path)
        self._path = path + "-lock"
        give_up = time.monotonic() + LOCK_SECONDS
        while True:
            try:
                self._descriptor = self._take()
                return
            except BlockingIOError:
                if time.monotonic() > give_up:
                    raise StartError(f"{path} is in use by another server") from None
                time.sleep(0.02)
            except OSError as error:
                raise StartError(f"cannot lock {path}: {error.strerror}") from None

    def _take(self) -> int:
        while True:
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
            try:
                _lock(descriptor)
                if _is_at(descriptor, self._path):
                    return descriptor
            except OSError:
                os.close(descriptor)
                raise
            os.close(descriptor)  # its holder has removed it meanwhile

    def release(self) -> None:
        with suppress(OSError):  # the folder may have become read-only
            os.unlink(self._path)
        os.close(self._descriptor)


def _lock(descriptor: int) -> None:
    if fcntl:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    elif sys.platform == "win32":
        import msvcrt

        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except PermissionError:
            raise BlockingIOError from None


def _is_at(descriptor: int, path: str) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), os.stat(path))
    except FileNotFoundError:
        return False


def require_place(path: str) -> None:
    """StartError unless a data file can be at this absolute path, for all that its name says."""
    if os.path.isdir(path):
        raise StartError(f"{path} is a folder, not a data file")
    if not os.path.isdir(os.path.dirname(path)):
        raise StartError(f"cannot use {path}: there is no folder {os.path.dirname(path)}")


class Presence:
    """Whether the files of a connection are still the ones that their names lead to.

    If they are deleted or replaced, the server is left with files that nobody can open again: it
    would go on, and all that it acknowledges would be lost.
    """

    def __init__(self, path: str) -> None:
        """`path` is a data file that is open, with its log beside it."""
        self._files = {name: os.stat(name) for name in (path, path + "-wal")}

    def check(self) -> None:
        """OSError, with what is missing, unless they are."""
        for name, known in self._files.items():
            if not os.path.samestat(os.stat(name), known):
                raise FileNotFoundError(errno.ENOENT, "it has been replaced by another file", name)


def open_data_file(path: str) -> sqlite3.Connection:
    """The connection for writing to a locked data file, which is created if it is not there."""
    try:
        if not os.path.exists(path):
            _create(path)
        _require_writable(path)
        with reading(path, alone=True) as connection:
            examine(path, connection)
            _require_whole(path, connection)
        return _connect_to_write(path)
    except sqlite3.Error as error:
        raise StartError(f"cannot use {path}: {error}") from None
    except OSError as error:
        raise StartError(f"cannot use {path}: {error.strerror}") from None


@contextmanager
def reading(path: str, alone: bool = False) -> Iterator[sqlite3.Connection]:
    """A connection that writes nothing and makes no checkpoint, beside a server that runs.

    SQLite before 3.51.3 can damage a file of which two connections make checkpoints at once.
    `alone`: the file is locked, so that there is no server. Then, where there is no log either,
    the file is all there is, and SQLite makes no files of its own beside it.
    """
    require_place(os.path.abspath(path))
    if not os.path.isfile(path):
        raise StartError(f"there is no file {path}")
    immutable = alone and not os.path.exists(path + "-wal")
    options = "mode=ro&immutable=1" if immutable else "mode=ro"
    try:
        with closing(_connect(path, options)) as connection:
            yield connection
    except sqlite3.DatabaseError as error:
        raise StartError(f"{path} is no data file, or is damaged: {error}") from None


def examine(path: str, connection: sqlite3.Connection) -> None:
    """StartError unless the file is a whole data file of a version that is known here."""
    version = schema.version(connection)
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    if application != schema.APPLICATION_ID:
        raise StartError(f"{path} is not a data file of this server")
    if version > len(schema.MIGRATIONS):
        raise StartError(
            f"{path} was written by a newer server: it has version {version},"
            f" and this one knows versions up to {len(schema.MIGRATIONS)}"
        )
    (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if verdict != "ok":
        raise StartError(f"{path} is damaged: {' '.join(verdict.split())}")


def _require_writable(path: str) -> None:
    """Asks the permissions as well: root could write to a file that is marked read-only."""
    marked = not os.stat(path).st_mode & 0o222
    if marked or not os.access(path, os.W_OK):
        raise StartError(f"{path} is read-only")
    # The lock and the log have the name of the file, so each name would have its own.
    if os.stat(path).st_nlink > 1:
        raise StartError(f"{path} has another name, a hard link: remove that, or copy the file")
    if not os.access(os.path.dirname(path), os.W_OK):
        raise StartError(f"{path} is in a read-only folder, and SQLite needs files beside it")


def _require_whole(path: str, connection: sqlite3.Connection) -> None:
    """SQLite takes a last page that is cut for one that ends with zeros."""
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    (page_size,) = connection.execute("PRAGMA page_size").fetchone()
    # After a crash the file may end anywhere: the rest is in the log.
    if not os.path.exists(path + "-wal") and os.path.getsize(path) != pages * page_size:
        raise StartError(f"{path} is damaged: its end is missing")


def _create(path: str) -> None:
    """Makes an empty data file under another name first, so that there is never half of one."""
    new = path + _NEW
    for name in (new, *(new + end for end in _BESIDE)):
        with suppress(FileNotFoundError):
            os.unlink(name)
    # Only for this user: anybody who knows the secret in it can forge session keys.
    os.close(os.open(new, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    _connect_to_write(new).close()
    put_in_place(new, path)


def put_in_place(new: str, path: str) -> None:
    """Gives a finished file its name, durably."""
    sync(new)
    os.replace(new, path)
    if os.name == "posix":  # elsewhere a folder cannot be opened
        sync(os.path.dirname(path))


def sync(path: str) -> None:
    """Has the operating system write a file, or a folder's list of names, to the disk."""
    descriptor = os.open(path, os.O_RDONLY if os.path.isdir(path) else os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _connect_to_write(path: str) -> sqlite3.Connection:
    connection = _connect(path, "mode=rw")
    try:
        configure(connection, path)
        schema.migrate(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def configure(connection: sqlite3.Connection, path: str) -> None:
    """Makes a commit durable: it ends with a sync of the write-ahead log."""
    (mode,) = connection.execute("PRAGMA journal_mode = wal").fetchone()
    if mode != "wal":
        raise StartError(f"{path}: SQLite can keep no write-ahead log there")
    connection.execute("PRAGMA synchronous = FULL")
    # macOS: without it a sync ends in the drive's cache. Elsewhere it means nothing.
    connection.execute("PRAGMA fullfsync = ON")
    # `Database` makes the checkpoints, since SQLite passes over an error in one of its own.
    connection.execute("PRAGMA wal_autocheckpoint = 0")


def _connect(path: str, options: str) -> sqlite3.Connection:
    uri = f"{Path(path).absolute().as_uri()}?{options}"
    return sqlite3.connect(
        uri, uri=True, isolation_level=None, check_same_thread=False, timeout=BUSY_SECONDS
    )
