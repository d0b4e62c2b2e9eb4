"""The errors that end the server: one line each, for the operator."""

from __future__ import annotations


class StartError(Exception):
    """Why the server cannot start, as one line for the operator."""


class StorageFailed(Exception):
    """Why the server has to stop, as one line: the disk cannot be trusted any more."""

    EXIT_CODE = 74
    """`EX_IOERR` of sysexits.h. A process that owns a data file ends with it."""
