"""Opening the file that the log goes to, and no other one.

Nothing is opened through a link: one that dangles would have the server create a file wherever it
leads, and in a folder like /tmp anybody can put one in the file's place. A FIFO is refused, since
the server would wait for its reader.
"""

from __future__ import annotations

import errno
import os
import stat

_FLAGS = (
    os.O_WRONLY
    | os.O_APPEND
    | os.O_CREAT
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)  # a FIFO without a reader is an error then
)

_REASONS = {
    errno.ELOOP: "it is a link",
    errno.ENXIO: "it is a FIFO or a socket",
}
"""For errors that the system's own words would leave unclear."""


def resolved(path: str) -> str:
    """Where the file is that an operator has named, behind all links; OSError if it is nowhere."""
    if os.path.islink(path) and not os.path.exists(path):
        raise OSError(errno.ENOENT, "it is a link to a file that is not there")
    return os.path.realpath(path)


def open_to_append(path: str, private: bool) -> int:
    """A descriptor of the file, which is created if it is not there; OSError says why not.

    `private`: it has to be a regular file of this user's, under this name only.
    """
    try:
        descriptor = os.open(path, _FLAGS, 0o666)
    except OSError as error:
        raise OSError(error.errno, _REASONS.get(error.errno or 0, error.strerror)) from None
    try:
        _check(os.fstat(descriptor), private)
        if hasattr(os, "set_blocking"):
            os.set_blocking(descriptor, True)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _check(status: os.stat_result, private: bool) -> None:
    if not (stat.S_ISREG(status.st_mode) or (stat.S_ISCHR(status.st_mode) and not private)):
        raise OSError(errno.EINVAL, "it is not a regular file")
    if private and hasattr(os, "geteuid") and status.st_uid != os.geteuid():
        raise OSError(errno.EPERM, "it belongs to another user")
    if private and status.st_nlink > 1:
        raise OSError(errno.EPERM, "it has another name as well")
