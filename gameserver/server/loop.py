"""The loop's tools: what it waits for, the time of an iteration, and how to wake it."""

from __future__ import annotations

import selectors
import socket
import time
from collections.abc import Sequence
from contextlib import suppress
from selectors import EVENT_READ
from typing import Protocol

from gameserver.http11.writer import date_line
from gameserver.web.messages import Request

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


class Loop:
    """Waits for sources, and knows the time."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
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
        ready = self._selector.select(seconds)
        self.tick()
        self.share_among(len(ready))
        return [key.data for key, _ in ready]

    def arriving(self) -> set[Source]:
        """The sources that are ready at this moment."""
        return {key.data for key, _ in self._selector.select(0)}

    def share_among(self, sources: int) -> None:
        """So many sources have their turn in this iteration."""
        self.share = MAX_READ if sources <= _FEW else MAX_READ_BY_ALL // sources

    def watch(self, source: Source, events: int) -> None:
        """Waits for these events of the source; 0: for none."""
        watched = self._selector.get_map().get(source.fileno())
        if watched and watched.events == events:
            return
        if watched:
            self._selector.unregister(source)
        if events:
            self._selector.register(source, events, source)

    def wake(self) -> None:
        """Ends the wait. For other threads and signal handlers."""
        self._waker.wake()

    def close(self) -> None:
        self._waker.close()
        self._selector.close()
