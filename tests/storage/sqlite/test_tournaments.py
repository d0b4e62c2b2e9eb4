"""Tournaments in a data file."""

from __future__ import annotations

import unittest
from dataclasses import replace

from gameserver.errors import StorageFull
from gameserver.storage.engine import Engine, open_engine
from gameserver.storage.sqlite.tournaments import SqliteTournaments
from gameserver.tournaments.tournament import Entry
from tests.folder import FolderTestCase, limit_size
from tests.storage import contracts
from tests.storage.contracts import NOW, a_tournament
from tests.support import Clock


class SqliteTest(FolderTestCase, contracts.TournamentsContract):
    """The contract, with a file."""

    def setUp(self) -> None:
        FolderTestCase.setUp(self)
        contracts.TournamentsContract.setUp(self)

    def make_engine(self) -> Engine:
        return open_engine(self.path, clock=Clock())

    def test_restart(self) -> None:
        """Everything is there again after a restart, and stands in its list."""
        cup, empty = self.add(end=NOW + 5), self.add()
        self.enter(cup, self.bob)
        key = self.issue(cup, self.bob)
        anns = self.issue(cup, self.ann)
        self.count(key, contracts.a_game(self.bob, "a"))
        self.count(anns, contracts.a_game(self.ann, "b"), only_best=True)
        self.remove(cup, self.ann)
        before = self.store.detail(cup), self.store.key(cup, self.bob), self.store.scores(cup, 9)
        self.engine.close()
        self.engine = self.make_engine()
        self.addCleanup(self.engine.close)
        self.store = self.engine.tournaments
        after = self.store.detail(cup), self.store.key(cup, self.bob), self.store.scores(cup, 9)
        self.assertEqual(after, before)
        self.assertTrue(self.count(anns, contracts.a_game(self.ann, "b"), False).is_removed)
        self.assertEqual((self.shown("archive", NOW + 5), self.shown("active")), ([cup], [empty]))
        entered: list[bool] = []
        self.store.delete(empty, lambda _tournament, has_entries: entered.append(has_entries))
        self.assertEqual(entered, [False])


class UndoneTest(FolderTestCase):
    """A batch that is undone changes no list."""

    def setUp(self) -> None:
        super().setUp()
        engine = open_engine(self.path)
        engine.accounts.add("ann", "hash", NOW)
        engine.close()
        self.database = self.open()
        self.store = SqliteTournaments(self.database, Clock())
        self.first = self.add()
        self.second = self.add()

    def add(self) -> int:
        return self.store.add(lambda _hosted: a_tournament()).id

    def change_all(self) -> None:
        """One is made, one changed and one deleted, and somebody enters."""
        self.add()
        self.store.change(self.first, lambda each: replace(each, end=NOW))
        self.store.enter(self.first, 1, lambda *_: Entry.PARTICIPATING)
        self.store.delete(self.second, lambda *_: None)

    def assert_unchanged(self) -> None:
        shown = self.store.listing("active", NOW, None).tournaments
        self.assertEqual([each.id for each in shown], [self.first, self.second])
        self.assertEqual(shown, [self.store.tournament(each.id) for each in shown])

    def assert_not_entered(self) -> None:
        entered: list[bool] = []

        def refuse(_tournament: object, has_entries: bool) -> None:
            entered.append(has_entries)
            raise ZeroDivisionError

        with self.assertRaises(ZeroDivisionError):
            self.store.delete(self.first, refuse)
        self.assertEqual(entered, [False])

    def test_exception(self) -> None:
        """After an exception in a batch the lists are as they were."""
        with self.assertRaises(ZeroDivisionError), self.database.batch():
            self.change_all()
            raise ZeroDivisionError
        self.assert_unchanged()
        self.assert_not_entered()

    def test_full(self) -> None:
        """So they are where there is no room for a batch."""
        limit_size(self.database)
        logged = self.assertLogs("gameserver.storage.sqlite.database")
        with logged, self.assertRaises(StorageFull), self.database.batch():
            self.change_all()
            for _ in range(1000):
                self.add()
        self.assert_unchanged()

    def test_kept(self) -> None:
        """A batch that is kept changes them, also for the next one that is undone."""
        with self.database.batch():
            self.change_all()
        with self.assertRaises(ZeroDivisionError), self.database.batch():
            self.add()
            raise ZeroDivisionError
        shown = self.store.listing("all", NOW, None).tournaments
        self.assertEqual([each.id for each in shown], [self.first, self.second + 1])


if __name__ == "__main__":
    unittest.main()
