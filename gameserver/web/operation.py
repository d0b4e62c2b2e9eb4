"""A view with what the document of the API says of it (`web/openapi.py`)."""

from __future__ import annotations

from typing import NamedTuple

from gameserver.web.json_body import Shape
from gameserver.web.messages import JSON, View
from gameserver.web.query import Query

NO_QUERY = Query()


class Operation(NamedTuple):
    """One method of a route."""

    view: View
    id: str
    """The name that clients made from the document give it."""
    summary: str
    answer: str = ""
    """The name of the schema of what it answers; empty for none."""
    query: Query = NO_QUERY
    body: Shape | None = None
    needs_body: bool = True
    """Whether the body must be there, if it takes one."""
    who: str = "anybody"
    """Who may call it: `anybody`, `player` (or a game for one), `owner` or `admin`."""
    refusals: tuple[int, ...] = ()
    """The statuses of errors, beside those that every route has."""
    status: int = 200
    content_type: str = JSON
    headers: tuple[str, ...] = ()
    """The header fields that it reads, in lower case."""
    blocking: bool = False
    """It may take long, so it runs in a thread of its own."""
