"""What the server counts, and how Prometheus reads it (text format 0.0.4).

Every front end counts for itself (`Counters`) and reports to the application twice a second what
has come since; so nothing is shared on the way of a request. `Metrics` adds it up.
"""

from __future__ import annotations

import threading
import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from gameserver.web.messages import Request, Response

SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)

FORGET_SECONDS = 5
"""A front end that has not reported for so long has no connections any more."""


class Histogram:
    """How many values there were up to each bound, and their sum."""

    def __init__(self, bounds: Sequence[float]) -> None:
        self._bounds = bounds
        self._counts = [0] * (len(bounds) + 1)
        self._sum = 0.0

    def observe(self, value: float, times: int = 1) -> None:
        self._counts[bisect_left(self._bounds, value)] += times
        self._sum += value * times

    def add(self, other: Histogram) -> None:
        self._counts = [a + b for a, b in zip(self._counts, other._counts, strict=True)]
        self._sum += other._sum

    def lines(self, name: str) -> Iterator[str]:
        total = 0
        for bound, count in zip((*self._bounds, "+Inf"), self._counts, strict=True):
            total += count
            yield f'{name}_bucket{{le="{bound}"}} {total}'
        yield f"{name}_sum {self._sum:.6f}"
        yield f"{name}_count {total}"


@dataclass
class Counters:
    """What one front end has counted."""

    requests: Counter[tuple[str, int]] = field(default_factory=Counter)
    """By route and status."""
    refused: Counter[int] = field(default_factory=Counter)
    """What never became a request, by the status of the reply."""
    tls_failures: Counter[str] = field(default_factory=Counter)
    """Handshakes that failed: `plain_http` of those that spoke that, or `handshake`."""
    seconds: Histogram = field(default_factory=lambda: Histogram(SECONDS))
    """From when a request was there to when its response was sent."""
    batches: Histogram = field(default_factory=lambda: Histogram(SIZES))

    def count(
        self, requests: Sequence[Request], responses: Sequence[Response], seconds: float
    ) -> None:
        """Counts a batch that took so long."""
        routes = [request.match.route for request in requests]
        statuses = [response.status for response in responses]
        self.requests.update(zip(routes, statuses, strict=True))
        self.seconds.observe(seconds, len(requests))
        self.batches.observe(len(requests))

    def add(self, other: Counters) -> None:
        self.requests += other.requests
        self.refused += other.refused
        self.tls_failures += other.tls_failures
        self.seconds.add(other.seconds)
        self.batches.add(other.batches)


class Metrics:
    """The counters of all front ends together. Thread-safe: workers report at the same time."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._total = Counters()
        self._connections: dict[int, tuple[int, float]] = {}
        """By front end: how many, and when it said so."""

    def report(self, front_end: int, connections: int, counters: Counters) -> None:
        """Adds what a front end, known by its process id, has counted since its last report."""
        with self._lock:
            self._total.add(counters)
            self._connections[front_end] = connections, self._clock()

    def text(self, gauges: dict[str, int]) -> str:
        """Everything as Prometheus reads it, with these gauges of the application's."""
        with self._lock:
            return self._text({"connections": self._open(), **gauges})

    def _text(self, gauges: dict[str, int]) -> str:
        total = self._total
        lines = ["# TYPE gameserver_requests_total counter"]
        for (route, status), count in sorted(total.requests.items()):
            lines.append(
                f'gameserver_requests_total{{route="{route}",status="{status}"}} {count}'
            )
        lines.append("# TYPE gameserver_refused_total counter")
        for status, count in sorted(total.refused.items()):
            lines.append(f'gameserver_refused_total{{status="{status}"}} {count}')
        lines.append("# TYPE gameserver_tls_failures_total counter")
        for reason, count in sorted(total.tls_failures.items()):
            lines.append(f'gameserver_tls_failures_total{{reason="{reason}"}} {count}')
        for name, histogram in (
            ("gameserver_request_seconds", total.seconds),
            ("gameserver_batch_size", total.batches),
        ):
            lines += [f"# TYPE {name} histogram", *histogram.lines(name)]
        for name, value in gauges.items():
            lines += [f"# TYPE gameserver_{name} gauge", f"gameserver_{name} {value}"]
        return "\n".join(lines) + "\n"

    def _open(self) -> int:
        """How many connections there are; a front end that has ended is forgotten."""
        since = self._clock() - FORGET_SECONDS
        self._connections = {
            front_end: (count, reported)
            for front_end, (count, reported) in self._connections.items()
            if reported >= since
        }
        return sum(count for count, _ in self._connections.values())
