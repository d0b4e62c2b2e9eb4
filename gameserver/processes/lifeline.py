"""A pipe that ties processes to their parent."""

from __future__ import annotations

import fcntl
import os
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import suppress


class Lifeline:
    """A pipe that breaks when the parent has cut it, or is gone however it ended."""

    def __init__(self) -> None:
        self._inside, self._outside = os.pipe()

    def hold(self, then: Callable[[], None]) -> None:
        """In a child: calls `then` from a thread when the pipe breaks.

        On Linux a child that somebody has stopped (SIGSTOP) goes on then: it would keep the port.
        """
        os.close(self._outside)
        if sys.platform == "linux":
            with suppress(OSError):
                _continue_when_broken(self._inside)

        def wait() -> None:
            os.read(self._inside, 1)
            then()

        threading.Thread(target=wait, daemon=True).start()

    def cut(self) -> None:
        """In the parent: ends every child that holds it."""
        os.close(self._outside)


def _continue_when_broken(pipe: int) -> None:
    """Has the kernel send SIGCONT to this process when a pipe breaks (fcntl(2), F_SETSIG)."""
    # What is asked for belongs to an open file, and the children share the one of the parent.
    own = os.open(f"/proc/self/fd/{pipe}", os.O_RDONLY | os.O_NONBLOCK)
    fcntl.fcntl(own, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(own, fcntl.F_SETSIG, signal.SIGCONT)
    fcntl.fcntl(own, fcntl.F_SETFL, os.O_ASYNC)
