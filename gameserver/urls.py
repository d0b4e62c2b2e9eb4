"""The whole API on one screen."""

from __future__ import annotations

from gameserver import operations
from gameserver.routing import Router, path
from gameserver.scores import views as scores

urlpatterns = [
    path(r"/healthz", GET=operations.health),
    path(r"/metrics", GET=operations.metrics),
    path(r"/(?P<user_id>[^/]+)/login", GET=scores.login),
    path(r"/(?P<user_id>[^/]+)/", GET=scores.login),
    path(r"/(?P<level_id>[^/]+)/score", POST=scores.submit_score, body=1024),
    path(r"/(?P<level_id>[^/]+)/highscorelist", GET=scores.high_score_list),
]

router = Router(urlpatterns)
