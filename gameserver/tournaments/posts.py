"""Scores that are posted with a tournament's key, as submissions to the tournament.

The key names the account, whoever posts. A post counts on its level's board as well: it is admitted
before the board is asked, and counted as one with what the board does (`ScoreStore.post`), so it
counts in both places or in neither.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable

from gameserver.errors import invalid
from gameserver.times import Clock, server_clock
from gameserver.tournaments.keys import parse_key
from gameserver.tournaments.service import Tournaments
from gameserver.tournaments.tournament import Submission

DIGEST_SIZE = 32


class KeyedPosts:
    """Counts posts for the players whose keys come with them: on each level the best."""

    def __init__(
        self,
        tournaments: Tournaments,
        clock: Clock = server_clock,
        randomness: Callable[[int], bytes] = os.urandom,
    ) -> None:
        """`clock` is that of the tournaments."""
        self._tournaments = tournaments
        self._clock = clock
        self._randomness = randomness

    def admit(self, key_text: str, posts: Iterable[tuple[int, int]]) -> Callable[[], object]:
        """Refuses a key with which one of the posts, level and score, cannot count now.

        Returns what counts them: those that are better than what the player has on their levels.
        It refuses, too, if the key is good no longer.
        """
        key = parse_key(key_text)
        if key is None:
            raise invalid("key", "must be a tournament's key, such as gen_key answers")
        arrived = self._clock()  # so that the end does not come between the two steps
        submissions = [
            # Each post is a game of its own, so no two of them have the same digest.
            Submission(key.user_id, str(level), score, self._randomness(DIGEST_SIZE), proven=True)
            for level, score in posts
        ]
        categories = [submission.category for submission in submissions]
        self._tournaments.check_key(key, arrived, categories)
        return self._tournaments.counting(key, submissions, arrived)
