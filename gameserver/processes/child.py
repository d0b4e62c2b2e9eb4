"""A child process, started by a bare fork.

`multiprocessing.Process` would do, but for one thing: each time that it finds no room for a process
it leaves four descriptors open.
"""

from __future__ import annotations

import logging
import os
import signal
import time
from collections.abc import Callable

log = logging.getLogger(__name__)


class Child:
    """A process that runs a function and ends with it."""

    def __init__(self, run: Callable[[], None]) -> None:
        """Starts it; OSError if the system has no room for it."""
        self._exit_code: int | None = None
        self.pid = os.fork()
        if not self.pid:
            code = 1
            try:
                run()
                code = 0
            except Exception:
                log.exception("an unexpected error")
            finally:
                os._exit(code)

    @property
    def exit_code(self) -> int | None:
        """What it has ended with, minus the signal if it was one; None while it runs."""
        if self._exit_code is None:
            try:
                pid, status = os.waitpid(self.pid, os.WNOHANG)
            except ChildProcessError:  # somebody else has waited for it
                self._exit_code = 1
            else:
                if pid:
                    self._exit_code = os.waitstatus_to_exitcode(status)
        return self._exit_code

    def end(self, seconds: float) -> None:
        """Waits for its end, for some time; then it is killed."""
        self._wait(seconds)
        if self.exit_code is None:
            os.kill(self.pid, signal.SIGKILL)
            self._wait(1)

    def _wait(self, seconds: float) -> None:
        give_up = time.monotonic() + seconds
        while self.exit_code is None and time.monotonic() < give_up:
            time.sleep(0.01)
