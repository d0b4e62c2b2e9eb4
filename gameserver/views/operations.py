"""The server itself: its calls, its health and its metrics."""

from __future__ import annotations

from gameserver.errors import Refused
from gameserver.services import Services
from gameserver.web.messages import Request, Response

_WELL = Response(body=b"ok\n")


def health(request: Request, services: Services) -> Response:
    """Says that the application answers; where its process is away, the front end says 503."""
    return _WELL


def metrics(request: Request, services: Services) -> Response:
    """The metrics of the server, for Prometheus."""
    text = services.metrics.text(_gauges(services))
    return Response(body=text.encode(), content_type="text/plain; version=0.0.4; charset=utf-8")


def _gauges(services: Services) -> dict[str, int]:
    """How much there is; nothing where the store cannot be asked, and all else goes on."""
    try:
        return {**services.scores.gauges(), **services.sessions.gauges()}
    except Refused:
        return {}
