"""The server as whoever runs it wants to see it: settings, and the last ten minutes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gameserver import __version__
from gameserver.monitoring.minutes import Minute
from gameserver.services import Services
from gameserver.settings import shown_settings
from gameserver.times import moment_of
from gameserver.views.admin import require_admin
from gameserver.views.board_json import moment
from gameserver.views.boards import NOTHING
from gameserver.views.schemas import COUNT, MOMENT, TEXT, Schema
from gameserver.web.messages import JSON, Request, Response, json_line

MEGABYTE = 1_000_000

_FIGURE: Schema = {"type": "number", "minimum": 0}
_FIGURE_OR_NULL: Schema = {**_FIGURE, "type": ["number", "null"]}
_OF_MINUTE: Mapping[str, Schema] = {
    "at": {**MOMENT, "description": "its beginning"},
    "seconds": {**_FIGURE, "description": "how much of it the server has run; the last one runs"},
    "requests": COUNT,
    "p50_ms": {**_FIGURE_OR_NULL, "description": "between two bounds of the metrics' histogram"},
    "p99_ms": _FIGURE_OR_NULL,
    "batch": {**_FIGURE_OR_NULL, "description": "requests that were answered together, on average"},
    "connections": {**COUNT, "description": "at its end, as are the next three"},
    "scores": COUNT,
    "rss_mb": {**_FIGURE, "description": "of all processes"},
    "disk_mb": {**_FIGURE, "description": "the data file and its log"},
    "cpu": {**_FIGURE, "description": "of one core"},
    "written": {**COUNT, "description": "rows"},
}
_MEMBERS: Mapping[str, Schema] = {
    "version": TEXT,
    "uptime": {**COUNT, "description": "seconds"},
    "mode": TEXT,
    "last_sync": {**MOMENT, "type": ["string", "null"], "description": "to within two seconds"},
    "settings": {"type": "object", "description": "by flag, without secrets"},
    "minutes": {
        "type": "array",
        "items": {
            "type": "object", "properties": _OF_MINUTE, "required": list(_OF_MINUTE)
        },
    },
}  # fmt: skip

SCHEMA: Schema = {"type": "object", "properties": _MEMBERS, "required": list(_MEMBERS)}


def state(request: Request, services: Services) -> Response:
    """Which server this is, what it was told, and how it has been for ten minutes."""
    require_admin(request, services)
    NOTHING.read(request.query)
    uptime, written, minutes = services.metrics.past()
    shown = {
        "version": __version__,
        "uptime": uptime,
        "mode": services.settings.mode,
        "last_sync": None if written is None else moment(moment_of(int(written))),
        "settings": shown_settings(services.settings),
        "minutes": [_minute(each) for each in minutes],
    }
    return Response(200, json_line(shown), JSON)


def _minute(minute: Minute) -> dict[str, Any]:
    last = minute.last
    return {
        "at": moment(moment_of(minute.began)),
        "seconds": round(minute.seconds, 1),
        "requests": minute.latencies.count,
        "p50_ms": _milliseconds(minute.latencies.quantile(0.5)),
        "p99_ms": _milliseconds(minute.latencies.quantile(0.99)),
        "batch": _rounded(minute.batches.mean),
        "connections": last.connections,
        "scores": last.scores,
        "rss_mb": round(last.memory / MEGABYTE, 1),
        "disk_mb": round(last.disk / MEGABYTE, 3),
        "cpu": round(minute.cpu_seconds / max(minute.seconds, 1), 4),
        "written": minute.written,
    }


def _milliseconds(seconds: float | None) -> float | None:
    return None if seconds is None else _rounded(1000 * seconds)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 2)
