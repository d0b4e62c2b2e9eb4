"""Routing: from a method and a path to a view."""

from __future__ import annotations

import unittest
from typing import Any

from gameserver.numbers import MAX_NUMBER
from gameserver.web.errors import NotFound
from gameserver.web.messages import Match, Request, Response
from gameserver.web.routing import Router, path
from tests.support import router as api

NOT_NUMBERS = [
    "", "-1", "+1", "1.0", "1e3", "1_0", "0x10", " 1", "1 ", "1\n", "abc", "%31", "2147483648",
    "4294967296", "99999999999", "9" * 400, "\u0663", "\uff11", "\xb2", "\u0967", "\U0001d7d9",
]  # fmt: skip
"""Neither the numbers of Python nor those of other scripts are numbers of the API."""


def show(request: Request, services: Any, *captures: int) -> Response:
    """A view that answers with what it was given."""
    return Response(body=repr(captures).encode())


def known(name: str) -> Response:
    """What is known of a name without a request."""
    if name != "a.js":
        raise NotFound("no such file")
    return Response(body=name.encode())


def answer(match: Match) -> Response:
    """What a match answers without a view."""
    assert match.answer
    return match.answer


class RouterTest(unittest.TestCase):
    """A router with routes of its own."""

    router = Router(
        [
            path("/<number:level_id>/a", GET=show),
            path("/<number:level_id>/b/<number:user_id>", GET=show, POST=show, body=100_000),
            path("/<digits:user_id>/", GET=show),
            path("/slow", POST=show, body=10, blocking=True),
            path("/always", GET=show, limited=False, exact=True),
            path("/known/<file:name>", GET=known, known=True, exact=True),
        ]
    )

    def resolve(self, method: str, path: str) -> Match:
        return self.router.resolve(method, path)

    def test_captures(self) -> None:
        """Captures are numbers, in the order of the pattern."""
        self.assertEqual(self.resolve("GET", "/7/a").captures, (7,))
        self.assertEqual(self.resolve("GET", "/7/b/2147483647").captures, (7, MAX_NUMBER))
        self.assertEqual(self.resolve("GET", "/slow").captures, ())

    def test_view(self) -> None:
        """A match names the view of its route."""
        self.assertIs(self.router.views[self.resolve("GET", "/7/a").endpoint], show)

    def test_trailing_slash(self) -> None:
        """One slash at the end makes no difference; two do."""
        self.assertEqual(self.resolve("GET", "/7/a/"), self.resolve("GET", "/7/a"))
        self.assertEqual(answer(self.resolve("GET", "/7/a//")).status, 404)

    def test_slash_of_the_pattern(self) -> None:
        """A pattern that ends with a slash wants it."""
        self.assertEqual(self.resolve("GET", "/7/").captures, (7,))
        self.assertEqual(answer(self.resolve("GET", "/7")).status, 404)

    def test_exact(self) -> None:
        """A path that is marked so has one spelling."""
        self.assertIsNone(self.resolve("GET", "/always").answer)
        for text in ("/always/", "/Always", "//always"):
            self.assertEqual(answer(self.resolve("GET", text)).status, 404)

    def test_limited(self) -> None:
        """All paths count for a rate limit but those that are marked, whatever their answer is."""
        for method in ("GET", "HEAD", "OPTIONS", "PUT"):
            self.assertFalse(self.resolve(method, "/always").limited)
            for text in ("/7/a", "/x/a", "/none/at/all", "*", "/always/"):
                self.assertTrue(self.resolve(method, text).limited)

    def test_unknown_paths(self) -> None:
        """A path has to match as a whole, and nothing in it is decoded."""
        for text in ["", "/", "//", "/a", "/7/a/b", "7/a", "//7/a", "/7//a", "/7/A", "/7/%61",
                     "/7/a\n", "\n/7/a", "/7/a?", "/7/aa", "/../7/a", "/7;x/a/b"]:  # fmt: skip
            self.assertEqual(answer(self.resolve("GET", text)).status, 404, ascii(text))

    def test_bad_numbers(self) -> None:
        """A capture that is no number is answered 400."""
        for number in NOT_NUMBERS:
            if number and "\n" not in number:
                self.assertEqual(answer(self.resolve("GET", f"/{number}/a")).status, 400, number)

    def test_other_methods(self) -> None:
        """A method that a path does not take is answered 405 with those that it takes."""
        for method in ("PUT", "DELETE", "TRACE", "POST"):
            response = answer(self.resolve(method, "/7/a"))
            self.assertEqual(response.status, 405)
            self.assertEqual(dict(response.headers)["Allow"], "GET, HEAD, OPTIONS")
        response = answer(self.resolve("HEAD", "/slow"))
        self.assertEqual(dict(response.headers)["Allow"], "OPTIONS, POST")

    def test_head(self) -> None:
        """HEAD is there wherever GET is."""
        self.assertEqual(self.resolve("HEAD", "/7/a"), self.resolve("GET", "/7/a"))

    def test_options(self) -> None:
        """OPTIONS says what a path takes, to browsers as well."""
        headers = dict(answer(self.resolve("OPTIONS", "/7/b/8")).headers)
        self.assertEqual(headers["Allow"], "GET, HEAD, OPTIONS, POST")
        self.assertEqual(headers["Access-Control-Allow-Methods"], headers["Allow"])
        # The wildcard does not cover Authorization (Fetch standard, 3.2.2).
        self.assertEqual(
            headers["Access-Control-Allow-Headers"].split(", ")[:2], ["*", "Authorization"]
        )
        self.assertEqual(answer(self.resolve("OPTIONS", "/none/at/all")).status, 404)

    def test_options_of_the_server(self) -> None:
        """OPTIONS * says what any path takes."""
        response = answer(self.resolve("OPTIONS", "*"))
        self.assertEqual(dict(response.headers)["Allow"], "GET, HEAD, OPTIONS, POST")

    def test_bodies(self) -> None:
        """A route that takes a body has a limit; elsewhere a small one is read and dropped."""
        taken = self.resolve("POST", "/7/b/8")
        self.assertEqual((taken.takes_body, taken.body_limit), (True, 100_000))
        for method, text in [("GET", "/7/b/8"), ("GET", "/7/a"), ("PUT", "/7/a"), ("GET", "/x/y")]:
            match = self.resolve(method, text)
            self.assertFalse(match.takes_body)
            self.assertLessEqual(match.body_limit, 65536)

    def test_blocking(self) -> None:
        """Only a view that is marked so blocks, and not the errors of its path."""
        self.assertTrue(self.resolve("POST", "/slow").blocking)
        self.assertFalse(self.resolve("GET", "/slow").blocking)
        self.assertFalse(self.resolve("GET", "/7/a").blocking)

    def test_known(self) -> None:
        """The answer of a known path is in the match, and stands alone: it may be long."""
        for method in ("GET", "HEAD"):
            match = self.resolve(method, "/known/a.js")
            self.assertEqual(answer(match), Response(body=b"a.js"))
            self.assertEqual((match.alone, match.route), (True, "/known/<name>"))
        for method, target, status in (
            ("GET", "/known/b.js", 404), ("POST", "/known/a.js", 405),
            ("OPTIONS", "/known/a.js", 200),
        ):  # fmt: skip
            match = self.resolve(method, target)
            self.assertEqual((answer(match).status, match.alone), (status, False))

    def test_again(self) -> None:
        """A path leads to the same match again, a long one as well."""
        for text in ("/7/a", "/" + "0" * 100 + "7/a", "/none/" + "x" * 1000):
            first, second = self.resolve("GET", text), self.resolve("GET", text)
            self.assertEqual(first, second)


