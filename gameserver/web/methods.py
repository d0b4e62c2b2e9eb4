"""The methods of a route: what OPTIONS says of them, and POST in the place of others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from gameserver.web.errors import BadRequest, MethodNotAllowed
from gameserver.web.messages import Request, Response, View
from gameserver.web.operation import Operation

OVERRIDDEN: Sequence[str] = ("PUT", "DELETE")
"""The methods that POST may stand for."""

_ALLOWED_FIELDS = (
    "Content-Type, Idempotency-Key, If-None-Match, Last-Event-ID, X-Scoreganizer-Authorization"
)
"""What pages of other sites may send; the admin's `Authorization` is none of it."""

_ALL_FIELDS = f"*, Authorization, {_ALLOWED_FIELDS}"
"""The same where there is no admin. The wildcard does not cover `Authorization`, nor do older
browsers know it (Fetch standard, 3.2.2)."""


def names(views: Iterable[str]) -> str:
    """The methods that a path takes, OPTIONS with them, as the field `Allow` has them."""
    return ", ".join(sorted({*views, "OPTIONS"}))


def open_methods(views: Mapping[str, View], operations: Mapping[str, Operation]) -> set[str]:
    """The methods that pages of other sites may use: all but those that take a token.

    POST in the place of others is one of them, unless all that it stands for takes one.
    """
    closed = {name for name, each in operations.items() if each.who in ("admin", "game")}
    found = views.keys() - closed
    return found | {"POST"} if found.intersection(OVERRIDDEN) else found


def options(
    views: Iterable[str], open_views: Iterable[str], has_admin: bool = False
) -> Response:
    """The answer to OPTIONS, a browser's CORS preflight included (Fetch standard, 3.2.2).

    `open_views` are the methods that pages of other sites may use. `has_admin`: the route
    is one of the boards, whose admin sends `Authorization`.
    """
    fields = _ALLOWED_FIELDS if has_admin else _ALL_FIELDS
    return Response(
        headers=(
            ("Allow", names(views)),
            ("Access-Control-Allow-Methods", names(open_views)),
            ("Access-Control-Allow-Headers", fields),
            ("Access-Control-Max-Age", "86400"),
        )
    )


def overriding(views: Mapping[str, View]) -> Mapping[str, View]:
    """The view of POST for clients that know only GET and POST: `_method` in the query rules."""
    overridden = {name: views[name] for name in OVERRIDDEN if name in views}
    if not overridden or "POST" in views:
        return {}

    def view(request: Request, services: object, *captures: int | str) -> Response:
        pairs = request.query.split("&")
        others = [pair for pair in pairs if not pair.startswith("_method=")]
        if len(others) == len(pairs):
            raise MethodNotAllowed(names(views))
        method = request.parameter("_method") or ""
        if method not in overridden:
            raise BadRequest(f"_method must be one of {', '.join(overridden)}")
        meant = replace(request, method=method, query="&".join(others))
        return overridden[method](meant, services, *captures)

    first = next(iter(overridden.values()))
    view.__module__, view.__name__ = first.__module__, f"override_{first.__name__}"
    return {"POST": view}
