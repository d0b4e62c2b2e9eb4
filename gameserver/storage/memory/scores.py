"""The high scores of all levels, in memory."""

from __future__ import annotations

import threading

from gameserver.scores.board import Board


class MemoryStore:
    """A board for each level, from its first score on. Every method is atomic."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._boards: dict[int, Board] = {}

    def submit(self, level_id: int, user_id: int, score: int) -> bool:
        """Keeps the score if it is the user's best in the level; says whether it did."""
        with self._lock:
            board = self._boards.get(level_id)
            if board is None:
                board = self._boards[level_id] = Board()
            return board.submit(user_id, score)

    def high_scores(self, level_id: int) -> bytes:
        """The best scores of the level as `user=score,user=score`; empty without scores."""
        with self._lock:
            board = self._boards.get(level_id)
            return board.csv() if board else b""

    def replace(self, level_id: int, board: Board) -> None:
        """Puts a board in the place of the level's."""
        with self._lock:
            self._boards[level_id] = board

    def gauges(self) -> dict[str, int]:
        """How much there is, for the metrics."""
        with self._lock:
            return {"levels": len(self._boards), "scores": sum(map(len, self._boards.values()))}
