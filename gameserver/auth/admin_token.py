"""The admin's token: a secret in a file that only the operator can read."""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Callable, Mapping
from contextlib import suppress
from hmac import compare_digest

from gameserver.auth.bearer import bearer_in
from gameserver.errors import StartError

SHORTEST = 16
LONGEST = 256
"""Characters of a token that the operator has chosen."""

VARIABLE = "GAMESERVER_ADMIN_TOKEN"
"""The variable of the environment that may stand for the file."""


class AdminToken:
    """What the admin says to be known as such."""

    def __init__(self, token: str) -> None:
        self._token = token.encode()

    def is_in(self, authorization: str) -> bool:
        """Whether a field `Authorization: Bearer <token>` holds it."""
        token = bearer_in(authorization)
        return token is not None and compare_digest(token.encode(), self._token)


def admin_token(path: str, environment: Mapping[str, str]) -> AdminToken | None:
    """The token in the file or in the environment; None where there is no admin.

    StartError if it cannot be used, or if there are two.
    """
    given = environment.get(VARIABLE)
    if given is None:
        return open_admin_token(path) if path else None
    if path:
        raise StartError(f"there are two admin's tokens: use --admin_token_file or {VARIABLE}")
    if not _is_good(given):
        raise StartError(f"{VARIABLE} must have {_GOOD}")
    return AdminToken(given)


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
    if not _is_good(token):
        raise StartError(f"the admin's token file {path!r} must hold one line: {_GOOD}")
    return token


_GOOD = f"{SHORTEST} to {LONGEST} printable characters of ASCII without spaces"


def _is_good(token: str) -> bool:
    in_range = SHORTEST <= len(token) <= LONGEST
    return in_range and token.isascii() and token.isprintable() and " " not in token
