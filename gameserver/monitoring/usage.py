"""What a process uses of the machine."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable

from gameserver.monitoring.metrics import Counters


class Meter:
    """Measures this process. Thread-safe."""

    def __init__(self, cpu_clock: Callable[[], float] = time.process_time) -> None:
        self._cpu_clock = cpu_clock
        self._lock = threading.Lock()
        self._counted = 0.0

    def measure(self, counters: Counters) -> None:
        """Adds the processor time since the last measurement, and notes the memory in use."""
        with self._lock:
            now = self._cpu_clock()
            counters.cpu_seconds += now - self._counted
            self._counted = now
        counters.memory = resident_memory()


def resident_memory() -> int:
    """Bytes of this process that are in memory (proc(5), statm); 0 where no system says so."""
    try:
        with open("/proc/self/statm", "rb") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except FileNotFoundError:
        return 0
