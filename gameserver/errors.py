"""Errors apart from those of HTTP: for the operator, and for clients of the application.

StartError              the server cannot start
StorageFailed           the server has to stop
Refused                 the rules do not allow what a client asks for
├── InvalidSessionKey
├── StorageFull
└── Busy

The text of an error is the server's own: it never echoes any part of a request.
"""

from __future__ import annotations

from gameserver.times import SECOND


class StartError(Exception):
    """Why the server cannot start, as one line for the operator."""


class StorageFailed(Exception):
    """Why the server has to stop, as one line: the disk cannot be trusted any more."""

    EXIT_CODE = 74
    """`EX_IOERR` of sysexits.h. A process that owns a data file ends with it."""


class Refused(Exception):
    """A request that the rules do not allow.

    `code` names the reason for a program, `message` for a person. `wait`: in this many
    microseconds it may be allowed. `field`: the field of the request that is wrong.
    """

    def __init__(self, code: str, message: str = "", field: str = "", wait: int = 0) -> None:
        super().__init__(message or code)
        self.code = code
        self.message = message
        self.field = field
        self.wait = wait


class InvalidSessionKey(Refused):
    """A session key that is missing, forged or expired."""

    def __init__(self, message: str) -> None:
        super().__init__("invalid_session_key", message)


class StorageFull(Refused):
    """Nothing can be stored for the time being; reading goes on."""

    def __init__(self) -> None:
        super().__init__("overloaded", "the disk is full: try again later", wait=SECOND)


class Busy(Refused):
    """Another server is at something that is done one after the other."""

    def __init__(self) -> None:
        super().__init__("overloaded", "another server is at it: try again later", wait=SECOND)


def invalid(field: str, message: str) -> Refused:
    """The refusal of a request of which one field is wrong."""
    return Refused("invalid_data", message, field)
