"""The server's counters, and the form in which Prometheus reads them (text format 0.0.4).

Every front end counts for itself (`Counters`) and reports the growth to the application twice a
second; so nothing is shared on the way of a request. `Metrics` adds it up.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from gameserver.monitoring.counters import Counters, Histogram
from gameserver.monitoring.minutes import Minutes, Past, Sample

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
Value = tuple[Labels, float]


class FrontEnd(NamedTuple):
    """The latest report of a process: how much it has, and when it said so."""

    connections: int
    memory: int
    watchers: int
    reported: float


class Metrics:
    """The counters of all front ends together. Thread-safe: workers report at the same time."""

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        build: Labels | None = None,
        minutes: Minutes | None = None,
    ) -> None:
        """`build` are the labels of `build_info`; `minutes` follow what is reported."""
        self._clock = clock
        self._build = build or {}
        self._minutes = minutes or Minutes()
        self._lock = threading.Lock()
        self._total = Counters()
        self._front_ends: dict[int, FrontEnd] = {}
        """By process id."""

    def report(self, front_end: int, connections: int, counters: Counters) -> bool:
        """Adds what a front end, known by its process id, has counted since its last report.

        Returns whether it is time for a sample of how much there is, see `note`.
        """
        with self._lock:
            self._total.add(counters)
            self._front_ends[front_end] = FrontEnd(
                connections, counters.memory, counters.watchers, self._clock()
            )
        self._minutes.count(front_end, counters)
        return self._minutes.is_due

    def note(self, sample: Sample) -> None:
        """Takes note of how much there is; the connections are counted here."""
        with self._lock:
            connections = sum(each.connections for each in self._there())
        self._minutes.note(sample._replace(connections=connections))

    def past(self) -> Past:
        """The last ten minutes."""
        return self._minutes.past()

    def text(self, gauges: Mapping[str, int]) -> str:
        """Everything as Prometheus reads it, with these gauges of the application's."""
        now: dict[str, list[Value]] = {name: [({}, value)] for name, value in gauges.items()}
        with self._lock:
            families = {**self._present(), **self._counted(), **now}
            return "".join(_family(name, samples) for name, samples in families.items())

    def _counted(self) -> dict[str, list[Value] | Histogram]:
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

    def _present(self) -> dict[str, list[Value]]:
        """Everything that there is now."""
        there = self._there()
        return {
            "build_info": [(self._build, 1)],
            "connections": [({}, sum(each.connections for each in there))],
            "watchers": [({}, sum(each.watchers for each in there))],
            "resident_memory_bytes": [({}, sum(each.memory for each in there))],
        }


def _family(name: str, samples: Iterable[Value] | Histogram) -> str:
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
