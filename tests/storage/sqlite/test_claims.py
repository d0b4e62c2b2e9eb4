"""Claims and game tokens in a data file that has no room."""

from __future__ import annotations

import unittest

from gameserver.auth.claim_store import Claim
from gameserver.auth.game_tokens import GameToken
from gameserver.errors import StorageFull
from gameserver.storage.sqlite.claims import SqliteClaims
from gameserver.storage.sqlite.game_tokens import SqliteGameTokens
from tests.folder import FolderTestCase, limit_size


class FullTest(FolderTestCase):
    """A batch without room leaves no trace, and those who watch hear of it."""

    def setUp(self) -> None:
        super().setUp()
        self.database = self.open()
        self.claims = SqliteClaims(self.database)
        self.tokens = SqliteGameTokens(self.database)
        with self.database.batch():
            self.claims.put(7, Claim(b"x" * 16, 5))
        limit_size(self.database)

    def overflow(self) -> None:
        with (
            self.assertLogs("gameserver.storage.sqlite.database"),
            self.assertRaises(StorageFull),
            self.database.batch(),
        ):
            for user_id in range(10_000):
                self.claims.put(user_id, Claim(b"y" * 16, 6))
            self.tokens.add(GameToken("game", b"z" * 32, 1))

    def test_claims(self) -> None:
        """The claims are those from before."""
        heard: set[int] = set()
        self.claims.watch(heard.add)
        self.overflow()
        self.assertEqual(self.claims.by_user, {7: Claim(b"x" * 16, 5)})
        self.assertEqual(list(self.claims.unkept), [7])
        self.assertLessEqual({7, 8}, heard)
        with self.assertRaises(StorageFull), self.database.batch():
            self.claims.put(9, Claim(b"y" * 16, 6))
        self.assertEqual(self.claims.by_user, {7: Claim(b"x" * 16, 5)})

    def test_tokens(self) -> None:
        """And so are the tokens."""
        self.overflow()
        self.assertEqual(self.tokens.all(), [])
        self.assertIsNone(self.tokens.shown(b"z" * 32))


if __name__ == "__main__":
    unittest.main()
