"""Both ends of the way from a worker to the application in the owner process.

A batch crosses as one `marshal` of plain tuples, which costs a third of what `pickle` does. Both
ends are the same program on the same machine, so the format need not be stable.
"""

from __future__ import annotations

import marshal
import os
import pickle
from collections.abc import Callable, Sequence
from typing import Any

from gameserver.monitoring.counters import Counters
from gameserver.monitoring.usage import Meter
from gameserver.processes.line import Line
from gameserver.processes.lines import Lines
from gameserver.server.application import Application
from gameserver.web.errors import Overloaded, error_response
from gameserver.web.messages import Match, Request, Response
from gameserver.web.routing import Router


class ApplicationService:
    """The application as workers call it, in the owner process."""

    def __init__(self, app: Application) -> None:
        self._app = app
        self._meter = Meter()

    def answer(self, question: bytes) -> bytes:
        """The responses to a batch of requests; nothing for a report."""
        batch = marshal.loads(question)
        if isinstance(batch, bytes):
            self._report(*pickle.loads(batch))
            return b""
        requests = [_unpacked(*values) for values in batch]
        return marshal.dumps([tuple(response) for response in self._app.handle(requests)])

    def _report(self, front_end: int, connections: int, counters: Counters) -> None:
        self._app.report(front_end, connections, counters)
        # The owner uses the machine, too, and nobody else reports that.
        own = Counters()
        self._meter.measure(own)
        self._app.report(os.getpid(), 0, own)


class RemoteApplication:
    """The application as a worker sees it: one round trip for each batch.

    While the owner is away, or hangs, every request that needs it is answered 503.
    """

    gathers = False

    def __init__(
        self, router: Router, open_line: Callable[[float], Line], answers_known: bool = True
    ) -> None:
        """`open_line` is `Manager.open_line`.

        `answers_known`: requests whose match holds the answer need not go to the owner; else only
        those need not that count for no rate limit.
        """
        self.router = router
        self._lines = Lines(open_line)
        self._answers_known = answers_known

    def handle(self, requests: Sequence[Request]) -> list[Response]:
        if self._answers_known:
            known = [request.match.answer for request in requests]
        else:
            known = [None if each.match.limited else each.match.answer for each in requests]
        if not any(known):
            return self._ask(requests)
        asked = [each for each, own in zip(requests, known, strict=True) if own is None]
        answers = iter(self._ask(asked))
        return [own or next(answers) for own in known]

    def report(self, front_end: int, connections: int, counters: Counters) -> None:
        report = pickle.dumps((front_end, connections, counters))
        self._lines.note(marshal.dumps(report))

    def while_waiting(self, meanwhile: Callable[[], None]) -> None:
        """What shall be done while the owner takes its time; it must not ask the owner."""
        if self._answers_known:
            self._lines.meanwhile = meanwhile

    def close(self) -> None:
        """Nothing: the data on disk is the owner's."""

    def _ask(self, requests: Sequence[Request]) -> list[Response]:
        if not requests:
            return []
        question = marshal.dumps([_packed(each) for each in requests])
        try:
            answer = self._lines.ask(question, patiently=requests[0].match.blocking)
        except Overloaded as error:
            return [
                request.match.answer or error_response(error, request.match.error_format)
                for request in requests
            ]
        return [Response(*values) for values in marshal.loads(answer)]


def _packed(request: Request) -> tuple[Any, ...]:
    """A request as plain values: of its match, what the application asks for."""
    match = request.match
    answer = match.answer and tuple(match.answer)
    return (
        request.method, request.path, request.query, request.headers, request.body,
        request.client, match.endpoint, match.captures, match.blocking, match.limited,
        match.error_format, answer, request.arrived,
    )  # fmt: skip


def _unpacked(
    method: str, path: str, query: str, headers: dict[str, str], body: bytes, client: str,
    endpoint: str, captures: tuple[int | str, ...], blocking: bool, limited: bool,
    error_format: str, answer: tuple[Any, ...] | None, arrived: float,
) -> Request:  # fmt: skip
    match = Match(
        endpoint,
        captures,
        blocking=blocking,
        limited=limited,
        error_format=error_format,
        answer=Response(*answer) if answer else None,
    )
    request = Request(method, path, query, headers, body, client, match)
    request.arrived = arrived
    return request
