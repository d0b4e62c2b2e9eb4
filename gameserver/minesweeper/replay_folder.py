"""The folder that accepted replays are kept in, if the operator has named one."""

from __future__ import annotations

import logging
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from gameserver.errors import Refused, StartError
from gameserver.times import SECOND

log = logging.getLogger(__name__)

RETRY_AFTER = 10 * SECOND
"""An operator has to make room."""


class Staged:
    """A file that is written, but has no name yet. `keep` gives it one, once for all."""

    def __init__(self, folder: str, path: str) -> None:
        self._folder = folder
        self._path = path

    def keep(self, name: str) -> None:
        """Names the file, and so ends the time in which it would be removed."""
        if self._folder:
            os.replace(self._path, os.path.join(self._folder, name))


class ReplayFolder:
    """Keeps files, each written to its end before it is seen under its name.

    Without a folder nothing is kept. The names are the server's own, with no part of a request in
    them.
    """

    def __init__(self, folder: str = "") -> None:
        self._folder = folder
        self._failing = False

    @contextmanager
    def staged(self, data: bytes) -> Iterator[Staged]:
        """Writes the data to a file, which is removed if it is not kept by the end of the block.

        A name that was given is durable when the block has ended. `Refused` if a file cannot be
        kept: there is no room, or no folder.
        """
        if not self._folder:
            yield Staged("", "")
            return
        try:
            with self._written(data) as path:
                yield Staged(self._folder, path)
            self._sync()
        except OSError as error:
            self._log(error)
            message = "the replay cannot be kept now: try again later"
            raise Refused("overloaded", message, wait=RETRY_AFTER) from None
        if self._failing:
            self._failing = False
            log.warning("replays can be kept again")

    @contextmanager
    def _written(self, data: bytes) -> Iterator[str]:
        """The path of a file with the data, which is removed at the end unless it has moved."""
        descriptor, path = tempfile.mkstemp(dir=self._folder, prefix=".upload-")
        try:
            with open(descriptor, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(descriptor)
            yield path
        finally:
            with suppress(OSError):
                os.unlink(path)

    def _sync(self) -> None:
        """Has the folder's list of names written to the disk."""
        if os.name != "posix":  # elsewhere a folder cannot be opened
            return
        descriptor = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def _log(self, error: OSError) -> None:
        """One line when it begins, however many uploads come meanwhile."""
        if not self._failing:
            self._failing = True
            log.error("replays cannot be kept in %s: %s", self._folder, error.strerror)


def check_folder(folder: str) -> None:
    """Makes the folder in the one around it if need be; StartError if it cannot be written to."""
    if not folder:
        return
    around = os.path.dirname(os.path.abspath(folder))
    if not os.path.isdir(around):
        raise StartError(f"cannot make the replay folder {folder}: there is no folder {around}")
    try:
        if not os.path.exists(folder):
            os.mkdir(folder)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise StartError(f"cannot write to the replay folder {folder}: {error.strerror}") from None
