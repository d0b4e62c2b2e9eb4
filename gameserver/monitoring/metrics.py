"""The server's counters, and the form in which Prometheus reads them (text format 0.0.4).

Every front end counts for itself (`Counters`) and reports the growth to the application twice a
second; so nothing is shared on the way of a request. `Metrics` adds it up.
"""

from __future__ import annotations

import threading
import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from gameserver.web.messages import Request, Response

SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)

FORGET_SECONDS = 5
"""A front end that has not reported for so long has no connections any more."""

FAMILIES: Mapping[str, tuple[str, str]] = {
    "build_info": ("gauge", "Which server this is, and the Python that runs it; always 1."),
    "requests_total": ("counter", "Requests that were answered, by route and status."),
    "refused_total": ("counter", "Replies to input that was no request, by status."),
    "tls_failures_total": ("counter", "TLS handshakes that failed, by reason."),
    "request_seconds": ("histogram", "Time from the arrival of a request to its reply."),
    "batch_size": ("histogram", "Requests that were answered together."),
    "cpu_seconds_total": ("counter", "Processor time of all processes that serve."),
    "resident_memory_bytes": (
        "gauge",
        "Memory of all processes that serve; pages that several share count in each.",
    ),
    "connections": ("gauge", "Connections that are open."),
    "watchers": ("gauge", "Connections that wait for news of levels."),
    "sessions": ("gauge", "Session keys in the table, or used lately where there is none."),
    "levels": ("gauge", "Levels that have a score."),
    "scores": ("gauge", "Scores, one for each user of a level."),
}
"""By name: the type, and what Prometheus shows as its help."""

Labels = Mapping[str, str | int]
Sample = tuple[Labels, float]


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

    @property
    def count(self) -> int:
        return sum(self._counts)

    @property
    def mean(self) -> float | None:
        """None where there are no values."""
        return self._sum / self.count if self.count else None

    def quantile(self, share: float) -> float | None:
        """What this share of the values, more than 0, does not exceed; None where there are none.

        No more is known than the two bounds that it lies between, so a line is drawn from one to
        the other. What is beyond the last bound counts as that.
        """
        wanted = share * self.count
        below, lower = 0, 0.0
        for bound, count in zip(self._bounds, self._counts, strict=False):
            if below + count >= wanted > 0:
                return lower + (bound - lower) * (wanted - below) / count
            below, lower = below + count, bound
        return lower if wanted else None

    def lines(self, name: str) -> Iterator[str]:
        total = 0
        for bound, count in zip((*self._bounds, "+Inf"), self._counts, strict=True):
            total += count
            yield f'{name}_bucket{{le="{bound}"}} {total}'
        yield f"{name}_sum {self._sum:.6f}"
        yield f"{name}_count {total}"


@dataclass
class Counters:
    """The counts of one front end."""

    requests: Counter[tuple[str, int]] = field(default_factory=Counter)
    """By route and status."""
    refused: Counter[int] = field(default_factory=Counter)
    """Input that never became a request, by the status of the reply."""
    tls_failures: Counter[str] = field(default_factory=Counter)
    """Handshakes that failed: `plain_http` of those that spoke that, or `handshake`."""
    seconds: Histogram = field(default_factory=lambda: Histogram(SECONDS))
    """From the arrival of a request to the sending of its response."""
    batches: Histogram = field(default_factory=lambda: Histogram(SIZES))
    cpu_seconds: float = 0.0
    """Processor time of the process, by `Meter`."""
    memory: int = 0
    """Bytes that the process has in memory now, by `Meter`. No counter: it is never added up."""
    watchers: int = 0
    """Connections that wait for news now. No counter either."""

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
        self.cpu_seconds += other.cpu_seconds


class FrontEnd(NamedTuple):
    """The latest report of a process: how much it has, and when it said so."""

    connections: int
    memory: int
    watchers: int
    reported: float


class Metrics:
    """The counters of all front ends together. Thread-safe: workers report at the same time."""

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, build: Labels | None = None
    ) -> None:
        """`build` are the labels of `build_info`."""
        self._clock = clock
        self._build = build or {}
        self._lock = threading.Lock()
        self._total = Counters()
        self._front_ends: dict[int, FrontEnd] = {}
        """By process id."""

    def report(self, front_end: int, connections: int, counters: Counters) -> None:
        """Adds what a front end, known by its process id, has counted since its last report."""
        with self._lock:
            self._total.add(counters)
            self._front_ends[front_end] = FrontEnd(
                connections, counters.memory, counters.watchers, self._clock()
            )

    @property
    def connections(self) -> int:
        """How many are open."""
        with self._lock:
            return sum(each.connections for each in self._there())

    def text(self, gauges: Mapping[str, int]) -> str:
        """Everything as Prometheus reads it, with these gauges of the application's."""
        now: dict[str, list[Sample]] = {name: [({}, value)] for name, value in gauges.items()}
        with self._lock:
            families = {**self._present(), **self._counted(), **now}
            return "".join(_family(name, samples) for name, samples in families.items())

    def _counted(self) -> dict[str, list[Sample] | Histogram]:
        total = self._total
        return {
            "requests_total": [
                ({"route": route, "status": status}, count)
                for (route, status), count in sorted(total.requests.items())
            ],
            "refused_total": [
                ({"status": status}, count) for status, count in sorted(total.refused.items())
            ],
            "tls_failures_total": [
                ({"reason": reason}, count) for reason, count in sorted(total.tls_failures.items())
            ],
            "request_seconds": total.seconds,
            "batch_size": total.batches,
            "cpu_seconds_total": [({}, round(total.cpu_seconds, 6))],
        }

    def _there(self) -> Sequence[FrontEnd]:
        """The latest reports; a front end that has ended is forgotten."""
        since = self._clock() - FORGET_SECONDS
        self._front_ends = {
            pid: each for pid, each in self._front_ends.items() if each.reported >= since
        }
        return list(self._front_ends.values())

    def _present(self) -> dict[str, list[Sample]]:
        """Everything that there is now."""
        there = self._there()
        return {
            "build_info": [(self._build, 1)],
            "connections": [({}, sum(each.connections for each in there))],
            "watchers": [({}, sum(each.watchers for each in there))],
            "resident_memory_bytes": [({}, sum(each.memory for each in there))],
        }


def _family(name: str, samples: Iterable[Sample] | Histogram) -> str:
    """The lines of one metric."""
    kind, description = FAMILIES[name]
    name = f"gameserver_{name}"
    lines = [f"# HELP {name} {description}", f"# TYPE {name} {kind}"]
    if isinstance(samples, Histogram):
        lines += samples.lines(name)
    else:
        lines += [f"{name}{_labels(labels)} {value}" for labels, value in samples]
    return "\n".join(lines) + "\n"


def _labels(labels: Labels) -> str:
    pairs = ",".join(f'{name}="{_escaped(str(value))}"' for name, value in labels.items())
    return f"{{{pairs}}}" if pairs else ""


def _escaped(value: str) -> str:
    """A label's value, in which three characters have a meaning of their own."""
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
