"""The admin's token: a secret in a file that only the operator can read."""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Callable
from contextlib import suppress
from hmac import compare_digest

from gameserver.errors import StartError

SHORTEST = 16
LONGEST = 256
"""Characters of a token that the operator has chosen."""

_SCHEME = "bearer "


class AdminToken:
    """What the admin says to be known as such."""

    def __init__(self, token: str) -> None:
        self._token = token.encode()

    def is_in(self, authorization: str) -> bool:
        """Whether a field `Authorization: Bearer <token>` holds it (RFC 6750 section 2.1)."""
        scheme, token = authorization[: len(_SCHEME)], authorization[len(_SCHEME) :]
        same = compare_digest(token.strip(" ").encode(), self._token)
        return same and scheme.lower() == _SCHEME


def open_admin_token(
    path: str, draw: Callable[[], str] = lambda: secrets.token_urlsafe(32)
) -> AdminToken:
    """The token in the file, which is made with a new one if it is not there.

    StartError if the file cannot be used, or if others can read it.
    """
    try:
        with suppress(FileExistsError):
            _create(path, draw())
        return AdminToken(_read(path))
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise StartError(f"cannot use the admin's token file {path!r}: {reason}") from None


def _create(path: str, token: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(f"{token}\n")
        file.flush()
        os.fsync(descriptor)


def _read(path: str) -> str:
    with open(path, encoding="ascii") as file:
        mode = os.fstat(file.fileno()).st_mode
        if os.name == "posix" and mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise StartError(f"others can read the admin's token file: chmod 600 {path}")
        token = file.read(LONGEST + 2).strip()
    if not (SHORTEST <= len(token) <= LONGEST and token.isprintable() and " " not in token):
        raise StartError(
            f"the admin's token file {path!r} must hold one line of {SHORTEST} to {LONGEST}"
            " printable characters without spaces"
        )
    return token
