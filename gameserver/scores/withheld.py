"""Users whom the boards do not show, and the scores that are kept back for that reason."""

from __future__ import annotations

from collections import Counter
from typing import Literal, TypeAlias

from gameserver.scores.rank_key import Line
from gameserver.scores.user_index import BoardId

State: TypeAlias = Literal["ok", "banned", "hidden"]
"""Banned: nobody sees the user's scores, and no new ones are taken. Hidden: the user does not
notice, and nobody else sees them."""


class Withheld:
    """The users who are banned or hidden, some 300 bytes for each of their scores.

    A user whose state is `ok` has lines here as long as they are on their way back.
    """

    def __init__(self) -> None:
        self.states: dict[int, State] = {}
        """The states that are not `ok`."""
        self._lines: dict[int, dict[BoardId, Line]] = {}
        self._levels: Counter[int] = Counter()
        self._count = 0

    def __len__(self) -> int:
        """How many scores are kept back."""
        return self._count

    def state(self, user_id: int) -> State:
        return self.states.get(user_id, "ok")

    def put_state(self, user_id: int, state: State) -> None:
        if state == "ok":
            self.states.pop(user_id, None)
        else:
            self.states[user_id] = state

    def line(self, user_id: int, board_id: BoardId) -> Line | None:
        """What is kept back of the user for a board."""
        return self._lines.get(user_id, {}).get(board_id)

    def put_line(self, user_id: int, board_id: BoardId, line: Line | None) -> None:
        """Keeps a line back, in place of the one that is, or none any more."""
        of_user = self._lines.setdefault(user_id, {})
        change = (line is not None) - (board_id in of_user)
        self._count += change
        self._levels[board_id[0]] += change
        if line is not None:
            of_user[board_id] = line
            return
        of_user.pop(board_id, None)
        if not of_user:
            del self._lines[user_id]
        if not self._levels[board_id[0]]:
            del self._levels[board_id[0]]

    def boards(self, user_id: int) -> list[BoardId]:
        """The boards that lack a score of the user."""
        return list(self._lines.get(user_id, ()))

    def users(self) -> list[int]:
        """The users of whom scores are kept back."""
        return list(self._lines)

    def of_level(self, level_id: int) -> int:
        """How many scores a level lacks."""
        return self._levels[level_id]
