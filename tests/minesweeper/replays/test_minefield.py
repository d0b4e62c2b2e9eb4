"""Minefields: placing mines, numbers, and what clears a board."""

import random
import unittest

from gameserver.minesweeper.replays import InvalidReplay, Minefield

from .minefields import random_mines, safe_squares


def place(columns: int, rows: int, mines: list[tuple[int, int]]) -> Minefield:
    return Minefield.place(
        columns, rows, bytes(column for column, _ in mines), bytes(row for _, row in mines)
    )


class PlacingTest(unittest.TestCase):
    def test_squares(self):
        """Squares are numbered row by row; there is one byte for each."""
        field = place(3, 2, [(2, 0), (0, 1)])
        self.assertEqual(field.squares, bytes([0, 0, 1, 1, 0, 0]))
        self.assertEqual(field.mines, 2)

    def test_first(self):
        """Columns and rows may be counted from 1."""
        field = Minefield.place(3, 2, b"\3\1", b"\1\2", first=1)
        self.assertEqual(field, place(3, 2, [(2, 0), (0, 1)]))

    def test_no_mines(self):
        """A field without mines is one."""
        self.assertEqual(place(2, 2, []).squares, bytes(4))

    def test_refused(self):
        """No squares, mines outside on any side, and two in one square are refused."""
        cases = ((0, 1, b"", b"", 0), (1, 0, b"", b"", 0), (2, 2, b"\2", b"\0", 0))
        more = ((2, 2, b"\0", b"\2", 0), (2, 2, b"\0", b"\1", 1), (2, 2, b"\1\1", b"\1\1", 0))
        for case in cases + more:
            with self.subTest(case=case), self.assertRaises(InvalidReplay):
                Minefield.place(*case)

    def test_square(self):
        """A place outside the board is no square."""
        field = place(3, 2, [])
        self.assertEqual([field.square(0, 0), field.square(2, 1)], [0, 5])
        outside = ((3, 0), (0, 2), (-1, 0), (0, -1))
        self.assertEqual({field.square(*at) for at in outside}, {None})


class ClearingTest(unittest.TestCase):
    def test_numbers(self):
        """Every number counts the mines around its square, on boards of many shapes."""
        for seed in range(60):
            rng = random.Random(seed)
            columns, rows = rng.randint(1, 9), rng.randint(1, 9)
            mines = random_mines(columns, rows, rng.randint(0, columns * rows), seed)
            shown = safe_squares(columns, rows, mines)
            expected = {row * columns + column: number for (column, row), number in shown.items()}
            self.assertEqual(place(columns, rows, mines).numbers(), expected)

    def test_every_real_game_can_clear(self):
        """A game that is played out by single clicks never counts as impossible."""
        for seed in range(40):
            rng = random.Random(seed)
            field = place(8, 8, random_mines(8, 8, 10, seed))
            numbers, clicks = field.numbers(), []
            closed = set(numbers)
            while closed:
                clicks.append(rng.choice(sorted(closed)))
                waiting = [clicks[-1]]
                while waiting:
                    square = waiting.pop()
                    if square in closed:
                        closed.remove(square)
                        waiting += field.around(square) if numbers[square] == 0 else ()
            self.assertTrue(field.can_be_cleared(clicks))
            self.assertFalse(field.can_be_cleared(()))

    def test_cleared(self):
        """Only all safe squares with their right numbers clear a board."""
        field = place(3, 1, [(1, 0)])
        self.assertTrue(field.is_cleared({2: 1, 0: 1}))
        for opened in ({}, {0: 1}, {0: 1, 2: 2}, {0: 1, 1: 0, 2: 1}):
            self.assertFalse(field.is_cleared(opened))


if __name__ == "__main__":
    unittest.main()
