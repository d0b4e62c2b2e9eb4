"""Where the mines of one game lie.

Representation: one byte for each square, row by row from the top left; 1 is a mine, 0 is not.
Invariant: `len(squares) == columns * rows`, between 1 and 65,536. A square is named by its
place in that order, `row * columns + column`. Two minefields are equal exactly when their
mines are, in whatever order a file lists them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from gameserver.minesweeper.replays.errors import InvalidReplay


@dataclass(frozen=True, slots=True)
class Minefield:
    """A rectangle of at most 256 by 256 squares and the mines in it."""

    columns: int
    rows: int
    squares: bytes

    @classmethod
    def place(
        cls, columns: int, rows: int, mine_columns: bytes, mine_rows: bytes, first: int = 0
    ) -> Minefield:
        """The minefield with one mine at each (column, row) of two equally long lists.

        `first` is the number of the leftmost column and of the top row. Refused: no squares,
        a mine outside of them, two mines in one square.
        """
        _check_range(mine_columns, first, columns)
        _check_range(mine_rows, first, rows)
        squares = bytearray(columns * rows)
        for column, row in zip(mine_columns, mine_rows, strict=True):
            squares[(row - first) * columns + column - first] = 1
        if squares.count(1) != len(mine_columns):
            raise InvalidReplay("two mines in one square")
        return cls(columns, rows, bytes(squares))

    @property
    def mines(self) -> int:
        """How many mines there are."""
        return self.squares.count(1)

    def square(self, column: int, row: int) -> int | None:
        """The square at a column and a row, both from 0; None if it is outside."""
        if 0 <= column < self.columns and 0 <= row < self.rows:
            return row * self.columns + column
        return None

    def around(self, square: int) -> Iterator[int]:
        """The square itself and its neighbours: four to nine squares on a usual board."""
        row, column = divmod(square, self.columns)
        for near_row in range(max(row - 1, 0), min(row + 2, self.rows)):
            for near_column in range(max(column - 1, 0), min(column + 2, self.columns)):
                yield near_row * self.columns + near_column

    def numbers(self) -> dict[int, int]:
        """The number that each square without a mine shows, by square. Costs 9 steps a square."""
        return {
            square: sum(self.squares[near] for near in self.around(square))
            for square, mine in enumerate(self.squares)
            if not mine
        }

    def is_cleared(self, opened: Mapping[int, int]) -> bool:
        """Whether `opened` (square → number shown) is all squares without a mine, and right."""
        return opened == self.numbers()

    def can_be_cleared(self, clicked: Iterable[int]) -> bool:
        """Whether clicks on these squares can have opened all squares without a mine.

        Every click is taken to open as much as any click can: its square and all neighbours
        without a mine, and from each square that shows 0 whatever opens with it. So False is
        certain, and True is not.
        """
        numbers = self.numbers()
        opened: set[int] = set()
        waiting = {near for square in clicked for near in self.around(square)}
        while waiting:
            square = waiting.pop()
            if square in opened or square not in numbers:
                continue
            opened.add(square)
            if numbers[square] == 0:
                waiting.update(self.around(square))
        return len(opened) == len(numbers)


def _check_range(places: bytes, first: int, size: int) -> None:
    if size < 1:
        raise InvalidReplay("a board without squares")
    if places and (min(places) < first or max(places) >= first + size):
        raise InvalidReplay("a mine outside the board")
