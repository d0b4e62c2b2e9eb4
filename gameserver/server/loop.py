"""The loop's tools: what it waits for, the time of an iteration, and how to wake it."""

from __future__ import annotations

import select
import selectors
import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any, Protocol

from gameserver.http11.writer import date_line
from gameserver.web.messages import Request

EVENT_READ, EVENT_WRITE = 1, 4
"""The events of epoll(7), without its constants, which are not there on every system."""
MAX_READ = 4096
"""Bytes of which a connection has its requests answered in one iteration; the first is whole."""

MAX_READ_BY_ALL = 64 * 1024
"""The same for all connections: about a thousand requests."""

_FEW = MAX_READ_BY_ALL // MAX_READ


class Source(Protocol):
    """Something that the loop waits for: a connection, a listening socket, a waker."""

    def fileno(self) -> int:
        """The descriptor to wait for."""

    def ready(self) -> Sequence[Request]:
        """Does what the descriptor is ready for; returns requests to answer."""


class SelectorPoller:
    """The part of `select.epoll` that the loop uses, where there is no epoll."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()

    def register(self, descriptor: int, events: int) -> None:
        reads = selectors.EVENT_READ if events & EVENT_READ else 0
        writes = selectors.EVENT_WRITE if events & EVENT_WRITE else 0
        self._selector.register(descriptor, reads | writes)

    def unregister(self, descriptor: int) -> None:
        self._selector.unregister(descriptor)

    def poll(self, seconds: float) -> list[tuple[int, int]]:
        return [(key.fd, events) for key, events in self._selector.select(seconds)]

    def close(self) -> None:
        self._selector.close()


# It returns descriptors alone, where a selector makes a tuple for each: an eighth of the time
# that a request takes in this process.
Poller: Any = getattr(select, "epoll", SelectorPoller)


class Waker:
    """Wakes the loop, from another thread or from a signal handler."""

    def __init__(self) -> None:
        self._inside, self._outside = socket.socketpair()
        self._inside.setblocking(False)
        self._outside.setblocking(False)

    def fileno(self) -> int:
        return self._inside.fileno()

    def wake(self) -> None:
        # If the pipe is full, a wake-up is pending already; if it is closed, the loop has ended.
        with suppress(OSError):
            self._outside.send(b"\0")

    def ready(self) -> Sequence[Request]:
        self._inside.recv(4096)
        return ()

    def close(self) -> None:
        self._inside.close()
        self._outside.close()


_HANG_UP = getattr(select, "POLLRDHUP", 0)
"""The other side has ended its half of a connection; only Linux tells."""


def has_hung_up(descriptor: int) -> bool:
    """Whether the other side of a connection has closed it, where the system can tell.

    A client that has only ended its own half, and still reads, cannot be told from one that is
    gone; wherever a server reads it takes the one for the other.
    """
    if descriptor < 0:
        return True
    if not hasattr(select, "poll"):
        return False
    poll = select.poll()
    poll.register(descriptor, _HANG_UP)
    return bool(poll.poll(0))


class Loop:
    """Waits for sources, and knows the time."""

    def __init__(self) -> None:
        self._poller = Poller()
        self._sources: dict[int, Source] = {}
        """By descriptor: those that are waited for."""
        self._events: dict[int, int] = {}
        """By descriptor: what they are waited for."""
        self._waker = Waker()
        self.watch(self._waker, EVENT_READ)
        self.share = MAX_READ
        """What each connection may have answered in this iteration: requests that begin in so
        many bytes."""
        self.tick()

    def tick(self) -> None:
        """An iteration begins."""
        self.now = time.monotonic()
        """When this iteration began; all deadlines are in this time."""
        self.date = date_line(int(time.time()))
        """The `Date` field of the responses of this iteration."""

    def wait(self, seconds: float) -> list[Source]:
        """The sources that are ready, within this time; begins an iteration."""
        ready = self._poller.poll(seconds)
        self.tick()
        self.share_among(len(ready))
        sources = self._sources
        return [sources[descriptor] for descriptor, _ in ready]

    def gathered(self, ready: Sequence[Source]) -> Iterator[Source]:
        """The sources that are ready, and those that become so while these are read; each once."""
        seen: set[Source] = set()
        while ready:
            seen.update(ready)
            self.share_among(len(seen))
            yield from ready
            ready = [source for source in self.arriving() if source not in seen]

    def arriving(self) -> set[Source]:
        """The sources that are ready at this moment."""
        return {self._sources[descriptor] for descriptor, _ in self._poller.poll(0)}

    def share_among(self, sources: int) -> None:
        """So many sources have their turn in this iteration."""
        self.share = MAX_READ if sources <= _FEW else MAX_READ_BY_ALL // sources

    def watch(self, source: Source, events: int) -> None:
        """Waits for these events of the source; 0: for none."""
        descriptor = source.fileno()
        watched = self._events.get(descriptor, 0)
        if watched == events:
            return
        if watched:
            del self._sources[descriptor], self._events[descriptor]
            self._poller.unregister(descriptor)
        if events:
            self._events[descriptor] = events
            self._sources[descriptor] = source
            self._poller.register(descriptor, events)

    def wake(self) -> None:
        """Ends the wait. For other threads and signal handlers."""
        self._waker.wake()

    def close(self) -> None:
        self._waker.close()
        self._poller.close()
