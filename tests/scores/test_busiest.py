"""The order of levels by their players, checked against `sorted`."""

from __future__ import annotations

import random
import unittest

import mock  # noqa: UP026 (the same mock on every Python)

from gameserver.scores import busiest
from gameserver.scores.busiest import Busiest


class BusiestTest(unittest.TestCase):
    def test_random_operations(self) -> None:
        """However players come and go, every part of the order is that of a sorted list."""
        chance = random.Random(3)
        levels: Busiest = Busiest()
        model: dict[int, int] = {}
        for _ in range(5_000):
            level_id = chance.choice((0, 2**31 - 1, chance.randrange(300)))
            if chance.random() < 0.1:
                levels.remove(level_id)
                model.pop(level_id, None)
            else:
                model[level_id] = chance.choice((0, 2**31 - 1, chance.randrange(50)))
                levels.put(level_id, model[level_id])
            self.assertEqual(len(levels), len(model))
            self.assertEqual(level_id in levels, level_id in model)
            if chance.random() < 0.05:
                order = sorted(model, key=lambda n: (-model[n], n))
                offset, limit = chance.randrange(300), chance.randrange(50)
                self.assertEqual(levels.part(offset, limit), order[offset : offset + limit])

    def test_search(self) -> None:
        """A search gives the same order, whether it finds few or many."""
        for rare in (0, 1_000):
            with mock.patch.object(busiest, "RARE", rare):
                levels = Busiest()
                for level_id in range(100):
                    levels.put_title(level_id, f"Level {level_id}" if level_id % 2 else None)
                    levels.put(level_id, level_id * 7 % 10)
                odd = sorted(range(1, 100, 2), key=lambda n: (-(n * 7 % 10), n))
                self.assertEqual(levels.search("LEVEL", 0, 100), (odd, 50))
                self.assertEqual(levels.search("level", 10, 5), (odd[10:15], 50))
                self.assertEqual(levels.search("4", 0, 1), ([47], 6))


if __name__ == "__main__":
    unittest.main()
