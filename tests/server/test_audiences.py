"""Who watches what."""

from __future__ import annotations

import random
import unittest
from typing import Any

from gameserver.server.audiences import Audiences


class AudiencesTest(unittest.TestCase):
    def setUp(self) -> None:
        self.audiences = Audiences()

    def put(self, connection: Any, **versions: str) -> None:
        """Levels are named `l7`."""
        by_level = {int(name[1:]): version for name, version in versions.items()}
        self.audiences.put(connection, repr(by_level), by_level)

    def test_same(self) -> None:
        """Those who have the same are one audience."""
        for connection in ("a", "b"):
            self.put(connection, l7="1", l8="1")
        self.put("c", l7="1")
        self.assertEqual(self.audiences.known(7), "1")
        (first, second) = self.audiences.behind({7: "2"})
        self.assertEqual({frozenset(first.members), frozenset(second.members)}, {
            frozenset("ab"), frozenset("c")})  # fmt: skip

    def test_different(self) -> None:
        """Where not all have the same version of a level none is known."""
        self.put("a", l7="1", l8="5")
        self.put("b", l7="2")
        self.assertEqual([self.audiences.known(level) for level in (7, 8, 9)], ["", "5", ""])
        (behind,) = self.audiences.behind({7: "2", 8: "5", 9: "1"})
        self.assertEqual(behind.members, {"a"})
        self.put("a", l7="2", l8="5")
        self.assertEqual(self.audiences.known(7), "2")
        self.assertEqual(self.audiences.behind({7: "2", 8: "5"}), [])

    def test_nothing_stays(self) -> None:
        """Of those who have left nothing is kept, whatever they had."""
        rng = random.Random(8)
        here = set()
        for _ in range(2000):
            connection = rng.randrange(30)
            if rng.random() < 0.3:
                self.audiences.leave(connection)  # type: ignore[arg-type]
                here.discard(connection)
            else:
                levels = rng.sample(range(5), rng.randint(1, 3))
                self.put(connection, **{f"l{each}": str(rng.randrange(3)) for each in levels})
                here.add(connection)
            self.assertEqual(set(self.audiences.of), here)
        for connection in list(here):
            self.audiences.leave(connection)  # type: ignore[arg-type]
        self.assertFalse(self.audiences.of or self.audiences._by_name or self.audiences._by_level)


if __name__ == "__main__":
    unittest.main()
