"""The services that views work with."""

from __future__ import annotations

from dataclasses import dataclass, field

from gameserver.auth.accounts import Accounts
from gameserver.auth.admin_token import AdminToken
from gameserver.auth.claims import Claims
from gameserver.auth.game_tokens import GameTokens
from gameserver.auth.sessions import Sessions
from gameserver.minesweeper.uploads import Uploads
from gameserver.monitoring.metrics import Metrics
from gameserver.scores.blocked_names import NONE_BLOCKED, BlockedNames
from gameserver.scores.moderation import Moderation
from gameserver.scores.score_store import ScoreStore
from gameserver.tournaments.posts import KeyedPosts
from gameserver.tournaments.service import Tournaments
from gameserver.web.etags import Pages


@dataclass(frozen=True, slots=True)
class Services:
    """Everything that a view may use to answer a request."""

    sessions: Sessions
    scores: ScoreStore
    moderation: Moderation
    accounts: Accounts
    claims: Claims
    game_tokens: GameTokens
    tournaments: Tournaments
    keyed_posts: KeyedPosts
    uploads: Uploads
    pages: Pages = field(default_factory=Pages)
    admin: AdminToken | None = None
    blocked_names: BlockedNames = NONE_BLOCKED
    metrics: Metrics = field(default_factory=Metrics)
