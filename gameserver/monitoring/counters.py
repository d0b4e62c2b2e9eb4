"""What a front end counts for itself, until it reports it."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from gameserver.web.messages import Request, Response

SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)


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
