"""Bans and the audit in exports, imports and checks."""

from __future__ import annotations

from gameserver.scores.audit import Author
from gameserver.scores.moderation import Moderation
from gameserver.storage.sqlite.scores import SqliteScores
from tests.admin_case import AdminTestCase
from tests.support import Clock


class TransferTest(AdminTestCase):
    def fill(self) -> None:
        database = self.open()
        store = SqliteScores(database, clock=Clock())
        moderation = Moderation(store, database.batch, Clock())
        with database.batch():
            for user_id in (9, 3, 6):
                store.submit(1, user_id, 10)
                store.submit(2, user_id, user_id)
        author = Author("192.0.2.7", "admin")
        moderation.put_state(author, 3, "ban")
        moderation.put_state(author, 6, "hide")
        moderation.remove_score(author, 2, 9)
        database.close()

    def test_export(self) -> None:
        """Scores that are kept back stand at their places, with those who are banned or hidden."""
        self.fill()
        lines = self.run_admin("export", self.path)[1].splitlines()
        self.assertEqual(lines[1:3], [',3,,,,,,"{""state"": ""banned""}"',
                                      ',6,,,,,,"{""state"": ""hidden""}"'])  # fmt: skip
        self.assertIn('""ban"", ""what"": {""user"": 3, ""state"": ""banned""}', lines[3])
        self.assertEqual(
            lines[6:], ["1,9,10,,,,,", "1,3,10,,,,,", "1,6,10,,,,,", "2,6,6,,,,,", "2,3,3,,,,,"]
        )

    def test_round_trip(self) -> None:
        """All of it comes back, into an empty file and into the same one."""
        self.fill()
        first = self.run_admin("export", self.path)[1]
        self.csv.write_text(first, encoding="utf-8", newline="")
        for path in (str(self.folder / "other.db"), self.path):
            self.assertEqual(self.run_admin("import", path, str(self.csv))[0], 0)
            self.assertEqual(self.run_admin("export", path)[1], first)
            self.assertEqual(self.run_admin("check", path)[0], 0)
        self.path = str(self.folder / "other.db")
        database = self.open()
        store = SqliteScores(database)
        self.assertEqual(store.high_scores(1), b"9=10")
        Moderation(store, database.batch).put_state(Author("", ""), 3, "unban")
        self.assertEqual(store.high_scores(1), b"9=10,3=10")

    def test_import_bans(self) -> None:
        """Who is banned by an import leaves the boards, with the better of their scores."""
        self.csv.write_text("1,3,10\n1,9,5\n")
        self.run_admin("import", self.path, str(self.csv))
        self.csv.write_text('1,3,7\n,3,,,,,,"{""state"": ""banned""}"\n')
        self.assertEqual(self.run_admin("import", self.path, str(self.csv))[0], 0)
        self.assertEqual(self.rows(), [(1, 9, 5)])
        self.assertEqual(self.rows("SELECT user, level FROM withheld"), [(3, 1)])

    def test_bad_lines(self) -> None:
        """A state that is none, or half an entry, is a bad line."""
        for bad in (',3,,,,,,"{""state"": ""ok""}"', ",3,,,,,,{}", ",,,,,,,{}",
                    ',,,,,,,"{""at"": ""now""}"'):  # fmt: skip
            with self.subTest(bad):
                self.csv.write_text(f"1,3,7\n{bad}\n")
                code, _, errors = self.run_admin("import", self.path, str(self.csv))
                self.assertEqual(code, 2)
                self.assertIn("line 2:", errors)

    def test_check(self) -> None:
        """A check finds states, entries and scores that no server has written."""
        for damage, found in [
            ("UPDATE user_state SET state = 'sad' WHERE user = 3", "state of user 3"),
            ("UPDATE audit SET what = '{' WHERE id = 1", "entry 1 of the audit"),
            ("UPDATE withheld SET at = 'now'", "out of range"),
            ("UPDATE removed SET user = -1", "out of range"),
        ]:
            with self.subTest(damage):
                self.path = str(self.folder / f"{len(damage)}.db")
                self.fill()
                self.edit(damage)
                code, _, errors = self.run_admin("check", self.path)
                self.assertEqual(code, 1)
                self.assertIn(found, errors)
