"""The whole API on one screen. This is data; `web/routing.py` makes a router of it."""

from __future__ import annotations

from functools import partial

from gameserver.minesweeper.replays import MAX_SIZE as REPLAY
from gameserver.views import (
    accounts,
    boards,
    claims,
    document,
    exports,
    level_settings,
    live,
    moderation,
    operations,
    pages,
    playing,
    scores,
    server,
    tokens,
    tournaments,
    users,
)
from gameserver.views.admin import AUTHORIZATION
from gameserver.views.who import SESSION
from gameserver.web.event_stream import EVENT_STREAM, LAST_EVENT_ID
from gameserver.web.messages import OPEN, Headers
from gameserver.web.operation import Operation
from gameserver.web.routing import Route, path

SCORE = 1024
FORM = 64 * 1024
UPLOAD = REPLAY + 4096
"""A replay in its multipart frame."""

operation = partial(path, limited=False, exact=True)
"""For operators: never told to slow down, and closed in a proxy by the one name that it has."""

READ: Headers = (*OPEN, ("Cache-Control", "no-cache"))
"""A cache may keep it, and asks each time whether it is still the newest."""

KNOWN = "if-none-match"
ID = playing.IDEMPOTENCY_KEY

board = partial(
    path, wants=(KNOWN, AUTHORIZATION, "content-type"), error_format="problem", fields=READ
)
play = partial(
    path, wants=("content-type", ID, AUTHORIZATION), error_format="problem", body=FORM
)
manage = partial(path, wants=(AUTHORIZATION, "content-type"), error_format="problem")
reading = partial(Operation, headers=(KNOWN,))
playing_ = partial(
    Operation, who="player", query=SESSION, headers=(ID,), refusals=(422,)
)
owning = partial(Operation, who="owner", query=SESSION)
managing = partial(Operation, who="admin")
moderating = partial(Operation, who="admin", blocking=True)
drawing = partial(Operation, refusals=(403,))
trusted = partial(Operation, who="game")

page = partial(path, wants=(KNOWN,), fields=pages.PAGE)
tournament_page = pages.page("tournaments")

api = partial(path, wants=("content-type", accounts.CREDENTIALS), error_format="api")

