"""The services that views work with."""

from __future__ import annotations

from dataclasses import dataclass, field

from gameserver.auth.accounts import Accounts
from gameserver.auth.sessions import Sessions
from gameserver.minesweeper.uploads import Uploads
from gameserver.monitoring.metrics import Metrics
from gameserver.scores.score_store import ScoreStore
from gameserver.tournaments.service import Tournaments


@dataclass(frozen=True, slots=True)
class Services:
    """Everything that a view may use to answer a request."""

    sessions: Sessions
    scores: ScoreStore
    accounts: Accounts
    tournaments: Tournaments
    uploads: Uploads
    metrics: Metrics = field(default_factory=Metrics)
