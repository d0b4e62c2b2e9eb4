"""The application where several processes share the state: it asks for a batch in rounds."""

from __future__ import annotations

from collections.abc import Sequence

from gameserver.app import App
from gameserver.services import Services
from gameserver.storage.engine import Engine
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
        with self._rounds.batch() as batch:
            left: Sequence[int] = range(len(requests))
            while left:
                pending = []
                for at in left:
                    request = requests[at]
                    try:
                        # All requests of a connection have the same object as their client.
                        if batch.turn(at, id(request.client)):
                            (answered[at],) = self._answers((request,))
                            continue
                    except Pending:
                        pass
                    pending.append(at)
                left = pending
                batch.flush()
        return [answered[at] for at in range(len(requests))]