# fmt: off
urlpatterns: list[Route] = [
    page("/", GET=pages.page("boards")),
    page("/levels/<number:level_id>", GET=pages.page("level", embeddable=True)),
    page("/users/<number:user_id>", GET=pages.page("user")),
    page("/tournaments", GET=tournament_page),
    page("/tournaments/new", GET=tournament_page),
    page("/tournaments/account", GET=tournament_page),
    page("/tournaments/<number:tournament_id>", GET=tournament_page),
    page("/console", GET=pages.page("console")),
    path("/static/<file:name>", known=True, limited=False, exact=True, fields=pages.FILE,
        GET=pages.file),
    operation("/healthz", GET=operations.health),
    operation("/metrics", GET=operations.metrics),

    path("/<number:user_id>/login", GET=scores.login, POST=scores.login_with_secret, body=SCORE,
        short=True),
    path("/<digits:user_id>/", GET=scores.login, short=True),
    path("/<number:level_id>/score", POST=scores.submit_score, body=SCORE, short=True),
    path("/<number:level_id>/highscorelist", GET=scores.high_score_list, short=True),

    board("/api/levels", GET=reading(
        boards.levels, "listLevels", "The levels, the busiest first", "Levels", boards.LEVELS)),
    board("/api/levels/<number:level_id>.csv", streams=True, GET=reading(
        exports.export, "exportCsv", "A whole board as CSV", query=exports.EXPORT,
        content_type=exports.CSV)),
    board("/api/levels/<number:level_id>", body=FORM,
        GET=reading(boards.leaderboard, "getLeaderboard", "A page of a board, or some users' lines",
            "Leaderboard", boards.LEADERBOARD),
        PUT=managing(level_settings.configure, "configureLevel", "Change a level's settings",
            "LevelSettings", body=level_settings.CHANGES, refusals=(409,)),
        DELETE=moderating(moderation.remove_level, "removeLevel", "Take a level away", "Removed")),
    board("/api/levels/<number:level_id>/users/<number:user_id>",
        GET=reading(boards.around_user, "getLeaderboardAroundUser", "A user's rank and neighbours",
            "UserRank", boards.AROUND),
        DELETE=moderating(moderation.remove_score, "removeScore", "Take a score off a board",
            "Removed")),
    board("/api/levels/<number:level_id>/rank", short=True, GET=reading(
        boards.rank, "getRankOfScore", "The rank that a score would get", "Rank", boards.RANK)),
    board("/api/levels/<number:level_id>/seasons", GET=reading(
        boards.seasons, "listSeasons", "The seasons of a level, the newest first", "Seasons")),
    board("/api/levels/<number:level_id>/histogram", GET=reading(
        boards.histogram, "getHistogram", "How the scores are spread", "Histogram",
        boards.HISTOGRAM)),
    path("/api/live", live=True, wants=(LAST_EVENT_ID,), error_format="problem", GET=Operation(
        live.watch, "watchLevels", "Boards, at once and after changes", query=live.WATCHED,
        content_type=EVENT_STREAM, headers=(LAST_EVENT_ID,))),
    board("/api/users", body=FORM,
        GET=reading(users.search, "searchUsers", "Users by the beginning of their name", "Users",
            users.SEARCH),
        POST=drawing(claims.draw, "drawUser", "Draw a user that is yours", "DrawnUser",
            status=201, body=claims.EMPTY, needs_body=False)),
    play("/api/users/<number:user_id>/claim", POST=trusted(
        claims.put, "claimUser", "Give a user a secret", "Claimed", body=claims.SECRET)),
    play("/api/users/<number:user_id>/unclaim", POST=trusted(
        claims.lift, "unclaimUser", "Let anybody play as a user again", "Claimed",
        body=claims.EMPTY, needs_body=False)),
    board("/api/users/<number:user_id>", body=FORM, streams=True,
        GET=reading(users.data, "getUser", "All that is kept of a user", "UserData"),
        PUT=owning(users.rename, "renameUser", "Give a user a name", "User", body=users.NAMING),
        DELETE=owning(users.forget, "forgetUser", "Remove everything of a user", status=204)),
    play("/api/levels/<number:level_id>/scores", short=True, POST=playing_(
        playing.submit, "submitScore", "Post a score", "Posted", body=playing.ONE)),
    play("/api/levels/<number:level_id>/runs", POST=playing_(
        playing.draw_run, "drawRun", "Draw a run, before a game whose score needs one", "Run",
        body=playing.RUN, needs_body=False)),
    play("/api/scores", POST=playing_(
        playing.submit_several, "submitScores", "Post several scores: all or none", "AllPosted",
        body=playing.ALL)),
    manage("/api/users/<number:user_id>/ban", POST=moderating(
        moderation.ban, "banUser", "Take a user's scores off all boards, and no new ones",
        "UserState")),
    manage("/api/users/<number:user_id>/unban", POST=moderating(
        moderation.unban, "unbanUser", "Let a banned user back", "UserState")),
    manage("/api/users/<number:user_id>/hide", POST=moderating(
        moderation.hide, "hideUser", "Show a user to nobody else", "UserState")),
    manage("/api/users/<number:user_id>/unhide", POST=moderating(
        moderation.unhide, "unhideUser", "Show a hidden user again", "UserState")),
    manage("/api/purge", body=FORM, POST=moderating(
        moderation.purge, "purge", "Take away, or count, all scores within bounds", "Purged",
        body=moderation.PURGE, refusals=(409,))),
    manage("/api/audit", GET=managing(
        moderation.audit, "listAudit", "What was done, the newest first", "Audit",
        moderation.AUDIT)),
    manage("/api/audit/<number:entry_id>/undo", POST=moderating(
        moderation.undo, "undo", "Undo what an entry of the audit says", "Restored",
        refusals=(409,))),
    play("/api/tokens",
        GET=managing(tokens.listing, "listTokens", "The tokens of games, by name", "Tokens"),
        POST=managing(tokens.make, "makeToken", "Make a token for a game's own server", "Token",
            body=tokens.NEW, refusals=(409,))),
    play("/api/tokens/<name:name>", DELETE=managing(
        tokens.revoke, "revokeToken", "End a token", status=204)),
    manage("/api/server", GET=managing(
        server.state, "getServer", "The server, its settings and its last ten minutes", "Server")),
    board("/openapi.json", GET=reading(
        document.openapi(lambda: urlpatterns), "getOpenAPI", "This document", "OpenAPI")),

    api("/api/register", POST=accounts.register, body=FORM, blocking=True, queue="logins"),
    api("/api/obtain_token", POST=accounts.obtain_token, body=FORM, blocking=True, queue="logins"),
    api("/api/password", POST=accounts.change_password, body=FORM, blocking=True, queue="logins"),
    api("/api/delete_account", POST=accounts.delete_account, body=FORM, blocking=True,
        queue="logins"),
    api("/api/token_status", GET=accounts.token_status),
    api("/api/refresh_token", POST=accounts.refresh_token),

    api("/api/tournaments/all", GET=tournaments.listing("all")),
    api("/api/tournaments/archive", GET=tournaments.listing("archive")),
    api("/api/tournaments/in_progress", GET=tournaments.listing("in_progress")),
    api("/api/tournaments/upcoming", GET=tournaments.listing("upcoming")),
    api("/api/tournaments/active", GET=tournaments.listing("active")),
    api("/api/tournaments/my_active", GET=tournaments.my_active),

    api("/api/tournaments/create", POST=tournaments.create, body=FORM),
    api("/api/tournaments/invite/<number:tournament_id>", POST=tournaments.invite, body=FORM),
    api("/api/tournaments/host_confirm/<number:tournament_id>", POST=tournaments.host_confirm,
        body=FORM),
    api("/api/tournaments/remove/<number:tournament_id>", POST=tournaments.remove, body=FORM),
    api("/api/tournaments/stop/<number:tournament_id>", POST=tournaments.stop),
    api("/api/tournaments/delete/<number:tournament_id>", POST=tournaments.delete),

    api("/api/tournaments/detail/<number:tournament_id>", GET=tournaments.detail),
    api("/api/tournaments/standings/<number:tournament_id>", GET=tournaments.standings),
    api("/api/tournaments/participate/<number:tournament_id>", POST=tournaments.participate),
    api("/api/tournaments/player_confirm/<number:tournament_id>", POST=tournaments.player_confirm),
    api("/api/tournaments/gen_key/<number:tournament_id>", POST=tournaments.gen_key),
    api("/api/tournaments/get_key/<number:tournament_id>", GET=tournaments.get_key),
    api("/api/scores/upload", POST=tournaments.upload, body=UPLOAD, blocking=True,
        queue="uploads"),
]
# fmt: on

error_formats = {
    "/api/levels": "problem", "/api/users": "problem", "/api/tokens": "problem",
    "/api/live": "problem", "/api/purge": "problem", "/api/audit": "problem",
    "/openapi": "problem", "/api/": "api",
}  # fmt: skip
"""The format of the errors of unknown paths, by what they begin with."""
