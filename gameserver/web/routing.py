"""The mechanism behind `urls.py`: from a method and a path to the endpoint that answers.

A path is written as in `/<number:level_id>/score`: the kind of a capture, one of the `CONVERTERS`,
and its name. An unknown path, a method that a path does not take, and a capture that is no number
lead to a match too: it holds the answer. So a reader of requests asks once, and gets one answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from gameserver.web.converters import CONVERTERS, Converter
from gameserver.web.cors import CrossOrigin, closed
from gameserver.web.errors import BadRequest, HTTPError, MethodNotAllowed, NotFound, error_response
from gameserver.web.messages import EVERY_RESPONSE, Headers, Match, Response, View
from gameserver.web.methods import OVERRIDDEN, names, open_methods, options, overriding
from gameserver.web.operation import Operation

DRAINED_BODY = 1024
"""A body up to this size is read even where none is wanted: the connection can go on."""

_CACHED_PATH = 64
"""Only paths up to this length are remembered, so that the cache stays small."""

_BODILESS = ("GET", "HEAD", "DELETE")
"""Methods whose body means nothing (RFC 9110 section 9.3)."""

_CAPTURE = re.compile("<([a-z]+):([a-z_]+)>")


class Route(NamedTuple):
    """One line of `urlpatterns`."""

    name: str
    """The path as it reads in the documents: `/<level_id>/score`."""
    pattern: re.Pattern[str]
    converters: Mapping[str, Converter]
    """By the name of the capture."""
    views: Mapping[str, View]
    overriding: Mapping[str, View]
    """Those of the methods that stand for others: no document says that they are taken."""
    operations: Mapping[str, Operation]
    """What the document of the API says of the methods, of those that it has."""
    body: int
    blocking: bool
    limited: bool
    queue: str
    short: bool
    streams: bool
    known: bool
    live: bool
    wants: tuple[str, ...]
    error_format: str
    fields: Headers


def path(
    text: str,
    *,
    body: int = 0,
    blocking: bool = False,
    limited: bool = True,
    exact: bool = False,
    queue: str = "",
    short: bool = False,
    streams: bool = False,
    known: bool = False,
    live: bool = False,
    wants: Iterable[str] = (),
    error_format: str = "text",
    fields: Headers = EVERY_RESPONSE,
    **methods: View | Operation,
) -> Route:
    """A route: a path, and the view of each method.

    HEAD and OPTIONS come by themselves, and so does a slash at the end of the path, unless `exact`;
    and POST with `_method=` in the query, where there is PUT or DELETE and no POST.
    `body` is the largest body that the route takes, in bytes; 0: it takes none.
    `blocking` marks views that may take long; their requests wait in the `queue` of this name.
    `limited`: requests count for the rate limit of their client.
    `exact`: the path has this one spelling, for a proxy in front that keeps it from the public.
    `short`: no response is larger than 1 KiB, so that many of a client's may be made at once.
    `streams`: a response may say that it goes on (`Response.more`); `live`: for ever, and it has
    more to say when there is news.
    `known`: the answer follows from the path alone, so any process gives it. The view is called
    with the captures only, and raises NotFound.
    `wants` are the header fields that the views read, in lower case.
    `error_format` is one of `ERROR_FORMATS`.
    `fields` are the header fields of every response.
    """
    operations = {name: each for name, each in methods.items() if isinstance(each, Operation)}
    views = {
        name: each.view if isinstance(each, Operation) else each for name, each in methods.items()
    }
    if "GET" in views:
        views["HEAD"] = views["GET"]
    converters = {name: CONVERTERS[kind] for kind, name in _CAPTURE.findall(text)}
    return Route(
        name=_CAPTURE.sub(r"<\2>", text),
        pattern=re.compile(_pattern(text, exact)),
        converters=converters,
        views=views,
        overriding=overriding(views),
        operations=operations,
        body=body,
        blocking=blocking,
        limited=limited,
        queue=queue,
        short=short,
        streams=streams or live,
        known=known,
        live=live,
        wants=tuple(wants),
        error_format=error_format,
        fields=fields,
    )


def _pattern(text: str, exact: bool) -> str:
    parts = _CAPTURE.split(text)
    pattern = re.escape(parts[0])
    for kind, name, rest in zip(parts[1::3], parts[2::3], parts[3::3], strict=True):
        pattern += f"(?P<{name}>{CONVERTERS[kind].pattern})" + re.escape(rest)
    return pattern if exact or text.endswith("/") else pattern + "/?"


class Router:
    """Finds the endpoint for a method and a path."""

    def __init__(
        self,
        routes: Sequence[Route],
        error_formats: Mapping[str, str] | None = None,
        cross_origin: CrossOrigin | None = None,
    ) -> None:
        """`error_formats`: those of unknown paths, by what the path begins with."""
        self.views = {
            endpoint(view): view
            for route in routes
            for view in (*route.views.values(), *route.overriding.values())
        }
        """By the name of the endpoint."""
        self.routes = routes
        self._error_formats = error_formats or {}
        self._cross_origin = cross_origin or CrossOrigin()
        self._remembered = lru_cache(maxsize=4096)(self._resolve)

    def resolve(self, method: str, path: str, origin: str = "") -> Match:
        """The match for a request; an error is a match too, which holds the answer.

        `origin` is the site whose page sends the request, if any.
        """
        resolve = self._remembered if len(path) <= _CACHED_PATH else self._resolve
        return resolve(method, path, self._cross_origin.known(origin))

    def _resolve(self, method: str, path: str, origin: str) -> Match:
        match = self._find(method, path)
        match.fields = self._cross_origin.restricted(match.fields, origin)
        return match

    def _find(self, method: str, path: str) -> Match:
        if path == "*":
            methods = {method for route in self.routes for method in route.views}
            return _answer(options(methods, methods))
        for route in self.routes:
            if found := route.pattern.fullmatch(path):
                return _match(route, method, found)
        return self._unknown(path)

    def _unknown(self, path: str) -> Match:
        formats = (
            error_format
            for prefix, error_format in self._error_formats.items()
            if path.startswith(prefix)
        )
        return _answer(error_response(NotFound("no such path"), next(formats, "text")))


def endpoint(view: View) -> str:
    """The name of a view: `scores.login` for the function `login` in `…/scores.py`."""
    return f"{view.__module__.rpartition('.')[2]}.{view.__name__}"


def _match(route: Route, method: str, found: re.Match[str]) -> Match:
    open_to_pages = open_methods(route.views, route.operations)
    if method == "OPTIONS":
        has_admin = bool(route.operations)
        return _answer(options(route.views, open_to_pages, has_admin), route)
    view = route.views.get(method) or route.overriding.get(method)
    if view is None:
        return _refusal(MethodNotAllowed(names(route.views)), route)
    captures: list[int | str] = []
    for name, text in found.groupdict().items():
        try:
            captures.append(route.converters[name].convert(text))
        except ValueError as error:
            return _refusal(BadRequest(f"{name.replace('_', ' ')} {error}"), route)
    if route.known:
        return _known(view, captures, route)
    takes_body = route.body > 0 and method not in _BODILESS
    blocking = route.blocking or _blocks(route, method)
    return Match(
        endpoint=endpoint(view),
        captures=tuple(captures),
        takes_body=takes_body,
        body_limit=max(DRAINED_BODY, route.body if takes_body else 0),
        blocking=blocking,
        limited=route.limited,
        queue=route.queue,
        alone=blocking or not route.short,
        streams=route.streams and method in ("GET", "HEAD"),
        live=route.live,
        route=route.name,
        wants=route.wants,
        error_format=route.error_format,
        fields=route.fields if method in open_to_pages else closed(route.fields),
    )


def _known(view: View, captures: Iterable[int | str], route: Route) -> Match:
    try:
        match = _answer(view(*captures), route)
    except HTTPError as error:
        return _refusal(error, route)
    match.alone = not route.short
    return match


def _blocks(route: Route, method: str) -> bool:
    """Whether the operation may take long; of POST in the place of others, whether any of them."""
    methods = OVERRIDDEN if method in route.overriding else (method,)
    return any(name in methods and each.blocking for name, each in route.operations.items())


def _refusal(error: HTTPError, route: Route) -> Match:
    return _answer(error_response(error, route.error_format), route)


def _answer(response: Response, route: Route | None = None) -> Match:
    """A match whose answer is known already, whatever the request's body says."""
    if route is None:
        return Match(body_limit=DRAINED_BODY, answer=response)
    return Match(
        body_limit=DRAINED_BODY,
        limited=route.limited,
        route=route.name,
        error_format=route.error_format,
        fields=route.fields,
        answer=response,
    )
