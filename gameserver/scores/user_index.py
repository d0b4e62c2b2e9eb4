"""Which levels a user has scores in.

An index of all scores would cost a third more memory for every one of them. Only few boards can
be large, so the large ones are asked one by one, 4,882 at most at 20,000,000 scores, some 0.6 µs
each; the index has the users of the others.

Representation and invariants:

- `pairs` has the key `user << 31 | level` for every user of a board that had no more than `SMALL`
  players when the user came. It may have more: a pair is looked at when it is read, and those of
  a board that is gone are cleared two at a time, whenever a pair is added.
- `large` has every board with more than `SMALL` players. A board that shrinks stays in it.
"""

from __future__ import annotations

import heapq
from array import array
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby

from gameserver.numbers import MAX_NUMBER
from gameserver.scores.board import Board
from gameserver.scores.column import Column

SMALL = 4096
"""The most players of a board whose users are in the index."""

CHUNK = 100
"""Pairs that are read at once."""

BoardId = tuple[int, int]
"""A level, and the start of a season."""


class UserIndex:
    """The levels of each user, 10 to 14 bytes for a score on a small board, none on a large one."""

    def __init__(self, has_scores: Callable[[int, int], bool]) -> None:
        """`has_scores(user_id, level_id)`: whether the user has, in any season."""
        self.large: dict[BoardId, None] = {}
        self._has_scores = has_scores
        self._pairs = _column(())
        self._gone: deque[int] = deque()

    def load(self, boards: Iterable[tuple[BoardId, Board]]) -> None:
        """Starts with all boards that there are."""
        pairs = array("Q")
        for (level_id, start), board in boards:
            if len(board) > SMALL:
                self.large[level_id, start] = None
            else:
                pairs.extend(_pair(user_id, level_id) for user_id, _ in board)
        self._pairs = _column(sorted(set(pairs)))

    def add(self, user_id: int, board_id: BoardId, players: int) -> None:
        """A user has come to a board, which now has so many."""
        if players > SMALL:
            self.large[board_id] = None
        else:
            self._pairs.put(_pair(user_id, board_id[0]), 0)
            self._clear(2)

    def restore(self, board_id: BoardId, board: Board) -> None:
        """A board is as it was before."""
        if len(board) > SMALL:
            self.large[board_id] = None
        else:
            self.large.pop(board_id, None)
            for user_id, _ in board:
                self._pairs.put(_pair(user_id, board_id[0]), 0)

    def drop(self, board_id: BoardId, board: Board) -> None:
        """A board is gone."""
        if self.large.pop(board_id, board) is board:
            self._gone.extend(_pair(user_id, board_id[0]) for user_id, _ in board)

    def levels(self, user_id: int, first: int = 0) -> Iterator[int]:
        """Levels in whose boards the user may have scores, ascending, from `first` on."""
        large = sorted({level_id for level_id, _ in self.large if level_id >= first})
        return (
            level_id for level_id, _ in groupby(heapq.merge(large, self._small(user_id, first)))
        )

    def _small(self, user_id: int, first: int) -> Iterator[int]:
        """Those with small boards; the index must not change meanwhile."""
        start, end = _pair(user_id, first), _pair(user_id + 1, 0)
        position = self._pairs.position(start)
        while pairs := self._pairs.part(position, CHUNK):
            for pair, _ in pairs:
                if pair >= end:
                    return
                yield pair & MAX_NUMBER
            position += CHUNK

    def forget(self, user_id: int) -> None:
        """The user has no scores any more."""
        for level_id in list(self._small(user_id, 0)):
            self._pairs.remove(_pair(user_id, level_id))

    def _clear(self, count: int) -> None:
        """Takes out pairs of boards that are gone."""
        while self._gone and count:
            pair = self._gone.popleft()
            if self._pairs.get(pair) is not None and not self._has_scores(*divmod(pair, 1 << 31)):
                self._pairs.remove(pair)
            count -= 1


def _pair(user_id: int, level_id: int) -> int:
    return user_id << 31 | level_id


def _column(pairs: Iterable[int]) -> Column:
    keys = array("Q", pairs)
    return Column(keys, array("B", bytes(len(keys))))
