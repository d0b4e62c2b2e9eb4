"""Reading the boards: lists, ranks, neighbours, seasons, and how the scores are spread."""

from __future__ import annotations

from collections.abc import Callable

from gameserver.errors import Refused, invalid
from gameserver.scores.seasons import CURRENT
from gameserver.scores.values import Page
from gameserver.services import Services
from gameserver.views import board_json
from gameserver.views.admin import is_admin
from gameserver.web.messages import JSON, Headers, Request, Response, render_json
from gameserver.web.query import Query, number, numbers, text

SEASON = text("season", "the season's name, or `current`", 20, CURRENT, "[0-9A-Za-z-]+")

LEVELS = Query(
    number("offset", "how many levels to leave out", 0),
    number("limit", "the most levels to list", 100, 1, 1000),
    text("q", "part of a title, or a level's number", 100, ""),
)
LEADERBOARD = Query(
    number("offset", "how many entries to leave out", 0),
    number("limit", "the most entries to list", 15, 1, 1000),
    text("after", "the cursor in `next` of the page before", 100, pattern="[0-9A-Za-z._~-]+"),
    SEASON,
    numbers("users", "these users only", 300),
)
AROUND = Query(
    number("around", "how many neighbours on each side", 0, 0, 500),
    SEASON,
    text("sessionkey", "the user's own key, by which hidden ones see themselves", 200, ""),
)
RANK = Query(number("score", "the score to rank", required=True), SEASON)
HISTOGRAM = Query(number("buckets", "the most buckets", 20, 1, 200), SEASON)
NOTHING = Query()
NOT_STORED: Headers = (("Cache-Control", "no-store"),)


def levels(request: Request, services: Services) -> Response:
    """The levels, the busiest first."""
    offset, limit, q = LEVELS.read(request.query)
    scores = services.scores
    whole = is_admin(request, services)

    def render() -> str:
        found = scores.levels(offset, limit, q)
        listed = ",".join([board_json.level(each, whole) for each in found.levels])
        place = f'"total":{found.total},"offset":{offset},"limit":{limit}'
        return f'{{"levels":[{listed}],{place}}}'

    version = scores.overall_version() + ("-admin" if whole else "")
    return services.pages.answer(request, version, None, render)


def leaderboard(request: Request, services: Services, level_id: int) -> Response:
    """A page of a level's board, or some users' lines of it."""
    query = LEADERBOARD.read(request.query)
    offset, limit, after, season, users = query
    if after and offset:
        raise invalid("after", "goes without offset")
    if users and (after or offset):
        raise invalid("users", "goes without offset and after")
    scores = services.scores

    def render() -> str:
        if users:
            return _friends(services, level_id, season, users)
        if after:
            page = scores.after(level_id, after, season, limit)
        else:
            page = scores.page(level_id, season, offset, limit)
        return board_json.leaderboard(level_id, scores.settings(level_id), page, limit)

    return _board(request, services, level_id, season, query, render)


def _friends(services: Services, level_id: int, season: str, users: tuple[int, ...]) -> str:
    """Some users' lines, with their place among them."""
    scores = services.scores
    head = scores.page(level_id, season, 0, 1)
    entries = scores.entries(level_id, users, season)
    found = {entry.user_id for entry in entries}
    page = Page(head.season, head.players, 0, entries, None)
    missing = [user_id for user_id in users if user_id not in found]
    settings = scores.settings(level_id)
    return board_json.leaderboard(level_id, settings, page, len(users), missing)


def around_user(request: Request, services: Services, level_id: int, user_id: int) -> Response:
    """A user's rank, and the neighbours."""
    around, season, session = AROUND.read(request.query)
    scores = services.scores
    is_own = bool(session) and services.sessions.user_of(session) == user_id

    def render(is_hidden: bool = False) -> str:
        look = scores.around_hidden if is_hidden else scores.around
        found = look(level_id, user_id, season, around)
        if found is None:
            raise Refused("no_such_score", "the user has no score on this board")
        return board_json.neighbours(level_id, scores.settings(level_id), found)

    if is_own and scores.state(user_id) == "hidden":
        return Response(200, f"{render(True)}\n".encode(), JSON, NOT_STORED)
    key = ("user", level_id, user_id, around, season)
    return services.pages.answer(request, scores.version(level_id, season), key, render)


def rank(request: Request, services: Services, level_id: int) -> Response:
    """The rank that a new post of a score would get."""
    score, season = RANK.read(request.query)
    scores = services.scores
    version = scores.version(level_id, season)

    def render() -> str:
        return render_json({"rank": scores.rank_of(level_id, score, season)})

    return services.pages.answer(request, version, None, render)


def seasons(request: Request, services: Services, level_id: int) -> Response:
    """The seasons of a level that are kept, the newest first."""
    NOTHING.read(request.query)
    scores = services.scores

    def render() -> str:
        return render_json({"seasons": [board_json.season(s) for s in scores.seasons(level_id)]})

    key = ("seasons", level_id)
    return services.pages.answer(request, scores.version(level_id), key, render)


def histogram(request: Request, services: Services, level_id: int) -> Response:
    """How the scores of a board are spread."""
    query = HISTOGRAM.read(request.query)
    buckets, season = query
    scores = services.scores

    def render() -> str:
        return render_json(board_json.histogram(scores.histogram(level_id, buckets, season)))

    key = ("histogram", level_id, query)
    return services.pages.answer(request, scores.version(level_id, season), key, render)


def _board(
    request: Request,
    services: Services,
    level_id: int,
    season: str,
    query: object,
    render: Callable[[], str],
) -> Response:
    """A page with the time of the level's next reset, which it has to itself if there is one."""
    scores = services.scores
    version = scores.version(level_id, season)
    key = ("board", level_id, query)
    if scores.settings(level_id).reset == "never":
        return services.pages.answer(request, version, key, lambda: board_json.lasting(render()))
    summary = scores.summary(level_id)
    # An older season stays the same, and the time of the next reset does not.
    version = f"{version}-{summary.season.name}"
    return services.pages.answer(request, version, key, render, lambda: board_json.reset(summary))


