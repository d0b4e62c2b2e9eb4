"""The log: a file of bounded size, one line for each event.

Several processes write to it. Each appends whole lines, and opens the file anew when another
one has moved it aside.
"""

from __future__ import annotations

import logging
import logging.handlers
import os
import re
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

from gameserver.errors import StartError
from gameserver.web.messages import Request, Response

try:
    import fcntl
except ImportError:  # Windows, where only one process writes
    fcntl = None  # type: ignore[assignment]

MAX_SIZE = 10_000_000
"""Bytes after which the file is moved aside: to its name with `.1` behind it."""

MAX_LINE = 4_000

_KEY = re.compile("[0-9a-fA-F]{32,}|(?<=/login/).+|(?<=secret).+")
"""Whatever could be a session key, a token or a user's secret."""

_access = logging.getLogger("gameserver.access")


class _LogFile(logging.handlers.WatchedFileHandler):
    """Appends to a file that anybody may move, and moves it when it has become too large."""

    def emit(self, record: logging.LogRecord) -> None:
        super().emit(record)
        # What cannot be moved (a pipe, a folder without permission) stays where it is.
        with suppress(OSError):
            if self.stream and os.fstat(self.stream.fileno()).st_size > MAX_SIZE:
                self._move_aside(self.stream.fileno())

    def _move_aside(self, descriptor: int) -> None:
        """Moves the file, unless another process has; the next line opens it anew."""
        with _locked(descriptor):
            if os.path.samestat(os.fstat(descriptor), os.stat(self.baseFilename)):
                os.replace(self.baseFilename, self.baseFilename + ".1")


@contextmanager
def _locked(descriptor: int) -> Iterator[None]:
    """Keeps other processes from moving the same file meanwhile."""
    if fcntl:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
    try:
        yield
    finally:
        if fcntl:
            fcntl.flock(descriptor, fcntl.LOCK_UN)


class _OneLine(logging.Formatter):
    """Time, level, process and message; what cannot be printed is escaped, line ends too."""

    converter = staticmethod(time.gmtime)
    default_time_format = "%Y-%m-%dT%H:%M:%S"
    default_msec_format = "%s.%03dZ"

    def format(self, record: logging.LogRecord) -> str:
        if record.name == _access.name:
            return record.getMessage()
        text = super().format(record)
        return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)[:MAX_LINE]


def open_log(path: str) -> None:
    """Sends the log to the file at `path`; StartError if it cannot be written."""
    try:
        handler = _LogFile(path, encoding="utf-8")
    except OSError as error:
        raise StartError(f"cannot write the log file {path!r}: {error.strerror}") from None
    handler.setFormatter(_OneLine("%(asctime)s %(levelname)s [%(process)d] %(message)s"))
    root = logging.getLogger("gameserver")
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    root.propagate = False
    logging.raiseExceptions = False  # a full disk is no reason to stop serving


def log_refusal(client: str, status: int) -> None:
    """Writes a line for what never became a request."""
    _access.info("%s ACCESS %s - - %d", _timestamp(), client, status)


def _timestamp() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def log_access(requests: Sequence[Request], responses: Sequence[Response]) -> None:
    """Writes a line for each request of a batch, with one call."""
    now = _timestamp()
    lines = [
        # Without the query, which holds the session key; it may have slipped into the path.
        f"{now} ACCESS {request.client} {request.method} "
        f"{_KEY.sub('-', request.path)} {response.status}"
        for request, response in zip(requests, responses, strict=True)
        if request.method  # else it is a chunk of a response that has its line
    ]
    if lines:
        _access.info("\n".join(lines))
