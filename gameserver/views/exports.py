"""A whole board as CSV (RFC 4180), a stretch at a time."""

from __future__ import annotations

import re

from gameserver.scores.values import Page
from gameserver.services import Services
from gameserver.views.board_json import moment
from gameserver.views.boards import SEASON
from gameserver.web.etags import matches
from gameserver.web.messages import Request, Response
from gameserver.web.query import Query

CSV = "text/csv; charset=utf-8; header=present"
CHUNK_LINES = 256
"""Some half a millisecond: so long everybody else waits."""

EXPORT = Query(SEASON)

_QUOTED = re.compile('[,"\r\n]')
_FORMULA = ("=", "+", "-", "@")


def export(
    request: Request,
    services: Services,
    level_id: int,
    season: str = "",
    cursor: str = "",
    times: int = 0,
) -> Response:
    """The beginning of a board; with a season and a cursor what comes behind that.

    `times`: with the moments of the scores.
    """
    scores = services.scores
    if cursor:
        return _chunk(scores.after(level_id, cursor, season, CHUNK_LINES), times)
    (season,) = EXPORT.read(request.query)
    etag = services.pages.etag(scores.version(level_id, season))
    if matches(request.headers.get("if-none-match", ""), etag):
        return Response(304, etag=etag)
    times = int(scores.settings(level_id).times)
    head = b"rank,user,name,score,at\r\n" if times else b"rank,user,name,score\r\n"
    first = _chunk(scores.page(level_id, season, 0, CHUNK_LINES), times)
    name = (("Content-Disposition", f'attachment; filename="{level_id}.csv"'),)
    return first._replace(body=head + first.body, headers=name, etag=etag)


def _chunk(page: Page, times: int) -> Response:
    lines = []
    for rank, user_id, name, score, _, at in page.entries:
        cells = f"{rank},{user_id},{_cell(name) if name else ''},{score}"
        lines.append(f"{cells},{moment(at) or ''}\r\n" if times else f"{cells}\r\n")
    more = (page.season.name, page.next, times) if page.next else ()
    return Response(200, "".join(lines).encode(), CSV, more=more)


def _cell(text: str) -> str:
    """A name as a cell: no spreadsheet takes it for a formula."""
    if text.startswith(_FORMULA):
        text = f"'{text}"
    if not _QUOTED.search(text):
        return text
    doubled = text.replace('"', '""')
    return f'"{doubled}"'
