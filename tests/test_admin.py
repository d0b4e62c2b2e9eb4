"""The admin command."""

from __future__ import annotations

import contextlib
import io
import os
import random
import shutil
import subprocess
import sys
import unittest
from dataclasses import replace

from gameserver import admin
from gameserver.scores.values import Post
from gameserver.storage.sqlite.database import Database
from gameserver.storage.sqlite.scores import SqliteScores
from tests.admin_case import AdminTestCase
from tests.support import COMMAND_SECONDS, ROOT, Clock


class AdminTest(AdminTestCase):
    """Backup, check, export and import."""

    def import_(self, content: str) -> tuple[int, str, str]:
        self.csv.write_text(content)
        return self.run_admin("import", self.path, str(self.csv))

    def assert_fails(self, reason: str, *arguments: str) -> None:
        code, _, errors = self.run_admin(*arguments)
        self.assertEqual(code, 2)
        self.assertRegex(errors, rf"\A[^\n]*{reason}[^\n]*\n\Z")

    def test_round_trip(self) -> None:
        """What was exported and imported elsewhere is exported the same, ties included."""
        database = self.open()
        store = SqliteScores(database)
        chance = random.Random(9)
        with database.batch():
            for _ in range(2000):
                store.submit(*map(chance.randrange, (5, 100, 50)))
        lists = [store.high_scores(level_id) for level_id in range(5)]
        database.close()
        first, second = (str(self.folder / name) for name in ("first.csv", "second.csv"))
        self.assertEqual(self.run_admin("export", self.path, first)[0], 0)
        self.path = str(self.folder / "other.db")
        self.assertEqual(self.run_admin("import", self.path, first)[0], 0)
        self.assertEqual(self.run_admin("export", self.path, second)[0], 0)
        self.assertEqual(self.files()["first.csv"], self.files()["second.csv"])
        store = SqliteScores(self.open())
        self.assertEqual([store.high_scores(level_id) for level_id in range(5)], lists)

    def fill(self) -> None:
        """A data file with everything that boards can have."""
        clock = Clock(1_700_438_400.0)
        database = self.open()
        store = SqliteScores(database, clock=clock)
        with database.batch():
            store.configure(2, lambda settings: replace(
                settings, title="Rés, \"quoted\"", reset="weekly", reset_offset=30, order="asc",
                times=True, tiers=(("gold", 1.5),),
            ))  # fmt: skip
            store.rename(9, "=Ann, O\u2019Hara")
            store.rename(7, "Bob")
            for user_id, score in ((7, 20), (8, 20), (9, 3)):
                store.post(user_id, [Post(2, score, b'{"by": "x,y"}')], repr)  # type: ignore[arg-type]
            clock.now += 7 * 86_400
            store.submit(2, 7, 5)
            store.post(7, [Post(1, 100, b'{\n}')], repr)  # type: ignore[arg-type]
            store.submit(1, 8, 200)
        database.close()

    def test_export(self) -> None:
        """An export has settings, names, and every score with its season, moment and metadata."""
        self.fill()
        code, output, _ = self.run_admin("export", self.path)
        self.assertEqual(code, 0)
        self.assertEqual(output.splitlines(), [
            "level,user,score,season,at,meta,name,settings",
            '2,,,,,,,"{""title"": ""Rés, \\""quoted\\"""", ""order"": ""asc"", ""reset"":'
            ' ""weekly"", ""reset_offset"": 30, ""tiers"": [[""gold"", 1.5]], ""times"": true}"',
            ",7,,,,,Bob,",
            ',9,,,,,"=Ann, O\u2019Hara",',
            "1,8,200,,,,,",
            '1,7,100,,,"{',
            '}",,',
            '2,9,3,2023-W46,2023-11-20T00:00:00,"{""by"": ""x,y""}",,',
            '2,7,20,2023-W46,2023-11-20T00:00:00,"{""by"": ""x,y""}",,',
            '2,8,20,2023-W46,2023-11-20T00:00:00,"{""by"": ""x,y""}",,',
            "2,7,5,2023-W47,2023-11-27T00:00:00,,,",
        ])  # fmt: skip

    def test_round_trip_of_everything(self) -> None:
        """All of it comes back, into an empty file and into the same one."""
        self.fill()
        first = self.run_admin("export", self.path)[1]
        self.csv.write_text(first, encoding="utf-8", newline="")
        for path in (str(self.folder / "other.db"), self.path):
            self.assertEqual(self.run_admin("import", path, str(self.csv))[0], 0)
            self.assertEqual(self.run_admin("export", path)[1], first)
            self.assertEqual(self.run_admin("check", path)[0], 0)

    def test_import_follows_the_settings(self) -> None:
        """The better score is the lower one where that is first."""
        self.fill()
        self.import_("2,9,4,2023-W46\n2,7,19,2023-W46\n1,8,199\n1,9,200\n")
        store = SqliteScores(self.open())
        entries = store.page(2, "2023-W46").entries
        self.assertEqual([(one.user_id, one.score) for one in entries], [(9, 3), (7, 19), (8, 20)])
        self.assertEqual(store.high_scores(1), b"8=200,9=200,7=100")

    def test_bad_lines_of_other_kinds(self) -> None:
        """A name, a setting, a season or metadata that cannot be is a bad line, too."""
        self.fill()
        before = self.run_admin("export", self.path)[1]
        for bad in (
            ",7,,,,,\u200b,", ",x,,,,,Ann,", ",,,,,,Ann,", '1,,,,,,,"{""order"": ""up""}"',
            '1,,,,,,,"[]"', '1,,,,,,,"{""order"": ""asc""}"', "1,7,5,2023-W46", "2,7,5",
            "2,7,5,all", "2,7,5,2023-W54", "2,7,5,2023-W46,yesterday", "2,7,5,2023-W46,,[]",
            "1,7,5,,,{",
            '1,7,5,,,"{}"x,,', ",7,,,,,Ann,,", "x,,,,,,,{}", ",7,,,,,A\udc80,",
        ):  # fmt: skip
            with self.subTest(ascii(bad)):
                lines = f"level,user,score\n1,50,5\n{bad}\n1,51,5\n"
                self.csv.write_bytes(lines.encode("utf-8", "surrogateescape"))
                code, _, errors = self.run_admin("import", self.path, str(self.csv))
                self.assertEqual(code, 2)
                self.assertRegex(errors, r"\A[^\n]*line 3: [^\n]+; nothing was imported\n\Z")
                self.assertEqual(self.run_admin("export", self.path)[1], before)

    def test_check_of_everything(self) -> None:
        """A check finds settings, names and seasons that no server has written."""
        for change, problem in (
            ("UPDATE level SET settings = '{'", "settings of level 2: "),
            ("UPDATE user_name SET name = ' ' WHERE user = 7", "name of user 7: must not begin"),
            ("UPDATE score SET season = season + 5 WHERE season > 0", "level 2 has no season"),
            ("UPDATE score SET meta = 5", "6 scores with numbers out of range"),
            ("INSERT INTO claim VALUES (7, x'00', 5, 0)", "1 claims that are none"),
            ("INSERT INTO claim VALUES (-7, NULL, 5, 0)", "1 claims that are none"),
            ("INSERT INTO game_token VALUES ('a', x'00', 5)", "1 tokens of games that are none"),
            ("INSERT INTO used_run (run, at) VALUES ('a', 5)", "1 used runs that are none"),
        ):
            with self.subTest(change):
                for name in self.files():
                    (self.folder / name).unlink()
                self.fill()
                self.edit(change)
                code, _, errors = self.run_admin("check", self.path)
                self.assertEqual(code, 1)
                self.assertIn(problem, errors)

    def test_import_keeps_the_better(self) -> None:
        """An import never makes a score worse, and says how many are new or better."""
        self.assertEqual(self.import_("level,user,score\n1,7,10\n1,8,10\n")[0], 0)
        code, output, _ = self.import_("1,7,9\n1,8,11\r\n2,7,0\n1,9,2147483647")
        self.assertEqual((code, output), (0, f"{self.path}: 3 scores are new or better\n"))
        expected = [(1, 7, 10), (1, 8, 11), (1, 9, 2147483647), (2, 7, 0)]
        self.assertEqual(sorted(self.rows()), expected)

    def test_standard_streams(self) -> None:
        """`-` is the standard output of an export, and the standard input of an import."""
        csv = "level,user,score\n1,7,10\n1,8,9\n"
        self.import_(csv)
        self.assertEqual(self.run_admin("export", self.path, "-"), (0, csv, ""))
        self.assertEqual(self.run_admin("export", self.path), (0, csv, ""))
        other = str(self.folder / "other.db")
        done = subprocess.run(
            [sys.executable, "-m", "gameserver.admin", "import", other, "-"],
            cwd=ROOT, input=csv, capture_output=True, text=True, timeout=COMMAND_SECONDS,
        )  # fmt: skip
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(self.run_admin("export", other), (0, csv, ""))
        self.assertNotIn("-", os.listdir())

    def test_missing_arguments(self) -> None:
        """A mistake on the command line, such as an empty path, is one line."""
        for arguments in ([], ["check"], ["check", ""], ["export", self.path, ""], ["backup", "a"]):
            with self.assertRaises(SystemExit) as end, contextlib.redirect_stderr(
                io.StringIO()
            ) as errors:
                admin.main(arguments)
            self.assertEqual(end.exception.code, 2)
            self.assertRegex(errors.getvalue(), r"\Apython -m gameserver\.admin.*: .+\n\Z")

    def test_folders(self) -> None:
        """A folder in the place of a file, and a file in no folder, are named as such."""
        folder, nowhere = str(self.folder), str(self.folder / "none" / "game.db")
        self.import_("1,7,10\n")
        for command in (("check",), ("export",), ("import", str(self.csv))):
            self.assert_fails("is a folder, not a data file", command[0], folder, *command[1:])
            self.assert_fails("there is no folder .*none", command[0], nowhere, *command[1:])
        self.assert_fails("there is no folder .*none", "backup", self.path, nowhere)

    def test_bad_line(self) -> None:
        """A bad line is named by its number, and nothing of its file is imported."""
        self.import_("1,7,10\n")
        for bad in ("", "1,2", "1,2,3,4", "1,2,x", "1,2,-3", "1,2,+3", " 1,2,3", "1,2,2147483648",
                    "1,2,\u0663", "1;2;3", "1,2,3.0", "level,user,score"):  # fmt: skip
            with self.subTest(bad):
                code, _, errors = self.import_(f"level,user,score\n5,5,5\n{bad}\n6,6,6\n")
                self.assertEqual(code, 2)
                self.assertIn("line 3:", errors)
                self.assertEqual(self.rows(), [(1, 7, 10)])

    def test_bad_line_far_down(self) -> None:
        """That holds for a line in the middle of a large file, too."""
        lines = [f"{number % 7},{number},1\n" for number in range(25_000)]
        lines[20_000] = "oops\n"
        self.assertIn("line 20001:", self.import_("".join(lines))[2])
        self.assertEqual(self.rows(), [])

    def test_not_text(self) -> None:
        """A file that is no text is a file with a bad line."""
        self.csv.write_bytes(random.Random(1).randbytes(1000))
        self.assert_fails("line 1:", "import", self.path, str(self.csv))

    def test_backup(self) -> None:
        """A backup is a data file with the same content, and takes no name that is taken."""
        self.import_("1,7,10\n")
        secret = self.rows("SELECT value FROM secret")
        copy = str(self.folder / "copy.db")
        self.assertEqual(self.run_admin("backup", self.path, copy)[0], 0)
        self.assert_fails("exists already", "backup", self.path, copy)
        self.assertNotIn("copy.db-new", self.files())
        self.path = copy
        Database(copy).close()
        self.assertEqual(self.rows(), [(1, 7, 10)])
        self.assertEqual(self.rows("SELECT value FROM secret"), secret)

    def test_backup_beside_a_server(self) -> None:
        """A backup has what is committed, also what is only in the log yet."""
        database = self.open()
        with database.batch():
            SqliteScores(database).submit(1, 7, 10)
        copy = str(self.folder / "copy.db")
        self.assertEqual(self.run_admin("backup", self.path, copy)[0], 0)
        database.close()
        self.path = copy
        self.assertEqual(self.rows(), [(1, 7, 10)])

    def test_check(self) -> None:
        """A check says that a file is whole, and how much is in it."""
        self.import_("1,7,10\n1,8,10\n2,7,10\n")
        expected = (0, f"{self.path}: ok, 3 scores, 2 levels\n", "")
        self.assertEqual(self.run_admin("check", self.path), expected)

    def test_check_numbers(self) -> None:
        """A check finds numbers that are no scores."""
        self.import_("1,7,10\n1,8,10\n2,7,10\n")
        self.edit("UPDATE score SET user = -user WHERE level = 1")
        code, output, errors = self.run_admin("check", self.path)
        self.assertEqual((code, output), (1, f"{self.path}: damaged, 3 scores, 2 levels\n"))
        self.assertIn("2 scores with numbers out of range", errors)

    def test_no_data_file(self) -> None:
        """What is no data file, or not there, is refused in one line by every command."""
        self.csv.write_text("1,2,3\n")
        other = str(self.folder / "other")
        for command in (("backup", other), ("check",), ("export",)):
            self.assert_fails("no file", command[0], self.path, *command[1:])
        (self.folder / "game.db").write_bytes(b"a diary")
        for command in (("backup", other), ("check",), ("export",), ("import", str(self.csv))):
            self.assert_fails("no data file", command[0], self.path, *command[1:])
        self.assertEqual(set(self.files()), {"game.db", "scores.csv"})

    def test_older_file(self) -> None:
        """What reads all tables asks for a start of this server first, and leaves no file."""
        old = ROOT / "tests" / "storage" / "sqlite" / "version_1.db"
        shutil.copy(old, self.path)
        self.assert_fails("older server: it has version 1, and a start", "check", self.path)
        self.assert_fails("older server", "export", self.path, str(self.csv))
        self.assertFalse(self.csv.exists())
        self.open().close()
        self.assertEqual(self.run_admin("check", self.path)[0], 0)

    def test_import_beside_a_server(self) -> None:
        """A file that a server has is not imported into."""
        self.open()
        self.csv.write_text("1,2,3\n")
        self.assert_fails("in use", "import", self.path, str(self.csv))
        self.assert_fails("No such file", "import", self.path, str(self.folder / "none.csv"))


if __name__ == "__main__":
    unittest.main()
