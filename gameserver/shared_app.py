"""The application where several processes share the state: it asks for a batch in rounds."""

from __future__ import annotations

from collections.abc import Sequence

from gameserver.app import App, failed
from gameserver.services import Services
from gameserver.storage.engine import Engine
from gameserver.storage.redis.batch import Batch
from gameserver.storage.redis.engine import RedisEngine
from gameserver.storage.redis.questions import Pending
from gameserver.web.clients import RateLimit
from gameserver.web.messages import Request, Response
from gameserver.web.routing import Router


class SharedApp(App):
    """Calls the views of a batch again and again, until each has got all its answers.

    What a view asks is fetched for the whole batch at once (`storage/redis/rounds.py`).
    """

    def __init__(
        self, router: Router, services: Services, engine: Engine, limit: RateLimit | None
    ) -> None:
        super().__init__(router, services, engine, limit)
        assert isinstance(engine, RedisEngine)
        self._rounds = engine.rounds

    def _batch(self, requests: Sequence[Request]) -> list[Response]:
        answered: dict[int, Response] = {}
        left: Sequence[int] = range(len(requests))
        with self._rounds.batch() as batch:
            while left:
                left = self._round(requests, left, batch, answered)
                batch.flush()
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
                answered[at] = failed(request, error)
        return pending
