"""Both ends of the way from a worker to the application in the owner process.

A batch crosses as one `marshal` of plain tuples, which costs a third of what `pickle` does. Both
ends are the same program on the same machine, so the format need not be stable.
"""

from __future__ import annotations

import logging
import marshal
from collections.abc import Callable, Sequence
from multiprocessing.managers import RemoteError
from typing import Any

from gameserver.monitoring.metrics import Counters
from gameserver.server.application import Application
from gameserver.web.errors import Overloaded, error_response
from gameserver.web.messages import Match, Request, Response
from gameserver.web.routing import Router

log = logging.getLogger(__name__)


class ApplicationService:
    """The application as workers call it, in the owner process."""

    def __init__(self, app: Application) -> None:
        self._app = app

    def handle(self, batch: bytes) -> bytes:
        requests = [_unpacked(*values) for values in marshal.loads(batch)]
        return marshal.dumps([tuple(response) for response in self._app.handle(requests)])

    def report(self, front_end: int, connections: int, counters: Counters) -> None:
        self._app.report(front_end, connections, counters)


class RemoteApplication:
    """The application as a worker sees it: one round trip for each batch.

    While the owner is away every request that needs it is answered 503.
    """

    def __init__(
        self, router: Router, connect: Callable[[], Any], answers_known: bool = True
    ) -> None:
        """`connect` makes a proxy of an `ApplicationService`.

        It makes a connection of its own, since one inherited over a fork would be the parent's
        as well. `answers_known`: requests whose match holds the answer need not go to the owner.
        """
        self.router = router
        self._connect = connect
        self._answers_known = answers_known
        self._service: Any = None

    def handle(self, requests: Sequence[Request]) -> list[Response]:
        if not self._answers_known or all(request.match.answer is None for request in requests):
            return self._ask(requests)
        asked = iter(self._ask([request for request in requests if request.match.answer is None]))
        return [request.match.answer or next(asked) for request in requests]

    def report(self, front_end: int, connections: int, counters: Counters) -> None:
        self._call("report", front_end, connections, counters)

    def close(self) -> None:
        """Nothing: the owner puts in order what is on disk."""

    def _ask(self, requests: Sequence[Request]) -> list[Response]:
        if not requests:
            return []
        try:
            answer = self._call("handle", marshal.dumps([_packed(each) for each in requests]))
        except Overloaded as error:
            return [error_response(error, request.match.error_format) for request in requests]
        return [Response(*values) for values in marshal.loads(answer)]

    def _call(self, method: str, *arguments: Any) -> Any:
        """Calls the owner; Overloaded while it is away."""
        try:
            try:
                return self._send(method, *arguments)
            except BrokenPipeError:
                # The owner of the last call is gone. Nothing was sent; there may be a new one.
                self._service = None
                return self._send(method, *arguments)
        except (OSError, EOFError, RemoteError) as error:
            log.error("the owner of the scores does not answer: %r", error)
            self._service = None
            raise Overloaded("the scores are not available: try again later") from None

    def _send(self, method: str, *arguments: Any) -> Any:
        service = self._service  # another thread may be giving up on it
        if service is None:
            service = self._service = self._connect()
        return getattr(service, method)(*arguments)


def _packed(request: Request) -> tuple[Any, ...]:
    """A request as plain values: of its match, what the application asks for."""
    match = request.match
    answer = match.answer and tuple(match.answer)
    return (
        request.method, request.path, request.query, request.headers, request.body,
        request.client, match.endpoint, match.captures, match.blocking, match.error_format, answer,
        request.arrived,
    )  # fmt: skip


def _unpacked(
    method: str, path: str, query: str, headers: dict[str, str], body: bytes, client: str,
    endpoint: str, captures: tuple[int | str, ...], blocking: bool, error_format: str,
    answer: tuple[Any, ...] | None, arrived: float,
) -> Request:  # fmt: skip
    match = Match(
        endpoint,
        captures,
        blocking=blocking,
        error_format=error_format,
        answer=Response(*answer) if answer else None,
    )
    request = Request(method, path, query, headers, body, client, match)
    request.arrived = arrived
    return request
