"""The application where several processes share the state: it asks for a batch in rounds."""

from __future__ import annotations

from collections.abc import Sequence

from gameserver.app import App, failed
from gameserver.services import Services
from gameserver.storage.engine import Engine
from gameserver.storage.redis.engine import RedisEngine
from gameserver.storage.redis.link.batch import Batch
from gameserver.storage.redis.link.link import Unavailable
from gameserver.storage.redis.link.questions import Pending
from gameserver.times import SECOND
from gameserver.views.scores import high_score_list
from gameserver.web.clients import RateLimit
from gameserver.web.messages import Request, Response
from gameserver.web.routing import Router, endpoint

LIST = endpoint(high_score_list)
MOST_AGE = 5 * SECOND
"""Of a list that is shown while the store cannot be asked."""


class SharedApp(App):
    """Calls the views of a batch again and again, until each has got all its answers.

    What a view asks is fetched for the whole batch at once (`storage/redis/link/rounds.py`).
    """

    gathers = True

    def __init__(
        self, router: Router, services: Services, engine: Engine, limit: RateLimit | None
    ) -> None:
        super().__init__(router, services, engine, limit)
        assert isinstance(engine, RedisEngine)
        self._rounds = engine.rounds
        self._scores = engine.scores

    def _batch(self, requests: Sequence[Request]) -> list[Response]:
        answered: dict[int, Response] = {}
        left: Sequence[int] = range(len(requests))
        with self._rounds.batch() as batch:
            while left:
                pending = self._round(requests, left, batch, answered)
                left = sorted({*pending, *batch.flush()})
        return [answered[at] for at in range(len(requests))]

    def _round(
        self,
        requests: Sequence[Request],
        left: Sequence[int],
        batch: Batch,
        answered: dict[int, Response],
    ) -> list[int]:
        """Calls the views of the requests that are left; returns the places of those that are
        pending.
        """
        views, services, turn = self._views, self._services, batch.turn
        pending = []
        for at in left:
            request = requests[at]
            match = request.match
            # All requests of a connection have the same object as their client.
            if not turn(at, id(request.client)):
                pending.append(at)
                continue
            try:
                if match.answer is None:
                    answered[at] = views[match.endpoint](request, services, *match.captures)
                else:
                    answered[at] = match.answer
            except Pending:
                pending.append(at)
            except Exception as error:
                answered[at] = self._last_known(request, error) or failed(request, error)
        return pending

    def _last_known(self, request: Request, error: Exception) -> Response | None:
        """While the store cannot be asked: a list that was right a moment ago, which says so."""
        match = request.match
        if not isinstance(error, Unavailable) or match.endpoint != LIST:
            return None
        (level_id,) = match.captures
        found = self._scores.last_known(int(level_id))
        if found is None or found[1] > MOST_AGE:
            return None
        text, age = found
        # RFC 9111 section 5.1: in seconds.
        return Response(200, text, headers=(("Age", str(-(-age // SECOND))),))
