"""The application: a batch of requests in, their responses out."""

from __future__ import annotations

import unittest
from typing import Any

from gameserver.web.errors import BadRequest, Unauthorized
from gameserver.web.messages import Request, Response
from gameserver.web.routing import Router, path
from tests.support import make_app, make_request, run_together


def fail(request: Request, services: Any) -> Response:
    raise RuntimeError("a secret of the server's")


def refuse(request: Request, services: Any) -> Response:
    raise BadRequest("it is wrong")


def forbid(request: Request, services: Any) -> Response:
    raise Unauthorized("log in")


def show(request: Request, services: Any, level_id: int) -> Response:
    return Response(body=b"%d" % level_id)


ROUTES = Router(
    [
        path("/fail", GET=fail),
        path("/refuse", GET=refuse),
        path("/forbid", GET=forbid),
        path("/<number:level_id>/show", GET=show),
    ]
)


class HandleTest(unittest.TestCase):
    """`App.handle` with views of its own."""

    def setUp(self) -> None:
        self.app = make_app(routes=ROUTES)

    def handle(self, *targets: str) -> list[Response]:
        return self.app.handle([make_request("GET", target, routes=ROUTES) for target in targets])

    def test_empty_batch(self) -> None:
        """No request, no response."""
        self.assertEqual(self.handle(), [])

    def test_order(self) -> None:
        """Each request has its response, in order."""
        responses = self.handle(*(f"/{number}/show" for number in range(100)))
        self.assertEqual([response.body for response in responses],
                         [b"%d" % number for number in range(100)])  # fmt: skip

    def test_errors(self) -> None:
        """An error of the client's is answered with its status, one line and its headers."""
        refused, forbidden = self.handle("/refuse", "/forbid")
        self.assertEqual(refused, Response(400, b"it is wrong\n"))
        self.assertEqual((forbidden.status, forbidden.body), (401, b"log in\n"))
        self.assertIn("WWW-Authenticate", dict(forbidden.headers))

    def test_failures(self) -> None:
        """A failure of the server's is answered 500 without a word, and logged."""
        with self.assertLogs("gameserver", "ERROR") as logged:
            before, failed, after = self.handle("/1/show", "/fail", "/2/show")
        self.assertEqual((failed.status, failed.body), (500, b""))
        self.assertEqual((before.body, after.body), (b"1", b"2"))
        self.assertIn("a secret of the server's", logged.output[0])

    def test_failures_keep_keys_secret(self) -> None:
        """What is logged about a failure does not contain the query."""
        with self.assertLogs("gameserver", "ERROR") as logged:
            self.handle("/fail?sessionkey=SECRET")
        self.assertNotIn("SECRET", logged.output[0])
        self.assertIn("GET /fail", logged.output[0])

    def test_threads(self) -> None:
        """Several threads may call it at once."""

        def work(index: int) -> list[bytes]:
            return [response.body for response in self.handle(*[f"/{index}/show"] * 50)]

        self.assertEqual(run_together(work, 8), [[b"%d" % index] * 50 for index in range(8)])


if __name__ == "__main__":
    unittest.main()
