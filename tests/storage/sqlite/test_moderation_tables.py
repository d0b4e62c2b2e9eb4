"""The tables of moderation."""

from __future__ import annotations

import unittest
from hashlib import blake2b

from gameserver.storage.sqlite.moderation_tables import MODERATION


class ModerationTablesTest(unittest.TestCase):
    def test_history(self) -> None:
        """A step that files have taken stays as it is, to the letter."""
        digest = blake2b("\n".join(MODERATION).encode(), digest_size=8).hexdigest()
        self.assertEqual(digest, "53828b026f0e758b")


if __name__ == "__main__":
    unittest.main()
