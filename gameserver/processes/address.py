"""The address at which workers find the owner of the state."""

from __future__ import annotations

import os
import secrets
import shutil
import sys
import tempfile
from contextlib import suppress

from gameserver.errors import StartError

MAX_FOLDER = 90
"""Bytes of a path to which a socket's name can still be added (unix(7): 108 in all)."""


class AbstractAddress:
    """Linux: a name that is in no folder, so nothing can remove it (unix(7))."""

    def __init__(self) -> None:
        self.name = f"\0gameserver-{secrets.token_hex(16)}"

    def prepare(self) -> None:
        """Nothing: the name is free again when its socket is closed."""

    def exists(self) -> bool:
        return True

    def remove(self) -> None:
        """Nothing: it goes with its socket."""


class FileAddress:
    """Elsewhere: a file in a folder that only this user can enter."""

    def __init__(self) -> None:
        """Makes the folder; StartError if there is no place for it."""
        try:
            self._folder = tempfile.mkdtemp(prefix="gameserver-")
        except OSError as error:
            reason = f"cannot make a folder for temporary files: {error.strerror}"
            raise StartError(reason) from None
        if len(os.fsencode(self._folder)) > MAX_FOLDER:
            self.remove()
            raise StartError(
                "the path for temporary files is too long: set TMPDIR to a shorter one"
            )
        self.name = os.path.join(self._folder, "owner")

    def prepare(self) -> None:
        """Makes the folder again if it is gone, and the name free; OSError if that cannot be."""
        with suppress(FileExistsError):
            os.mkdir(self._folder, 0o700)
        found = os.lstat(self._folder)
        if found.st_uid != os.geteuid() or found.st_mode & 0o077:
            raise PermissionError(f"others can enter {self._folder}")
        with suppress(FileNotFoundError):
            os.unlink(self.name)

    def exists(self) -> bool:
        """Whether the socket is still there: somebody may clean up temporary files."""
        return os.path.exists(self.name)

    def remove(self) -> None:
        """Removes the folder with all that is in it."""
        shutil.rmtree(self._folder, ignore_errors=True)


Address = AbstractAddress | FileAddress


def make_address() -> Address:
    return AbstractAddress() if sys.platform == "linux" else FileAddress()
