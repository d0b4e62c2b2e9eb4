"""The steps of a data file's tables."""

from __future__ import annotations

import unittest
from hashlib import blake2b

from gameserver.storage.sqlite import schema


class SchemaTest(unittest.TestCase):
    def test_people_is_history(self) -> None:
        """A step that files have taken stays as it is, to the letter."""
        digest = blake2b("\n".join(schema.PEOPLE).encode(), digest_size=8).hexdigest()
        self.assertEqual(digest, "bacc97376bea1d28")


if __name__ == "__main__":
    unittest.main()
