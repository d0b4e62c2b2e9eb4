"""The whole API on one screen."""

from __future__ import annotations

from gameserver.views import operations, scores, tournaments
from gameserver.views.tournaments import FORM_SIZE, UPLOAD_SIZE
from gameserver.web.routing import Router, path

_ID = r"(?P<tournament_id>[^/]+)"

# fmt: off
urlpatterns = [
    path(r"/healthz", GET=operations.health),
    path(r"/metrics", GET=operations.metrics),
    path(r"/(?P<user_id>[^/]+)/login", GET=scores.login),
    path(r"/(?P<user_id>[^/]+)/", GET=scores.login),
    path(r"/(?P<level_id>[^/]+)/score", POST=scores.submit_score, body=1024),
    path(r"/(?P<level_id>[^/]+)/highscorelist", GET=scores.high_score_list),

    path(r"/api/register", POST=tournaments.register, body=FORM_SIZE, blocking=True),
    path(r"/api/obtain_token", POST=tournaments.obtain_token, body=FORM_SIZE, blocking=True),
    path(r"/api/token_status", GET=tournaments.token_status),
    path(r"/api/refresh_token", POST=tournaments.refresh_token),

    path(r"/api/tournaments/all", GET=tournaments.listing("all")),
    path(r"/api/tournaments/archive", GET=tournaments.listing("archive")),
    path(r"/api/tournaments/in_progress", GET=tournaments.listing("in_progress")),
    path(r"/api/tournaments/upcoming", GET=tournaments.listing("upcoming")),
    path(r"/api/tournaments/active", GET=tournaments.listing("active")),
    path(r"/api/tournaments/my_active", GET=tournaments.my_active),

    path(r"/api/tournaments/create", POST=tournaments.create, body=FORM_SIZE),
    path(rf"/api/tournaments/invite/{_ID}", POST=tournaments.invite, body=FORM_SIZE),
    path(rf"/api/tournaments/host_confirm/{_ID}", POST=tournaments.host_confirm, body=FORM_SIZE),
    path(rf"/api/tournaments/stop/{_ID}", POST=tournaments.stop),

    path(rf"/api/tournaments/detail/{_ID}", GET=tournaments.detail),
    path(rf"/api/tournaments/standings/{_ID}", GET=tournaments.standings),
    path(rf"/api/tournaments/participate/{_ID}", POST=tournaments.participate),
    path(rf"/api/tournaments/player_confirm/{_ID}", POST=tournaments.player_confirm),
    path(rf"/api/tournaments/gen_key/{_ID}", POST=tournaments.gen_key),
    path(rf"/api/tournaments/get_key/{_ID}", GET=tournaments.get_key),
    path(r"/api/scores/upload", POST=tournaments.upload, body=UPLOAD_SIZE, blocking=True),
]
# fmt: on

router = Router(urlpatterns)
