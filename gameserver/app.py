"""The application: a batch of requests in, their responses out.

`App.handle` is the only door between a front end and the game. It never raises, and it may be
called from several threads at once.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import suppress
from itertools import compress

from gameserver.errors import Refused, StorageFull
from gameserver.monitoring.counters import Counters
from gameserver.monitoring.minutes import Sample
from gameserver.services import Services
from gameserver.storage.engine import Engine
from gameserver.web.clients import RateLimit
from gameserver.web.errors import HTTPError, InternalError, TooManyRequests, error_response
from gameserver.web.messages import Request, Response
from gameserver.web.routing import Router

log = logging.getLogger(__name__)


class App:
    """Calls the view of each request, if its client is within the limit.

    A batch happens inside `engine.batch()`, so no response is returned before everything that it
    acknowledges is kept. Where there is no room for a batch, it is undone and its views are called
    again with all writing refused: logins and lists are answered then, too, and scores are told to
    wait.

    A request that may block comes alone, and is no batch: it would delay all others. Each
    operation of its view is atomic by itself.
    """

    gathers = False

    def __init__(
        self, router: Router, services: Services, engine: Engine, limit: RateLimit | None = None
    ) -> None:
        self.router = router
        self._views = router.views
        self._services = services
        self._engine = engine
        self._limit = limit
        self._is_open = True

    def handle(self, requests: Sequence[Request]) -> list[Response]:
        if self._limit:
            return self._limited(requests, self._limit)
        return self._handle(requests)

    def report(self, front_end: int, connections: int, counters: Counters) -> None:
        self._engine.check()  # twice a second, as front ends report
        metrics = self._services.metrics
        is_due = metrics.report(front_end, connections, counters)
        if is_due and self._is_open:
            with suppress(StorageFull, Refused):  # it cannot be asked: what was known is kept
                metrics.note(self._sample())

    def close(self) -> None:
        self._is_open = False
        self._engine.close()

    def _sample(self) -> Sample:
        with self._engine.batch():
            scores = self._services.scores.gauges()["scores"]
        disk = self._engine.disk()
        return Sample(scores=scores, disk=disk.size, written=disk.written)

    def _limited(self, requests: Sequence[Request], limit: RateLimit) -> list[Response]:
        """The responses; a client over the limit is told so."""
        admitted = [not each.match.limited or limit.admits(each.client) for each in requests]
        answered = iter(self._handle(list(compress(requests, admitted))))
        error = TooManyRequests("too many requests: slow down")
        return [
            next(answered) if is_admitted else error_response(error, request.match.error_format)
            for request, is_admitted in zip(requests, admitted, strict=True)
        ]

    def _handle(self, requests: Sequence[Request]) -> list[Response]:
        if len(requests) == 1 and requests[0].match.blocking:
            return self._answers(requests)
        try:
            return self._batch(requests)
        except StorageFull:
            pass  # it is undone, and the engine refuses to write from now on
        try:
            return self._batch(requests)
        except StorageFull as error:
            return [error_response(error, request.match.error_format) for request in requests]

    def _batch(self, requests: Sequence[Request]) -> list[Response]:
        with self._engine.batch():
            return self._answers(requests)

    def _answers(self, requests: Sequence[Request]) -> list[Response]:
        views, services = self._views, self._services
        responses = []
        for request in requests:
            match = request.match
            try:
                if match.answer is None:
                    response = views[match.endpoint](request, services, *match.captures)
                else:
                    response = match.answer
            except Exception as error:
                response = failed(request, error)
            responses.append(response)
        return responses


def failed(request: Request, error: Exception) -> Response:
    """The response to a request whose view has raised an error, foreseen or not."""
    if isinstance(error, HTTPError | Refused):
        return error_response(error, request.match.error_format)
    log.error("%s %s failed", request.method, request.path, exc_info=error)
    return error_response(InternalError(), request.match.error_format)
