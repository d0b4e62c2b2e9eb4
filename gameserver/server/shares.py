"""How much of the queues for requests that may block one address may have."""

from __future__ import annotations

from collections import Counter

from gameserver.server.connection import Connection
from gameserver.web.messages import Request

MAX_PER_CLIENT = 32
"""Requests of one address that wait or run in one queue, of which it has no more than half."""


class Shares:
    """Counts the places that each client has in each queue. For the loop's thread alone."""

    def __init__(self) -> None:
        self._places: dict[Connection, tuple[str, str]] = {}
        """Queue and client of each connection that waits for an answer."""
        self._taken: Counter[tuple[str, str]] = Counter()

    def take(self, connection: Connection, request: Request) -> bool:
        """Takes a place for a request; whether its client had one left."""
        place = request.match.queue, request.client
        if self._taken[place] >= MAX_PER_CLIENT:
            return False
        self._places[connection] = place
        self._taken[place] += 1
        return True

    def give_back(self, connection: Connection) -> None:
        """The request of a connection is answered, if it had a place."""
        place = self._places.pop(connection, None)
        if place:
            self._taken[place] -= 1
            if not self._taken[place]:
                del self._taken[place]
