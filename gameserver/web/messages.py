"""The values that travel through the server: a request with its match in, a response out."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

TEXT = "text/plain; charset=utf-8"
HTML = "text/html; charset=utf-8"
JSON = "application/json"
PROBLEM = "application/problem+json"

Headers = tuple[tuple[str, str], ...]
"""Header fields of a response: names and values."""

View = Callable[..., "Response"]
"""`view(request, services, *captures)`: answers one request; see `gameserver/urls.py`."""


class Response(NamedTuple):
    """An answer, before it is written as HTTP."""

    status: int = 200
    body: bytes = b""
    content_type: str = TEXT
    headers: Headers = ()
    """They win over the fields of the same name that the route sets."""
    etag: str = ""
    """The `ETag`, if there is one: by itself, as it changes while the other fields repeat."""
    more: tuple[int | str, ...] = ()
    """It goes on, if the route streams: behind its captures these are those of the next chunk.

    If the route is live, they say what is watched (`views/live.py`)."""


def json_response(value: object, status: int = 200) -> Response:
    """A value as JSON, on one line for a terminal."""
    return Response(status, f"{json.dumps(value)}\n".encode(), JSON)


render_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def json_line(value: object) -> bytes:
    """A value as the body of a response: compact JSON, which ends its line on a terminal."""
    return f"{render_json(value)}\n".encode()
"""A value as JSON in the fewest characters; made once, as to make an encoder takes long."""


ALLOW_ORIGIN = "Access-Control-Allow-Origin"

OPEN: Headers = (
    # A game in a browser is served from elsewhere; there are no cookies to protect.
    (ALLOW_ORIGIN, "*"),
    ("Access-Control-Expose-Headers", "ETag, Retry-After"),
)
"""Pages of any site may read the response."""

EVERY_RESPONSE: Headers = (
    *OPEN,
    # Session keys and standings are nothing that a cache may keep.
    ("Cache-Control", "no-store"),
)
"""The header fields of a route's responses, unless the route says otherwise."""


@dataclass(slots=True)
class Match:
    """The target of a method and a path: plain values only, so that a request can travel."""

    endpoint: str = ""
    """The name of the view (`Router.views`)."""
    captures: tuple[int | str, ...] = ()
    takes_body: bool = False
    body_limit: int = 0
    """The largest body that is read for it, in bytes."""
    blocking: bool = False
    """The view may take long, so it runs in a thread of its own."""
    limited: bool = True
    """The request counts for the rate limit of its client."""
    queue: str = ""
    """Where a request that blocks waits for its turn: only behind those of the same queue."""
    alone: bool = False
    """What comes behind the request waits until its answer is taken: it blocks, or may be long."""
    streams: bool = False
    """The response may say that it goes on (`Response.more`); then it is alone, too."""
    live: bool = False
    """It goes on when there is news, and has no end."""
    route: str = "none"
    """The route's name in the metrics."""
    wants: tuple[str, ...] = ()
    """The header fields that the view reads, in lower case."""
    error_format: str = "text"
    fields: Headers = EVERY_RESPONSE
    """The header fields of every response: caching and CORS."""
    answer: Response | None = None
    """The response, where it is known without the view: 404, 405, OPTIONS."""


@dataclass(slots=True)
class Request:
    """One parsed request, its body complete."""

    method: str
    """Empty if it is no client's: it asks for more of a response that streams."""
    path: str
    """The path as it was sent: no escape is decoded, no slash collapsed."""
    query: str
    headers: Mapping[str, str]
    """The header fields that the match wants: values by lower-case name."""
    body: bytes
    client: str
    """The address of the client, as far as it can be believed."""
    match: Match
    arrived: float = field(default=0.0, init=False)  # an argument would cost every request more
    """When it was there as a whole, in seconds since 1970 by the server's clock, if its match is
    `blocking`: it may be answered much later. 0: it is answered as soon as it is there."""

    def parameter(self, name: str) -> str | None:
        """The query's value of `name` as it was sent; None unless it is there exactly once."""
        first, _, value = self.query.partition("=")
        if first == name and "&" not in value:  # mostly it is the only one
            return value
        field = f"&{name}="
        _, found, rest = f"&{self.query}".partition(field)
        return rest.partition("&")[0] if found and field not in rest else None
