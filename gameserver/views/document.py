"""The document of the API."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from hashlib import blake2b

from gameserver import __version__
from gameserver.services import Services
from gameserver.views import server
from gameserver.views.boards import NOTHING
from gameserver.views.schemas import SCHEMAS
from gameserver.web.etags import matches
from gameserver.web.messages import JSON, Request, Response, View, json_line
from gameserver.web.openapi import document
from gameserver.web.routing import Route

INFO = {
    "title": "gameserver: boards",
    "version": __version__,
    "summary": "High score lists with ranks, neighbours, seasons and settings.",
}


def openapi(routes: Callable[[], Sequence[Route]]) -> View:
    """The view of the document of these routes, which is made when it is first asked for."""

    @cache
    def made() -> Response:
        body = json_line(document(routes(), {**SCHEMAS, "Server": server.SCHEMA}, INFO))
        etag = f'W/"{blake2b(body, digest_size=8).hexdigest()}"'
        return Response(200, body, JSON, etag=etag)

    def openapi(request: Request, services: Services) -> Response:
        NOTHING.read(request.query)
        response = made()
        if matches(request.headers.get("if-none-match", ""), response.etag):
            return Response(304, etag=response.etag)
        return response

    return openapi
