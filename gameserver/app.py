"""The application: a batch of requests in, their responses out.

`App.handle` is the only door between a front end and the game. It never raises, and it may be
called from several threads at once.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from gameserver.auth.accounts import Accounts
from gameserver.auth.sessions import Sessions
from gameserver.monitoring.metrics import Figures, Metrics
from gameserver.tournaments.service import Tournaments
from gameserver.web.clients import RateLimit
from gameserver.web.errors import HTTPError, TooManyRequests
from gameserver.web.messages import Request, Response

log = logging.getLogger(__name__)

INTERNAL_ERROR = Response(500)


class Scores(Protocol):
    """What views need of high scores."""

    def submit(self, level_id: int, user_id: int, score: int) -> bool:
        """Keeps the score if it is the user's best in the level; says whether it did."""

    def high_scores(self, level_id: int) -> bytes:
        """The best scores of the level as `user=score,user=score`; empty without scores."""

    def gauges(self) -> dict[str, int]:
        """How much there is, for the metrics."""


@dataclass(frozen=True)
class Game:
    """The services that views work with."""

    sessions: Sessions
    scores: Scores
    accounts: Accounts
    tournaments: Tournaments
    metrics: Metrics = field(default_factory=Metrics)


class Handler(Protocol):
    """What a front end calls: an `App`, or what stands for one in another process."""

    def handle(self, requests: Sequence[Request]) -> list[Response]:
        """One response for each request, in order."""

    def report(self, front_end: int, connections: int, figures: Figures) -> None:
        """Takes note of what a front end has counted; Overloaded if that is not possible now."""

    def close(self) -> None:
        """The front end has ended: puts in order what is on disk."""


class App:
    """Calls the view of each request, if its client is within the limit."""

    def __init__(self, game: Game, limit: RateLimit | None = None) -> None:
        self._game = game
        self._limit = limit

    def handle(self, requests: Sequence[Request]) -> list[Response]:
        game, limit = self._game, self._limit
        responses = []
        for request in requests:
            match = request.match
            try:
                if limit and not limit.admits(request.client):
                    raise TooManyRequests("this is faster than the server allows: slow down")
                response = match.view(request, game, *match.captures)
            except HTTPError as error:
                response = error.response(request.path)
            except Exception:
                log.exception("%s %s failed", request.method, request.path)
                response = INTERNAL_ERROR
            responses.append(response)
        return responses

    def report(self, front_end: int, connections: int, figures: Figures) -> None:
        self._game.metrics.report(front_end, connections, figures)

    def close(self) -> None:
        """There is nothing on disk."""
