"""The file that credentials are saved in: one line, `name:token`.

Invariant: a reader finds the whole old line or the whole new one, never a part, and what
this module wrote only its owner can read.
"""

from __future__ import annotations

import os
import tempfile

OWNER_ONLY = 0o600


class AuthFile:
    """The credentials saved at `path`. OSError where it cannot be read or written."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        # A symbolic link stays one: the file that it points at is replaced.
        self._path = os.path.realpath(path)

    def read(self) -> str:
        """The saved line; empty if there is none, or none that could be credentials.

        Creates the file if it does not exist.
        """
        descriptor = os.open(self._path, os.O_RDONLY | os.O_CREAT, OWNER_ONLY)
        with open(descriptor, encoding="utf-8", errors="replace") as file:
            line = file.readline().strip()
        return line if line.isprintable() else ""

    def write(self, auth_str: str) -> None:
        """Replaces what is saved, all at once."""
        folder, name = os.path.split(self._path)
        # mkstemp makes the file readable and writable by its owner only.
        descriptor, temporary = tempfile.mkstemp(prefix=f".{name}.", dir=folder)
        try:
            with open(descriptor, "w", encoding="utf-8") as file:
                file.write(auth_str)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, self._path)
        except BaseException:
            os.unlink(temporary)
            raise
