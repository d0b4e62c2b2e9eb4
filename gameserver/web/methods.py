"""The methods of a route: what OPTIONS says of them, and POST in the place of others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from gameserver.web.errors import BadRequest, MethodNotAllowed
from gameserver.web.messages import Request, Response, View
from gameserver.web.operation import Operation

OVERRIDDEN: Sequence[str] = ("PUT", "DELETE")
"""The methods that POST may stand for."""

BOARD_FIELDS = "Content-Type, Idempotency-Key, If-None-Match"
"""What a page may send to a route of the boards: not `Authorization`, which is the admin's."""

_ALLOWED_FIELDS = "*, Authorization, Content-Type, X-Scoreganizer-Authorization"
"""What a page may send. The wildcard does not cover `Authorization`, nor do older browsers know it
(Fetch standard, 3.2.2)."""


def names(views: Iterable[str]) -> str:
    """The methods that a path takes, OPTIONS with them, as the field `Allow` has them."""
    return ", ".join(sorted({*views, "OPTIONS"}))


def open_methods(views: Mapping[str, View], operations: Mapping[str, Operation]) -> set[str]:
    """The methods that pages of other sites may use: all but those of the admin alone.

    POST in the place of others is one of them, unless all that it stands for is the admin's.
    """
    found = {name for name in views if name not in operations or operations[name].who != "admin"}
    return found | {"POST"} if found.intersection(OVERRIDDEN) else found


def options(
    views: Iterable[str], open_views: Iterable[str], fields: str = _ALLOWED_FIELDS
) -> Response:
    """The answer to OPTIONS, a browser's CORS preflight included (Fetch standard, 3.2.2).

    `open_views` are the methods that pages of other sites may use, `fields` what they may send.
    """
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
