"""The lines that come to boards and leave them, which every engine that holds boards can use."""

from __future__ import annotations

from gameserver.scores.board import Board
from gameserver.scores.merging import merged
from gameserver.scores.rank_key import Line, arrival_in
from gameserver.scores.user_index import BoardId
from gameserver.scores.values import Limits
from gameserver.scores.withheld import Withheld
from gameserver.storage.memory.score_reader import ScoreReader
from gameserver.times import Clock


class BoardKeeper(ScoreReader):
    """Boards, and the lines that are kept back from them.

    Every change of a board goes through `_changed`, and every change of what is kept back through
    `_put_withheld`, where a store that keeps them elsewhere as well hears of it.
    """

    def __init__(self, limits: Limits, clock: Clock) -> None:
        super().__init__(limits, clock)
        self._count = 0
        """The scores of all boards, and those that are kept back."""
        self._withheld = Withheld()
        self._states = self._withheld.states
        self._arrivals: dict[BoardId, int] = {}
        """By board, the first arrival number above those of the lines that may come back."""

    def is_known(self, user_id: int) -> bool:
        # Nobody else gets the number of a user whose scores may come back.
        if user_id in self._states or self._withheld.boards(user_id):
            return True
        return super().is_known(user_id)

    def _put_line(self, board_id: BoardId, user_id: int, line: Line | None) -> None:
        """Gives the user a line that they had, or none."""
        board = self._board(board_id)
        if board is None:
            board = self._new_board(board_id)
            self._levels.put_board(board_id, board)
        count = len(board)
        board.put_back(user_id, line)
        if not board:
            self._drop(board_id, board)
        self._changed(board_id, board, user_id, len(board) - count)

    def _take_off(self, board_id: BoardId, user_id: int) -> Line | None:
        """Takes away all that the user has on a board, shown or kept back; returns it."""
        board = self._board(board_id)
        shown = None if board is None else board.line(user_id)
        withheld = self._withheld.line(user_id, board_id)
        if shown:
            arrivals = max(self._arrivals.get(board_id, 0), arrival_in(shown.key) + 1)
            self._arrivals[board_id] = arrivals
            self._put_line(board_id, user_id, None)
        if withheld:
            self._put_withheld(board_id, user_id, None)
        return merged(self.settings(board_id[0]), shown, withheld) if shown else withheld

    def _withhold(self, board_id: BoardId, user_id: int) -> None:
        """Keeps the user's line back, if there is one."""
        line = self._take_off(board_id, user_id)
        if line:
            self._put_withheld(board_id, user_id, line)

    def _release(self, board_id: BoardId, user_id: int) -> None:
        """Puts the user's line, if one is kept back, on the board."""
        line = self._take_off(board_id, user_id)
        if line:
            self._put_line(board_id, user_id, line)

    def _put_withheld(self, board_id: BoardId, user_id: int, line: Line | None) -> None:
        """Keeps this line of a user back, or none any more."""
        self._count -= len(self._withheld)
        self._withheld.put_line(user_id, board_id, line)
        self._count += len(self._withheld)

    def _changed(self, board_id: BoardId, board: Board, user_id: int, players: int) -> None:
        """The user's line on a board has changed; `players`: how many more it has now."""
        self._changes += 1
        if not players:
            return
        self._count += players
        if players > 0:
            self._users.add(user_id, board_id, len(board))
        level_id = board_id[0]
        if level_id in self._plain:
            self._levels.busiest.put(level_id, len(board))
        else:
            self._levels.count(level_id, self._now())

    def _drop_outdated(self, level_id: int, now: int) -> None:
        """Drops the boards of seasons that are kept no longer."""
        for board_id in self._levels.outdated(level_id, now):
            board = self._levels.get(level_id).boards[board_id[1]]
            self._count -= len(board)
            self._drop(board_id, board)

    def _board(self, board_id: BoardId) -> Board | None:
        level_id, start = board_id
        return self._levels.get(level_id).boards.get(start)

    def _new_board(self, board_id: BoardId) -> Board:
        board = Board(self._levels.get(board_id[0]).is_ascending)
        board.reserve(self._arrivals.get(board_id, 0))
        return board

    def _drop(self, board_id: BoardId, board: Board) -> None:
        """Drops a board."""
        self._users.drop(board_id, board)
        self._levels.put_board(board_id, None)
