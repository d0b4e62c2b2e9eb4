"""The way of a request from a worker to the owner."""

from __future__ import annotations

import unittest

import mock  # noqa: UP026 (the same mock on every Python)

from gameserver.processes.remote import RemoteApplication, _packed, _unpacked
from gameserver.web.messages import Request, Response
from tests.support import make_request, router


class RequestTest(unittest.TestCase):
    """A request on the other side."""

    def test_arrival(self) -> None:
        """When it arrived is what the worker says, however long it was on the way."""
        request = make_request("POST", "/api/scores/upload", b"data")
        self.assertEqual(_unpacked(*_packed(request)).arrived, 0)
        request.arrived = 1_700_000_000.25
        there = _unpacked(*_packed(request))
        self.assertEqual(there.arrived, request.arrived)
        self.assertEqual((there.path, there.body), (request.path, request.body))


class KnownTest(unittest.TestCase):
    """Which requests go to the owner, and which are answered where they arrive."""

    LIST, NOWHERE, ASSET = (
        make_request("GET", target) for target in ("/1/highscorelist", "/nowhere", "/asset")
    )
    ASSET.match.answer = Response(body=b"asset")
    ASSET.match.limited = False

    def asked(self, answers_known: bool) -> list[Request]:
        """Those that go to the owner, which answers each with its path."""
        asked: list[Request] = []

        def ask(requests: list[Request]) -> list[Response]:
            asked.extend(requests)
            return [Response(body=each.path.encode()) for each in requests]

        app = RemoteApplication(router, mock.Mock(), answers_known)
        requests = [self.NOWHERE, self.LIST, self.ASSET, self.LIST]
        with mock.patch.object(app, "_ask", ask):
            responses = app.handle(requests)
        self.assertEqual([each.body for each in responses[1:]], [
            b"/1/highscorelist", b"asset", b"/1/highscorelist"])  # fmt: skip
        return asked

    def test_known(self) -> None:
        """What the match answers does not go to the owner."""
        self.assertEqual(self.asked(True), [self.LIST, self.LIST])

    def test_with_a_rate_limit(self) -> None:
        """Where requests count, those go that do: a file of a page does not."""
        self.assertEqual(self.asked(False), [self.NOWHERE, self.LIST, self.LIST])


if __name__ == "__main__":
    unittest.main()
