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
from typing import TextIO

from gameserver.errors import StartError
from gameserver.monitoring.log_file import open_to_append, resolved
from gameserver.monitoring.streams import stream_descriptor
from gameserver.web.messages import Request, Response

try:
    import fcntl
except ImportError:  # Windows, where only one process writes
    fcntl = None  # type: ignore[assignment]

MAX_SIZE = 10_000_000
"""Bytes after which the file is moved aside: to its name with `.1` behind it."""

MAX_LINE = 4_000

_KEY = re.compile("[0-9a-fA-F]{32,}|(?<=/login/).+|(?<=secret).+")
"""Anything that could be a session key, a token or a user's secret."""

_access = logging.getLogger("gameserver.access")


class _LogFile(logging.handlers.WatchedFileHandler):
    """Appends to a file that anybody may move, and moves it when it has become too large."""

    def __init__(self, path: str, private: bool) -> None:
        """For `private` see `open_to_append`."""
        self._private = private
        super().__init__(path)

    def _open(self) -> TextIO:  # type: ignore[override]
        return open(open_to_append(self.baseFilename, self._private), "a", encoding="utf-8")

    def emit(self, record: logging.LogRecord) -> None:
        try:
            super().emit(record)
        except OSError:  # it is gone, and cannot be opened anew: the line is lost
            return
        # A file that cannot be moved (in a folder without permission) stays where it is.
        with suppress(OSError):
            if self.stream and os.fstat(self.stream.fileno()).st_size > MAX_SIZE:
                self._move_aside(self.stream.fileno())

    def _move_aside(self, descriptor: int) -> None:
        """Moves the file, unless another process has; the next line opens it anew."""
        with _locked(descriptor):
            if not os.path.samestat(os.fstat(descriptor), os.stat(self.baseFilename)):
                return
            try:
                os.replace(self.baseFilename, self.baseFilename + ".1")
            except OSError:
                if not self._private:
                    raise
                os.truncate(descriptor, 0)  # somebody else has something of that name there


class _LogStream(logging.StreamHandler[TextIO]):
    """Writes to a copy of an open descriptor, be it a file, a pipe, a socket or a terminal."""

    def __init__(self, descriptor: int) -> None:
        super().__init__(open(os.dup(descriptor), "w", encoding="utf-8"))  # noqa: SIM115 (close)

    def close(self) -> None:
        self.stream.close()
        super().close()


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
    """Time, level, process and message; unprintable characters are escaped, line ends too."""

    converter = staticmethod(time.gmtime)
    default_time_format = "%Y-%m-%dT%H:%M:%S"
    default_msec_format = "%s.%03dZ"

    def format(self, record: logging.LogRecord) -> str:
        if record.name == _access.name:
            return record.getMessage()
        text = super().format(record)
        return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)[:MAX_LINE]


def open_log(path: str, private: bool = False) -> None:
    """Sends the log to the file at `path`; StartError if it cannot be written.

    `-` and the like are the standard streams. `private`: only to a file of this user's, as is
    right in a folder that everybody can write to.
    """
    try:
        handler = _handler(path, private)
    except OSError as error:
        raise StartError(f"cannot write the log file {path!r}: {error.strerror}") from None
    handler.setFormatter(_OneLine("%(asctime)s %(levelname)s [%(process)d] %(message)s"))
    root = logging.getLogger("gameserver")
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    root.propagate = False
    logging.raiseExceptions = False  # a full disk is no reason to stop serving


def _handler(path: str, private: bool) -> logging.Handler:
    if private:
        return _LogFile(path, private)
    descriptor = stream_descriptor(path)
    return _LogFile(resolved(path), private) if descriptor is None else _LogStream(descriptor)


def log_refusal(client: str, status: int) -> None:
    """Writes a line for input that never became a request."""
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
