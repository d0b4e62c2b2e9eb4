"""Minefields for the tests: where the mines lie, and what the other squares show.

Squares are (column, row) pairs from 0.
"""

import random
from collections.abc import Iterable

Square = tuple[int, int]

SIZES = {"beginner": (8, 8, 10), "intermediate": (16, 16, 40), "expert": (30, 16, 99)}
"""Columns, rows and mines of the standard levels."""


def random_mines(columns: int, rows: int, count: int, seed: int = 1) -> list[Square]:
    """Lay ``count`` mines; the same ones for the same seed."""
    squares = [(column, row) for row in range(rows) for column in range(columns)]
    return random.Random(seed).sample(squares, count)


def safe_squares(columns: int, rows: int, mines: Iterable[Square]) -> dict[Square, int]:
    """Return each square without a mine and the number that it shows, row by row."""
    laid = set(mines)
    near = [(x, y) for x in (-1, 0, 1) for y in (-1, 0, 1)]
    return {
        (column, row): sum((column + x, row + y) in laid for x, y in near)
        for row in range(rows)
        for column in range(columns)
        if (column, row) not in laid
    }
