"""The folder that accepted replays are kept in, if the operator has named one."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from gameserver.errors import StartError


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

    @contextmanager
    def staged(self, data: bytes) -> Iterator[Staged]:
        """Writes the data to a file, which is removed if it is not kept by the end of the block."""
        if not self._folder:
            yield Staged("", "")
            return
        descriptor, path = tempfile.mkstemp(dir=self._folder, prefix=".upload-")
        try:
            with open(descriptor, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(descriptor)
            yield Staged(self._folder, path)
        finally:
            with suppress(FileNotFoundError):
                os.unlink(path)


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
