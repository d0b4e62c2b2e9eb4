"""The standard streams: any of them may be closed, or have nobody at its other end."""

from __future__ import annotations

import os
import re
import sys
from typing import Literal

_STREAMS = {"-": 1, "/dev/stdout": 1, "/dev/stderr": 2}
_DESCRIPTOR = re.compile("/(?:dev|proc/self)/fd/([0-9]+)")

_MAX_LINKS = 40
"""As many links are followed as Linux follows itself (path_resolution(7))."""


def open_missing_streams() -> None:
    """Opens the null device in the place of each standard stream that is closed.

    Otherwise the next file or socket would get its number, and everything printed to it.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            # The lowest number that is free is that of the stream.
            setattr(sys, name, open(os.open(os.devnull, os.O_RDWR), mode))  # noqa: SIM115


def say(line: str, name: Literal["stdout", "stderr"] = "stdout") -> None:
    """Prints a line, if anybody is there to read it."""
    try:
        print(line, file=getattr(sys, name), flush=True)
    except OSError:
        # Until the end: what could not be printed would be tried again there.
        setattr(sys, name, open(os.devnull, "w"))  # noqa: SIM115


def stream_descriptor(path: str) -> int | None:
    """The descriptor that a path stands for, such as `-` or a link to /dev/stderr, if it does."""
    for _ in range(_MAX_LINKS):
        if path in _STREAMS:
            return _STREAMS[path]
        if found := _DESCRIPTOR.fullmatch(path):
            return int(found[1])
        if not os.path.islink(path):
            break
        path = os.path.join(os.path.dirname(path), os.readlink(path))
    return None
