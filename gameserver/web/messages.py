"""The two values that travel through the server: a request in, a response out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

TEXT = "text/plain; charset=utf-8"
JSON = "application/json"

VIEW_FIELDS = ("content-type", "x-scoreganizer-authorization")
"""The header fields that a view may ask for. The others end where HTTP does: a request travels
between processes, and clients send dozens of them."""

View = Callable[..., "Response"]
"""`view(request, game, *captures)`: answers one request; see `gameserver/urls.py`."""


class Response(NamedTuple):
    """An answer, before it is written as HTTP."""

    status: int = 200
    body: bytes = b""
    content_type: str = TEXT
    headers: tuple[tuple[str, str], ...] = ()


class Match(NamedTuple):
    """What a method and a path lead to: the view, and how its request is to be read."""

    view: View
    captures: tuple[Any, ...] = ()
    takes_body: bool = False
    body_limit: int = 0
    """The largest body that is read for it, in bytes."""
    blocking: bool = False
    """The view may take long, so it runs in a thread of its own."""
    route: str = "none"
    """The route's name in the metrics."""


class Request(NamedTuple):
    """One parsed request, its body complete."""

    method: str
    path: str
    """The path as it was sent: no escape is decoded, no slash collapsed."""
    query: str
    headers: Mapping[str, str]
    """The header fields that views read (`VIEW_FIELDS`): values by lower-case name."""
    body: bytes
    client: str
    """The address of the client, as far as it can be believed."""
    match: Match

    def parameter(self, name: str) -> str | None:
        """The query's value of `name` as it was sent; None unless it is there exactly once."""
        field = f"&{name}="
        _, found, rest = f"&{self.query}".partition(field)
        return rest.partition("&")[0] if found and field not in rest else None
