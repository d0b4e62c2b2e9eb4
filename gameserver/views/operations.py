"""What operators ask of the server: whether it works, and how much it does."""

from __future__ import annotations

from gameserver.app import Game
from gameserver.web.messages import Request, Response

_WELL = Response(body=b"ok\n")


def health(request: Request, game: Game) -> Response:
    """Says that the application answers; where its process is away, the front end says 503."""
    return _WELL


def metrics(request: Request, game: Game) -> Response:
    """The figures of the server, for Prometheus."""
    text = game.metrics.text({**game.scores.gauges(), **game.sessions.gauges()})
    return Response(body=text.encode(), content_type="text/plain; version=0.0.4; charset=utf-8")
