"""Scores that this server has entered, so that it need not ask for those that are no better."""

from __future__ import annotations

MOST_BESTS = 100_000
"""Remembered at a time, some 200 bytes each; then they are found out anew."""


class Bests:
    """The least that users have in plain levels, as long as nothing is taken away from a board.

    There a score only rises, whoever enters it; so what is known may be too low, and never too
    high. `since` says when something was taken away last, in Redis or from it: what is known counts
    where the scripts say the same.
    """

    def __init__(self, since: bytes = b"") -> None:
        self.since = since
        self._scores: dict[int, int] = {}
        """By level and user."""

    @property
    def is_full(self) -> bool:
        return len(self._scores) >= MOST_BESTS

    def get(self, level_id: int, user_id: int) -> int | None:
        return self._scores.get(level_id << 32 | user_id)

    def note(self, level_id: int, user_id: int, score: int) -> None:
        """The user has this score, or a better one."""
        key = level_id << 32 | user_id
        known = self._scores.get(key)
        if known is None or known < score:
            self._scores[key] = score
