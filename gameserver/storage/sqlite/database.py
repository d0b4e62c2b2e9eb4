"""The data file of a running server, or what stands for it in memory.

There is exactly one connection, in the process that owns the state, and one lock. The thread that
holds it is in a *batch*: everything written in it is committed as a whole at its end, with one
sync, and nobody else sees any of it before. Stores keep what they read in memory and join the
database as *members*; it tells them when to write, and when to forget what was not committed.

Two kinds of errors at a commit:

- There is no room (`SQLITE_FULL`). The batch is undone, in memory too. The database is `full`
  and refuses to write; at most twice a second it tries whether there is room again.
- Anything else, above all an I/O error. The process ends at once, before it has acknowledged
  anything: after a sync that failed, the next one may say that all is well when it is not
  (Rebello et al., "Can Applications Recover from fsync Failures?", USENIX ATC 2020). SQLite
  reports a failed sync as such an error whatever its cause, so a disk that has no room and only
  says so at the sync ends the process, too.

A batch of a long job need not be durable by itself. It is committed without a sync, and the next
batch of another kind, whatever is in it, syncs both: so nobody is told anything that may be lost.

Left out on purpose: reading through more connections, since what is read often is in memory; and
handing the lock over while the sync is waited for, which would show scores that may yet be lost.
"""

from __future__ import annotations

import logging
import os
import secrets
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

from gameserver.errors import StorageFull
from gameserver.storage.sqlite import schema
from gameserver.storage.sqlite.batch import Batch
from gameserver.storage.sqlite.datafile import FileLock, Presence, open_data_file
from gameserver.storage.sqlite.result_codes import end_process, is_disk_full

log = logging.getLogger(__name__)

CHECKPOINT_CHANGES = 1_000
"""Rows written between two checkpoints, so that the log and the pause stay short."""

TOGETHER = 8
"""So many rows of a long job, which lie together, count as one: the log grows by as little."""

PROBE_SECONDS = 0.5
PROBE_BYTES = 65_536

SYNC = "REPLACE INTO ballast VALUES (2, x'')"
"""Something to write: a commit of nothing has no sync."""


class Member(Protocol):
    """A store whose memory goes with the tables."""

    def write(self, connection: sqlite3.Connection) -> None:
        """The batch ends: writes everything that is only in memory. Called again if it fails."""

    def committed(self) -> None:
        """The batch is durable."""

    def restore(self, connection: sqlite3.Connection) -> None:
        """The batch was undone: forgets everything that is not in the tables."""


