"""Accounts and tokens in a data file."""

from __future__ import annotations

import unittest

from gameserver.storage.engine import Engine, open_engine
from tests.folder import FolderTestCase
from tests.storage import contracts


class SqliteTest(FolderTestCase, contracts.AccountsContract):
    """The contract, with a file."""

    def setUp(self) -> None:
        FolderTestCase.setUp(self)
        contracts.AccountsContract.setUp(self)

    def make_engine(self) -> Engine:
        return open_engine(self.path)

    def test_restart(self) -> None:
        """Accounts and tokens are there again after a restart."""
        (ann,) = self.add_accounts("ann")
        self.add_token(contracts.digest("a"), ann, contracts.NOW)
        self.engine.close()
        engine = open_engine(self.path)
        self.addCleanup(engine.close)
        store = engine.accounts
        self.assertEqual(store.named("ANN"), (ann, "ann", "hash of ann"))
        self.assertTrue(store.show_token(contracts.digest("a"), contracts.NOW))


if __name__ == "__main__":
    unittest.main()
