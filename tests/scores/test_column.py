"""The ordered block map, checked against a dict and `sorted`."""

import random
import sys
import unittest
from array import array

from gameserver.scores.column import Column


def make_column(keys=(), block_size=4):
    """A column of 64-bit keys that maps each key to itself modulo 1000."""
    return Column(array("Q", keys), array("I", [key % 1000 for key in keys]), block_size)


def allocated(column):
    """The bytes that the arrays of a column take, their reserve included."""
    return sum(sys.getsizeof(part) for block in column._blocks for part in block)


class ColumnTest(unittest.TestCase):
    def test_empty(self):
        """An empty column has no value for any key and no key below any other."""
        column = make_column()
        column._check()
        self.assertEqual(len(column), 0)
        self.assertIsNone(column.get(0))
        self.assertEqual(column.position(2**64 - 1), 0)
        self.assertEqual(list(column.items()), [])
        self.assertEqual(column.part(0, 5), [])
        self.assertEqual(column.part(7, 5), [])

    def test_put_replaces(self):
        """Putting a present key replaces its value and adds no second entry."""
        column = make_column([5])
        column.put(5, 77)
        self.assertEqual(list(column.items()), [(5, 77)])
        self.assertEqual(len(column), 1)

    def test_remove_absent_key(self):
        """Removing an absent key raises KeyError and changes nothing."""
        column = make_column([1, 3, 5])
        for key in (0, 2, 6):
            with self.subTest(key=key), self.assertRaises(KeyError):
                column.remove(key)
        column._check()
        self.assertEqual(len(column), 3)

    def test_bounds_of_the_integers(self):
        """The smallest and the largest 64-bit key and 32-bit value are kept exactly."""
        column = make_column()
        for key, value in ((2**64 - 1, 0), (0, 2**32 - 1)):
            column.put(key, value)
        self.assertEqual(list(column.items()), [(0, 2**32 - 1), (2**64 - 1, 0)])

    def test_keys_must_ascend(self):
        """A column refuses to start from keys that are out of order or come twice."""
        for keys in ([2, 1], [1, 1]):
            with self.subTest(keys=keys), self.assertRaises(ValueError):
                make_column(keys)

    def test_starts_from_any_number_of_keys(self):
        """A column built in bulk holds every invariant, whatever the number of its keys."""
        for size in range(60):
            column = make_column(range(size), block_size=8)
            column._check()
            self.assertEqual([key for key, _ in column.items()], list(range(size)))

    def test_ascending_and_descending_keys(self):
        """Keys that come in order, either way, keep blocks within their bounds."""
        for keys in (range(1000), range(999, -1, -1)):
            column = make_column(block_size=16)
            for key in keys:
                column.put(key, key)
            column._check()
            self.assertEqual(list(column.items()), [(n, n) for n in range(1000)])

    def test_emptied_and_filled_again(self):
        """A column that loses every key, in any order, ends as one empty block and still works."""
        rng = random.Random(3)
        keys = list(range(300))
        for order in (keys, keys[::-1], rng.sample(keys, 300)):
            column = make_column(keys, block_size=8)
            for key in order:
                column.remove(key)
                column._check()
            self.assertEqual(len(column._blocks), 1)
            column.put(7, 1)
            self.assertEqual(list(column.items()), [(7, 1)])


class RandomOperationsTest(unittest.TestCase):
    def run_against_model(self, block_size, key_range, operations, check_every):
        rng = random.Random(block_size)
        column, model = make_column(block_size=block_size), {}
        for n in range(operations):
            key = rng.randrange(key_range)
            if key in model and rng.random() < 0.5 + 0.4 * (n // 1000 % 2):  # grows, then shrinks
                column.remove(key)
                del model[key]
            else:
                column.put(key, n)
                model[key] = n
            if rng.random() < 0.1:
                at, count = rng.randrange(key_range), rng.choice((0, 1, 15, key_range))
                expected = sorted(model.items())[at : at + count]
                self.assertEqual(column.part(at, count), expected)
            if rng.random() < 0.2:
                self.assertEqual(column.position(key), sum(other < key for other in model))
            if n % check_every == 0:
                column._check()
                self.assertEqual(list(column.items()), sorted(model.items()))
            probe = rng.randrange(key_range)
            self.assertEqual(column.get(probe), model.get(probe))

    def test_every_step(self):
        """After each of many random operations a small column equals the model."""
        for block_size in (4, 5, 6, 8, 13):
            with self.subTest(block_size=block_size):
                self.run_against_model(block_size, 60, 3_000, 1)

    def test_larger(self):
        """A larger column with a tree of many blocks equals the model."""
        for block_size in (4, 16, 64):
            with self.subTest(block_size=block_size):
                self.run_against_model(block_size, 600, 10_000, 50)


class ChurnTest(unittest.TestCase):
    def test_memory_stays_bounded(self):
        """While keys move for ever in one direction, blocks and the memory in them stay bounded."""
        rng = random.Random(4)
        keys = list(range(2_000))
        column = make_column(keys, block_size=64)
        for step in range(20_000):
            at = rng.randrange(len(keys))
            column.remove(keys[at])
            keys[at] = 2_000 + step
            column.put(keys[at], 0)
            if step % 1_000 == 999:
                column._check()
                self.assertLessEqual(len(column._blocks), 2_000 // (64 * 3 // 8))
                self.assertLessEqual(allocated(column), 2_000 * (8 + 4) * 8 // 3 + 200 * 84)


if __name__ == "__main__":
    unittest.main()
