"""The application: a batch of requests in, their responses out.

`App.handle` is the only door between a front end and the game. It never raises, and it may be
called from several threads at once.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from gameserver.errors import HTTPError
from gameserver.messages import Request, Response
from gameserver.scores.memory import MemoryStore
from gameserver.scores.sessions import Sessions
from gameserver.tournaments.accounts import Accounts
from gameserver.tournaments.service import Tournaments

log = logging.getLogger(__name__)

INTERNAL_ERROR = Response(500)


@dataclass(frozen=True)
class Game:
    """The services that views work with."""

    sessions: Sessions
    scores: MemoryStore
    accounts: Accounts
    tournaments: Tournaments


class Handler(Protocol):
    """What a front end calls: an `App`, or what stands for one in another process."""

    def handle(self, requests: Sequence[Request]) -> list[Response]:
        """One response for each request, in order."""


class App:
    """Calls the view of each request."""

    def __init__(self, game: Game) -> None:
        self._game = game

    def handle(self, requests: Sequence[Request]) -> list[Response]:
        game = self._game
        responses = []
        for request in requests:
            match = request.match
            try:
                response = match.view(request, game, *match.captures)
            except HTTPError as error:
                response = error.response(request.path)
            except Exception:
                log.exception("%s %s failed", request.method, request.path)
                response = INTERNAL_ERROR
            responses.append(response)
        return responses
