"""Scores that this server has entered, so that it need not send those that are no better."""

from __future__ import annotations

MOST_BESTS = 100_000
"""Remembered at a time, some 200 bytes each; then they are found out anew."""


class Bests:
    """The least that users have in plain levels, as long as nothing is taken away from a board.

    There a score only rises, whoever enters it; so what is known may be too low, and never too
    high. It counts *since* Redis has lost something, or something was taken away from a board: a
    text of the scripts, another one each time. Thread-safe.
    """

    def __init__(self) -> None:
        self._known: tuple[bytes, dict[int, int]] = b"", {}
        """Since when it counts, and scores by level and user: in one, as both are replaced."""

    def get(self, level_id: int, user_id: int) -> tuple[bytes, int | None]:
        """Since when it counts, and a score that the user has, or had a better one."""
        since, scores = self._known
        return since, scores.get(level_id << 32 | user_id)

    def note(self, since: bytes, level_id: int, user_id: int, score: int) -> None:
        """The user has this score, or a better one."""
        scores = self._scores(since)
        key = level_id << 32 | user_id
        known = scores.get(key)
        if known is None or known < score:
            scores[key] = score

    def keep(self, since: bytes) -> None:
        """Forgets all that does not count since then."""
        self._scores(since)

    def _scores(self, since: bytes) -> dict[int, int]:
        counted_since, scores = self._known
        if counted_since != since or len(scores) >= MOST_BESTS:
            self._known = since, scores = since, {}
        return scores
