"""The steps of a data file's tables."""

from __future__ import annotations

import unittest
from hashlib import blake2b

from gameserver.storage.sqlite import schema


class SchemaTest(unittest.TestCase):
    def test_people_is_history(self) -> None:
        """A step that files have taken stays as it is, to the letter."""
        self.assertEqual(digest(schema.PEOPLE), "bacc97376bea1d28")

    def test_removals_is_history(self) -> None:
        """So does this one."""
        self.assertEqual(digest(schema.REMOVALS), "3c1ef84bb7d7a2ff")


def digest(step: tuple[str, ...]) -> str:
    return blake2b("\n".join(step).encode(), digest_size=8).hexdigest()


if __name__ == "__main__":
    unittest.main()