class Database:
    """The connection, the lock around it, and the members. Thread-safe.

    `batch` is for a sequence of operations and for reading, `transaction` for one operation that
    writes. Both can be nested.
    """

    def __init__(
        self, path: str | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Opens the data file, or a database in memory; StartError says why it cannot."""
        self.full = False
        """Whether writing is refused for want of room."""
        self._clock = clock
        self._members: list[Member] = []
        self._batch = Batch(self._begin, self._end, self._handle_error)
        self._path = os.path.realpath(path) if path else None
        self._lock_file = FileLock(self._path) if self._path else None
        try:
            self.connection = open_data_file(self._path) if self._path else _in_memory()
            self._presence = Presence(self._path) if self._path else None
        except BaseException:
            self._unlock_file()
            raise
        self._checkpointed = 0
        self._next_probe = 0.0
        self._undone = False
        """Whether this batch has to be undone, or the last one was."""
        self._is_unsynced = False
        """Whether this batch is committed without a sync."""
        self._owes_sync = False
        """Whether the last one was."""

    def close(self) -> None:
        """Moves the log into the file and ends the connection; may be called again."""
        with self._batch.lock:
            self.connection.close()
            self._unlock_file()

    def check(self) -> None:
        """Ends the process if the data file has been deleted, or replaced by another."""
        if self._presence:
            try:
                self._presence.check()
            except OSError as error:
                # Not while a batch is committed, which would be half done, nor after the end.
                with self._batch.lock:
                    if self._lock_file:
                        end_process(error)

    def join(self, member: Member) -> None:
        """Has a store take part in every batch from now on."""
        self._members.append(member)

    def secret(self, name: str, size: int) -> bytes:
        """Random bytes that stay the same as long as the file does."""
        with self.transaction() as connection:
            connection.execute(
                "INSERT OR IGNORE INTO secret VALUES (?, ?)", (name, secrets.token_bytes(size))
            )
            row = connection.execute("SELECT value FROM secret WHERE name = ?", (name,)).fetchone()
        return bytes(row[0])

    @property
    def lock(self) -> threading.RLock:
        """The lock that a batch holds."""
        return self._batch.lock

    def batch(self) -> Batch:
        """For `with`: holds the database. At the end of the outermost all is committed at once.

        StorageFull if that cannot be; then nothing has changed. An exception inside the
        outermost one undoes it all, one inside another leaves that to the outermost.
        """
        return self._batch

    @contextmanager
    def unsynced_batch(self) -> Iterator[sqlite3.Connection]:
        """For `with`, but not inside another: a batch that is durable with the next `batch`.

        Before that a power cut may undo it, but no end of the process.
        """
        with self.lock:
            # It cannot be set in the middle of a transaction.
            self.connection.execute("PRAGMA synchronous = NORMAL")
            self._is_unsynced = True
            before = self.connection.total_changes
            try:
                with self._batch as connection:
                    yield connection
            finally:
                self._is_unsynced = False
                self.connection.execute("PRAGMA synchronous = FULL")
            written = self.connection.total_changes - before
            self._checkpointed += written - written // TOGETHER

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """For `with`: an operation that happens as a whole or, after an exception, not at all.

        It is durable when the outermost batch or transaction has ended. StorageFull if there is
        no room. What members have in memory is undone with the batch, not with the operation.
        """
        with self._batch as connection:
            self.require_room()
            connection.execute("SAVEPOINT operation")
            try:
                yield connection
            except BaseException:
                if connection.in_transaction:  # SQLite may have undone all of it already
                    connection.execute("ROLLBACK TO operation")
                    connection.execute("RELEASE operation")
                raise
            connection.execute("RELEASE operation")

    def require_room(self) -> None:
        """StorageFull if nothing can be written now."""
        if self.full:
            raise StorageFull

    # The calls of `Batch`

    def _begin(self) -> sqlite3.Connection:
        # Not for the batch that follows one that was undone: it is the same one again.
        if self.full and not self._undone and self._clock() >= self._next_probe:
            self._probe()
        self._undone = False
        self.connection.execute("BEGIN")
        return self.connection

    def _end(self, succeeded: bool) -> None:
        """Ends a batch; StorageFull if it was undone."""
        if not (succeeded or self.full):
            self._rollback()
            return
        if not self.full:
            self._commit()
        if self._undone:
            self._rollback()
            self.require_room()
        elif self.full:  # since before the batch: there is nothing to undo
            self.connection.execute("ROLLBACK")

    def _commit(self) -> None:
        try:
            for member in self._members:
                member.write(self.connection)
            if self._owes_sync and not self._is_unsynced:
                self.connection.execute(SYNC)
            self.connection.execute("COMMIT")
        except sqlite3.Error as error:
            self._refuse_writing(error)
            return
        self._owes_sync = self._is_unsynced
        for member in self._members:
            member.committed()
        if self.connection.total_changes - self._checkpointed >= CHECKPOINT_CHANGES:
            self._checkpoint()

    def _rollback(self) -> None:
        try:
            if self.connection.in_transaction:  # SQLite may have undone it already
                self.connection.execute("ROLLBACK")
            for member in self._members:
                member.restore(self.connection)
        except sqlite3.Error as error:
            end_process(error)

    def _handle_error(self, error: sqlite3.Error, is_nested: bool) -> None:
        """An error of the storage inside a batch."""
        self._refuse_writing(error)
        if is_nested:
            self.require_room()

    def _refuse_writing(self, error: sqlite3.Error) -> None:
        """Has the batch undone and becomes full; ends the process for errors of another kind."""
        if not is_disk_full(error):
            end_process(error)
        if not self.full:
            log.error("nothing can be stored: %s", error)
        self.full = self._undone = True
        self._next_probe = self._clock() + PROBE_SECONDS

    def _probe(self) -> None:
        """Finds out whether there is room, at the cost of one commit."""
        self._checkpoint()  # after it the room that the log takes can be used again
        try:
            self.connection.execute("REPLACE INTO ballast VALUES (1, zeroblob(?))", (PROBE_BYTES,))
        except sqlite3.Error as error:
            self._refuse_writing(error)
        else:
            self.full = False
            log.warning("there is room again")

    def _checkpoint(self) -> None:
        """Copies the log into the file. Where there is no room for that, the log grows."""
        self._checkpointed = self.connection.total_changes
        try:
            self.connection.execute("PRAGMA wal_checkpoint").fetchone()
        except sqlite3.Error as error:
            if not is_disk_full(error):
                end_process(error)
            log.warning("the log cannot be copied into the data file: %s", error)

    def _unlock_file(self) -> None:
        if self._lock_file:
            self._lock_file.release()
            self._lock_file = None


def _in_memory() -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    schema.migrate(connection)
    return connection
