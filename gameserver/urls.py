"""The whole API on one screen. This is data; `web/routing.py` makes a router of it."""

from __future__ import annotations

from functools import partial

from gameserver.minesweeper.replays import MAX_SIZE as REPLAY
from gameserver.views import accounts, operations, scores, tournaments
from gameserver.web.routing import path

SCORE = 1024
FORM = 64 * 1024
UPLOAD = REPLAY + 4096
"""A replay in its multipart frame."""

operation = partial(path, limited=False, exact=True)
"""For operators: never told to slow down, and closed in a proxy by the one name that it has."""

api = partial(path, wants=("content-type", accounts.CREDENTIALS), error_format="api")

# fmt: off
urlpatterns = [
    path("/", GET=operations.welcome),
    operation("/healthz", GET=operations.health),
    operation("/metrics", GET=operations.metrics),

    path("/<number:user_id>/login", GET=scores.login, short=True),
    path("/<digits:user_id>/", GET=scores.login, short=True),
    path("/<number:level_id>/score", POST=scores.submit_score, body=SCORE, short=True),
    path("/<number:level_id>/highscorelist", GET=scores.high_score_list, short=True),

    api("/api/register", POST=accounts.register, body=FORM, blocking=True, queue="logins"),
    api("/api/obtain_token", POST=accounts.obtain_token, body=FORM, blocking=True, queue="logins"),
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

error_formats = {"/api/": "api"}
"""The format of the errors of unknown paths, by what they begin with."""
