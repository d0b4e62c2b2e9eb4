"""The server itself: its calls, its health and its metrics."""

from __future__ import annotations

from gameserver.services import Services
from gameserver.web.messages import Request, Response

_WELL = Response(body=b"ok\n")


def health(request: Request, services: Services) -> Response:
    """Says that the application answers; where its process is away, the front end says 503."""
    return _WELL


def metrics(request: Request, services: Services) -> Response:
    """The metrics of the server, for Prometheus."""
    text = services.metrics.text({**services.scores.gauges(), **services.sessions.gauges()})
    return Response(body=text.encode(), content_type="text/plain; version=0.0.4; charset=utf-8")
