"""The application that a front end serves: the only door between the sockets and the game."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from gameserver.monitoring.counters import Counters
from gameserver.web.messages import Request, Response
from gameserver.web.routing import Router


class Application(Protocol):
    """Answers batches of requests: here, or in another process."""

    router: Router
    """Finds what a path leads to, while its request is still being read."""
    gathers: bool
    """Whether a batch costs much, however few requests it has: then those go along that arrive
    while it is read."""

    def handle(self, requests: Sequence[Request]) -> list[Response]:
        """One response for each request, in order."""

    def report(self, front_end: int, connections: int, counters: Counters) -> None:
        """Takes note of what a front end has counted; Overloaded if that is not possible now."""

    def close(self) -> None:
        """The front end has ended: puts in order what is on disk."""