class ApiTest(unittest.TestCase):
    """The routes of the API."""

    def test_routes(self) -> None:
        """Every call of the API has its methods."""
        for text, methods in [
            ("/1/login", "GET, HEAD, OPTIONS, POST"),
            ("/1/", "GET, HEAD, OPTIONS"),
            ("/1/score", "OPTIONS, POST"),
            ("/1/highscorelist", "GET, HEAD, OPTIONS"),
        ]:
            response = answer(api.resolve("OPTIONS", text))
            self.assertEqual(dict(response.headers)["Allow"], methods)

    def test_same_call(self) -> None:
        """`/<userid>/` is `/<userid>/login`."""
        short, long = api.resolve("GET", "/5/"), api.resolve("GET", "/5/login")
        self.assertEqual((short.endpoint, short.captures), (long.endpoint, long.captures))

    def test_blocking(self) -> None:
        """Of a path only what may take long has a thread, and POST that may stand for it."""
        for method, blocking in (("GET", False), ("PUT", False), ("DELETE", True), ("POST", True)):
            self.assertEqual(api.resolve(method, "/api/levels/5").blocking, blocking, method)

    def test_operators_routes(self) -> None:
        """What a proxy in front keeps from the public has one spelling."""
        for text in ("/healthz", "/metrics"):
            self.assertIsNone(api.resolve("GET", text).answer)
            self.assertEqual(answer(api.resolve("GET", text + "/")).status, 404)

    def test_score_body(self) -> None:
        """A score's body may have 1 KiB."""
        match = api.resolve("POST", "/1/score")
        self.assertEqual((match.takes_body, match.body_limit), (True, 1024))


if __name__ == "__main__":
    unittest.main()
