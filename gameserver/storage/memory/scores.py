"""The high scores of all levels, in memory."""

from __future__ import annotations

from gameserver.scores.board import Board


class MemoryScores:
    """A board for each level, from its first score on: a `ScoreStore`."""

    def __init__(self) -> None:
        self._boards: dict[int, Board] = {}

    def submit(self, level_id: int, user_id: int, score: int) -> bool:
        board = self._boards.get(level_id)
        if board is None:
            board = self._boards[level_id] = Board()
        return board.submit(user_id, score)

    def high_scores(self, level_id: int) -> bytes:
        board = self._boards.get(level_id)
        return b"" if board is None else board.csv()

    def replace(self, level_id: int, board: Board) -> None:
        """Puts a board in the place of the level's."""
        self._boards[level_id] = board

    def gauges(self) -> dict[str, int]:
        return {"levels": len(self._boards), "scores": sum(map(len, self._boards.values()))}
