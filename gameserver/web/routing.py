"""The mechanism behind `urls.py`: from a method and a path to a view.

A pattern matches the whole path, and each of its captures is a 31-bit number. What leads
nowhere (404, 405, a capture that is no number) is a match as well: its view answers the error.
So whoever reads a request has one thing to ask, and one answer.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from gameserver.web.errors import BadRequest, error_response
from gameserver.web.messages import Match, Request, Response, View

MAX_NUMBER = 2**31 - 1

DRAINED_BODY = 1024
"""A body up to this size is read even where none is wanted: the connection can go on."""

_CACHED_PATH = 64
"""Only paths up to this length are remembered, so that the cache stays small."""


class Route(NamedTuple):
    """One line of `urlpatterns`."""

    name: str
    """The pattern, as it reads without its syntax: `/<level_id>/score`."""
    pattern: re.Pattern[str]
    views: dict[str, View]
    body: int
    blocking: bool


def path(pattern: str, *, body: int = 0, blocking: bool = False, **views: View) -> Route:
    """A route: a regular expression for the path, and the view of each method.

    HEAD and OPTIONS come by themselves, and so does a slash at the end of the path.
    `body` is the largest body that the route takes, in bytes; 0: it takes none.
    `blocking` marks views that may take long.
    """
    slash = "" if pattern.endswith("/") else "/?"
    if "GET" in views:
        views["HEAD"] = views["GET"]
    name = re.sub(r"\(\?P(<\w+>)[^)]*\)", r"\1", pattern)
    return Route(name, re.compile(pattern + slash), views, body, blocking)


def parse_number(text: str | bytes, what: str) -> int:
    """A number as the API writes it: one to ten ASCII digits, at most 2147483647.

    Anything else raises `BadRequest`; `what` says in its message which number it was.
    """
    if text.isdigit() and len(text) <= 10 and text.isascii():
        number = int(text)
        if number <= MAX_NUMBER:
            return number
    raise BadRequest(f"{what} must be a whole number from 0 to {MAX_NUMBER}, in decimal digits")


class Router:
    """Finds the view for a method and a path."""

    def __init__(self, routes: Sequence[Route]) -> None:
        self._routes = routes
        self._remembered = lru_cache(maxsize=4096)(self._find)

    def resolve(self, method: str, path: str) -> Match:
        """The match for a request; an error is a match too, whose view answers it."""
        return (self._remembered if len(path) <= _CACHED_PATH else self._find)(method, path)

    def _find(self, method: str, path: str) -> Match:
        if path == "*":
            return _answer(_allow({method for route in self._routes for method in route.views}))
        for route in self._routes:
            if found := route.pattern.fullmatch(path):
                return self._match(route, method, path, found)
        return _answer(error_response(404, "there is nothing at this path", path))

    def _match(self, route: Route, method: str, path: str, found: re.Match[str]) -> Match:
        if method == "OPTIONS":
            return _answer(_allow(route.views), route.name)
        if method not in route.views:
            return _answer(_not_allowed(route.views, path), route.name)
        try:
            captures = tuple(
                parse_number(value, name.replace("_", " "))
                for name, value in found.groupdict().items()
            )
        except BadRequest as error:
            return _answer(error.response(path), route.name)
        takes_body = route.body > 0 and method not in ("GET", "HEAD")
        limit = max(DRAINED_BODY, route.body if takes_body else 0)
        return Match(
            route.views[method], captures, takes_body, limit, route.blocking, route.name
        )


def _answer(response: Response, route: str = "none") -> Match:
    """A match whose answer is known already, whatever the request's body says."""

    def view(request: Request, game: object) -> Response:
        return response

    return Match(view, body_limit=DRAINED_BODY, route=route)


def _methods(views: dict[str, View] | set[str]) -> str:
    return ", ".join(sorted({*views, "OPTIONS"}))


def _allow(views: dict[str, View] | set[str]) -> Response:
    """The answer to OPTIONS, a browser's CORS preflight included (Fetch standard, 3.2.2)."""
    methods = _methods(views)
    return Response(
        headers=(
            ("Allow", methods),
            ("Access-Control-Allow-Methods", methods),
            ("Access-Control-Allow-Headers", "Content-Type, X-Scoreganizer-Authorization"),
            ("Access-Control-Max-Age", "86400"),
        )
    )


def _not_allowed(views: dict[str, View], path: str) -> Response:
    methods = _methods(views)
    return error_response(405, f"this path takes {methods}", path, (("Allow", methods),))
