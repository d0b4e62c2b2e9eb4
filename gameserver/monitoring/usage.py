"""The processor time and the memory of processes."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from glob import glob

from gameserver.monitoring.counters import Counters


class Meter:
    """Measures this process. Thread-safe."""

    def __init__(self, cpu_clock: Callable[[], float] = time.process_time) -> None:
        self._cpu_clock = cpu_clock
        self._lock = threading.Lock()
        self._counted = 0.0
        self._memory = 0

    def measure(self, counters: Counters) -> None:
        """Adds the processor time since the last measurement, and notes the memory in use."""
        with self._lock:
            now = self._cpu_clock()
            counters.cpu_seconds += now - self._counted
            self._counted = now
        # There may be no such file, or no descriptor left for it: it is as much as before, then.
        with suppress(OSError):
            self._memory = resident_memory()
        counters.memory = self._memory


def resident_memory(pid: int | str = "self") -> int:
    """Bytes of a process that are in memory (proc(5), statm); OSError if nobody says so."""
    with open(f"/proc/{pid}/statm", "rb") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def tree_memory(root: int) -> int:
    """Bytes of a process and all its descendants that are in memory, as far as anybody says so.

    Pages that several of them share count in each.
    """
    total, pids = 0, [root]
    while pids:
        pid = pids.pop()
        with suppress(OSError):  # it may have ended, or the system does not say
            total += resident_memory(pid)
            pids += _children(pid)
    return total


def _children(pid: int) -> list[int]:
    """The children of all threads of a process (proc(5), children)."""
    pids: list[int] = []
    for path in glob(f"/proc/{pid}/task/*/children"):
        with suppress(OSError), open(path, "rb") as file:
            pids += map(int, file.read().split())
    return pids
