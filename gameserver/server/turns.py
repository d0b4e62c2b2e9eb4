"""Who is next: connections whose requests have arrived, and wait for their turn.

A client may have sent hundreds of requests in one packet, and ask for replies of any length. So
that nobody else waits for them, or pays for them with memory, a connection gets a share of each
iteration of the loop; replies that may be long are made a few at a time; and where much is owed to
clients that do not take it, the next requests stay unread until they do.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Container, Iterator, Sequence
from typing import Any

from gameserver.server.connection import Connection
from gameserver.server.debts import Ledger
from gameserver.server.loop import EVENT_READ, Loop, Source
from gameserver.web.messages import Request

MAX_OWED = 32 << 20
"""Bytes that all clients of a server may be owed together: beyond that nothing more is read."""

MAX_TURNS = 64
"""Connections that go on in one iteration, behind those that have only now something to say."""

LONG_SECONDS = 0.02
"""An iteration makes replies that may be long for this time, and at least a few."""

LONG_AT_ONCE = 4

Pending = tuple[Any, Sequence[Request]]
"""A connection and what it wants answered in this iteration of the loop."""


class Turns:
    """The connections that wait for their turn."""

    def __init__(self, loop: Loop, connections: Container[Connection], max_owed: int) -> None:
        """`connections` are those that are open; `max_owed` is in bytes."""
        self.ledger = Ledger()
        self.waiting = False
        """Somebody waits; else nothing is to be asked here, which saves time."""
        self._loop = loop
        self._connections = connections
        self._max_owed = max_owed
        self._behind: deque[Connection] = deque()
        """Requests of theirs have arrived behind those that are answered."""
        self._alone: deque[Pending] = deque()
        """The last request of each may have a long reply."""
        self._unread: list[Connection] = []

    @property
    def due(self) -> bool:
        """Somebody's turn is now."""
        behind = self._behind and self.ledger.total <= self._max_owed
        return bool(behind or (self._alone and self._has_room_for_long_ones))

    def go_on(self, connection: Connection) -> None:
        """All that the connection was owed is taken, and there is more to answer."""
        self._behind.append(connection)
        self.waiting = True

    def postpone(self, requests: Sequence[Request], connection: Connection) -> None:
        """The reply to the last request may be long."""
        self._alone.append((connection, requests))
        self.waiting = True

    def now(self, ready: Sequence[Source]) -> Sequence[Source]:
        """Those that have their turn in this iteration, in which these sources are ready."""
        if self.ledger.total > self._max_owed:
            return list(self._takers(ready))
        self._read_again()
        sources = [each for each in ready if not _waits(each)]
        for _ in range(min(MAX_TURNS, len(self._behind))):
            connection = self._behind.popleft()
            if connection in self._connections:
                sources.append(connection)
        self.waiting = bool(self._alone or self._behind)
        self._loop.share_among(len(sources))
        return sources

    def long_ones(self) -> Iterator[Sequence[Pending]]:
        """A few at a time, as long as there is time and room in this iteration."""
        end = time.monotonic() + LONG_SECONDS
        while self._alone and self._has_room_for_long_ones:
            few = [self._alone.popleft() for _ in range(min(LONG_AT_ONCE, len(self._alone)))]
            yield [pending for pending in few if pending[0] in self._connections]
            if time.monotonic() >= end:
                break
        self._hold_the_others()

    @property
    def _has_room_for_long_ones(self) -> bool:
        """Half of the room is kept for those that ask for little."""
        return self.ledger.total <= self._max_owed // 2

    def _hold_the_others(self) -> None:
        for connection, _ in reversed(self._alone):
            if connection.held:
                break  # and so are those that came before
            if connection in self._connections:
                connection.hold()

    def _takers(self, ready: Sequence[Source]) -> Iterator[Source]:
        """Those that only take what they are owed; others stay unread until there is room."""
        for source in ready:
            if not isinstance(source, Connection) or source.owed:
                yield source
            else:
                self._loop.watch(source, 0)
                self._unread.append(source)
                self.waiting = True

    def _read_again(self) -> None:
        for connection in self._unread:
            if connection in self._connections and not connection.held:
                self._loop.watch(connection, EVENT_READ)
        self._unread = []


def _waits(source: Source) -> bool:
    """Whether it is a connection that waits for its turn, whatever its socket is ready for."""
    return isinstance(source, Connection) and source.held and not source.owed
