"""A data file that version 1 of the tables is in, as an earlier server wrote it."""

from __future__ import annotations

import shutil
import unittest
from pathlib import Path

from gameserver.auth import tokens
from gameserver.storage.engine import open_engine
from gameserver.storage.sqlite import schema
from gameserver.storage.sqlite.database import Database
from gameserver.tournaments.keys import Key
from gameserver.tournaments.tournament import Entry, Score
from tests.folder import FolderTestCase

FILE = Path(__file__).with_name("version_1.db")
TOKEN = "89bc1637d5ad6169429e3c7f07d8093d44d7b69c05a568305879f4b6c0e2c53c"
LOGGED_IN = 1_795_266_719_662_635
"""When ann got this token."""
GENERATED = 1_795_266_719_695_280


class EarlierVersionTest(FolderTestCase):
    """A copy is opened, brought to the newest version, and has all that was in it."""

    def setUp(self) -> None:
        super().setUp()
        shutil.copy(FILE, self.path)
        self.engine = open_engine(self.path)
        self.addCleanup(self.engine.close)

    def test_version(self) -> None:
        """The tables are the newest ones, and the file stays so."""
        self.engine.close()
        database = Database(self.path)
        self.addCleanup(database.close)
        self.assertEqual(schema.version(database.connection), len(schema.MIGRATIONS))

    def test_scores(self) -> None:
        """All scores are there, ties in their order, and a new one stands behind its equals."""
        with self.engine.batch():
            for level in (7, 8, 2**31 - 1):
                scores = self.engine.scores.high_scores(level)
                self.assertEqual(scores, b"2=200,5=200,1=100,4=100,3=0")
            self.engine.scores.submit(7, 6, 200)
            self.assertEqual(
                self.engine.scores.high_scores(7), b"2=200,5=200,6=200,1=100,4=100,3=0"
            )

    def test_accounts(self) -> None:
        """Accounts have their passwords, and whoever was logged in is."""
        for user_id, name in enumerate(("ann", "bob"), start=1):
            account = self.engine.accounts.named(name)
            assert account
            self.assertEqual((account.id, account.username), (user_id, name))
            self.assertRegex(account.password, r"^scrypt:32768:8:3:[0-9a-f]{32}:[0-9a-f]{128}$")
        digest = tokens.digest(bytes.fromhex(TOKEN))
        token = self.engine.accounts.show_token(digest, LOGGED_IN)
        self.assertEqual(token, tokens.Token(digest, 1, LOGGED_IN, None, False, None))

    def test_tournament(self) -> None:
        """The tournament has its players, its key and its score."""
        store = self.engine.tournaments
        tournament, host, entries, newest = store.detail(1)
        self.assertEqual(
            (tournament.name, tournament.host_id, host, tournament.mode, tournament.modeparams),
            ("Cup", 1, "ann", "sum", "1+0+0"),
        )
        self.assertEqual(
            entries, [(1, "ann", Entry.PARTICIPATING), (2, "bob", Entry.INVITED)]
        )
        _, issued = store.key(1, 1)
        assert issued
        key = Key(1, 1, bytes.fromhex("fa668ad190ee3a5c61da4d7307c9284e"))
        self.assertEqual((issued.key, issued.generated, issued.expiry), (key, GENERATED, None))
        self.assertEqual(store.scores(1, newest), [Score(1, "beginner", 6303)])


if __name__ == "__main__":
    unittest.main()
