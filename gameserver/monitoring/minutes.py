"""The last ten minutes of the server, for whoever runs it.

They are made of what the front ends report twice a second, so no request costs anything for them.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from typing import NamedTuple

from gameserver.monitoring.counters import SECONDS, SIZES, Counters, Histogram
from gameserver.times import Clock, server_clock

MINUTES = 10
MINUTE_SECONDS = 60

SAMPLE_SECONDS = 2.0
"""Between two samples of how much there is."""


class Sample(NamedTuple):
    """How much there is at a moment."""

    connections: int = 0
    scores: int = 0
    memory: int = 0
    """Bytes."""
    disk: int = 0
    """Bytes."""
    written: int = 0
    """Rows that were written to disk since the start."""


NOTHING = Sample()


@dataclass
class Minute:
    """What happened in a minute of the clock, and how much there was at its end."""

    began: float
    """Seconds since 1970."""
    seconds: float = 0.0
    """How much of it the server has run, so far."""
    latencies: Histogram = field(default_factory=lambda: Histogram(SECONDS))
    batches: Histogram = field(default_factory=lambda: Histogram(SIZES))
    cpu_seconds: float = 0.0
    written: int = 0
    last: Sample = NOTHING


class Past(NamedTuple):
    """What there is to say of the server up to now."""

    uptime: int
    """Seconds since the start."""
    last_write: float | None
    """When something was last written to disk, in seconds since 1970, late by a sample at most."""
    minutes: Sequence[Minute]
    """Those of the last ten that somebody reported in, the oldest first."""


class Minutes:
    """Ten minutes, the one that is running among them. Thread-safe: workers report at once."""

    def __init__(
        self, clock: Clock = server_clock, measure_memory: Callable[[], int] = lambda: 0
    ) -> None:
        """`measure_memory` says how many bytes the server has in memory."""
        self._clock = clock
        self._measure_memory = measure_memory
        self._lock = threading.Lock()
        self._started = clock()
        self._minutes: deque[Minute] = deque(maxlen=MINUTES)
        self._known: set[int] = set()
        self._last: Sample | None = None
        self._next_sample = self._started
        self._last_write: float | None = None

    def count(self, front_end: int, counters: Counters) -> None:
        """Adds what a front end, known by its process id, has counted since its last report."""
        with self._lock:
            minute = self._now()
            minute.latencies.add(counters.seconds)
            minute.batches.add(counters.batches)
            # The first time of a process is what it took to start, such as loading the scores.
            if front_end in self._known:
                minute.cpu_seconds += counters.cpu_seconds
            self._known.add(front_end)

    @property
    def is_due(self) -> bool:
        """Whether it is time for another sample."""
        return self._clock() >= self._next_sample

    def note(self, sample: Sample) -> None:
        """Takes note of how much there is; the memory is measured here."""
        sample = sample._replace(memory=self._measure_memory())
        with self._lock:
            minute = self._now()
            written = sample.written - self._last.written if self._last else 0
            if written:
                self._last_write = self._clock()
            minute.written += written
            minute.last = self._last = sample
            self._next_sample = self._clock() + SAMPLE_SECONDS

    def past(self) -> Past:
        """The last ten minutes, as they are now."""
        with self._lock:
            now = self._clock()
            since = now - MINUTES * MINUTE_SECONDS
            minutes = [deepcopy(each) for each in self._minutes if each.began > since]
            return Past(int(now - self._started), self._last_write, minutes)

    def _now(self) -> Minute:
        """The minute that is running."""
        now = self._clock()
        began = now // MINUTE_SECONDS * MINUTE_SECONDS
        if not self._minutes or self._minutes[-1].began != began:
            self._minutes.append(Minute(began, last=self._last or NOTHING))
        minute = self._minutes[-1]
        minute.seconds = now - max(began, self._started)
        return minute
