"""How many posts a minute a level takes, of one user and of all."""

from __future__ import annotations

from collections import Counter

from gameserver.errors import Refused
from gameserver.scores.settings import LevelSettings
from gameserver.times import MINUTE


class Rates:
    """Counts posts from one whole minute to the next; levels without rates are not counted."""

    def __init__(self) -> None:
        self._minute = 0
        self._posts: Counter[tuple[int, int]] = Counter()
        """By level and user; those of all users together under the user -1."""

    def count(self, level_id: int, user_id: int, settings: LevelSettings, now: int) -> None:
        """Counts a post; Refused, with the time to wait, if it is one too many."""
        if not settings.rate_user and not settings.rate_level:
            return
        if now // MINUTE != self._minute:
            self._minute = now // MINUTE
            self._posts.clear()
        limits = (((level_id, user_id), settings.rate_user), ((level_id, -1), settings.rate_level))
        for who, limit in limits:
            if limit and self._posts[who] >= limit:
                raise Refused(
                    "too_many_requests",
                    f"the level takes {limit} posts a minute: slow down",
                    wait=MINUTE - now % MINUTE,
                )
        self._posts.update(who for who, limit in limits if limit)
