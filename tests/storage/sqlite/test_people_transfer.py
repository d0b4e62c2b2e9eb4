"""Claims and tokens in exports, imports and checks."""

from __future__ import annotations

import os
import stat
import unittest
from pathlib import Path

from gameserver.auth.game_tokens import MOST
from gameserver.storage.engine import open_engine
from tests.admin_case import AdminTestCase
from tests.people import ADMIN, SECRET, PeopleTestCase

OTHER = "another-secret-of-bob"


class PeopleTransferTest(AdminTestCase, PeopleTestCase):
    """Users with secrets and a game's server, and a file that they move to."""

    is_durable = True

    def setUp(self) -> None:
        super().setUp()
        self.key = Path(f"{self.csv}.key")
        self.other = str(self.folder / "other.db")
        open_engine(self.other).close()

    def export(self) -> None:
        self.engine.close()
        code, _, errors = self.run_admin("export", self.path, str(self.csv))
        self.assertEqual((code, errors), (0, ""))

    def import_(self, *more: str) -> str:
        code, output, _ = self.run_admin("import", self.path, str(self.csv), *more)
        self.assertEqual(code, 0)
        return output

    def assert_refused(self, reason: str, *more: str) -> None:
        """An import that changes nothing and says why in one line."""
        before = self.run_admin("export", self.path)[1]
        code, _, errors = self.run_admin("import", self.path, str(self.csv), *more)
        self.assertEqual(code, 2)
        self.assertRegex(errors, rf"\A[^\n]*{reason}[^\n]*; nothing was imported\n\Z")
        self.assertEqual(self.run_admin("export", self.path)[1], before)

    def move(self, *more: str) -> None:
        """Goes on with the other file, into which all of this one goes."""
        self.export()
        self.path = self.other
        self.import_(*more)
        self.start()

    def try_login(self, user_id: int, secret: str = "") -> int:
        method = "POST" if secret else "GET"
        return self.ask(method, f"/{user_id}/login", secret.encode()).status

    def append(self, line: str) -> None:
        with self.csv.open("a") as file:
            file.write(f"{line}\n")

    # Moving

    def test_secrets_stay_good(self) -> None:
        """The owners log in with their secrets, nobody else does, and older keys are invalid."""
        stolen = self.log_in(7)
        own = self.log_in(7, SECRET)
        drawn = self.ask("POST", "/api/users", {}).value
        self.move()
        for user_id, secret in ((7, SECRET), (drawn["user"], drawn["secret"])):
            self.assertEqual(self.try_login(user_id), 401)
            self.assertEqual(self.try_login(user_id, OTHER), 401)
            self.assertEqual(self.submit(1, self.log_in(user_id, secret), 5).status, 200)
        for key in (stolen, own):
            self.assertEqual(self.submit(1, key, 9).status, 401)
        self.assertEqual(self.run_admin("check", self.path)[0], 0)

    def test_keys_of_the_other_file(self) -> None:
        """A key that the other server made before the import ends with the claim, too."""
        self.log_in(7, SECRET)
        self.export()
        self.path = self.other
        self.start()
        stolen = self.log_in(7)
        self.engine.close()
        self.import_()
        self.start()
        self.assertEqual(self.submit(1, stolen, 9).status, 401)
        self.assertEqual(self.submit(1, self.log_in(7, SECRET), 9).status, 200)

    def test_tokens_stay_good(self) -> None:
        """A game's token posts as before; one that was ended does not."""
        token, ended = self.game_token(), self.game_token("ended")
        self.ask("DELETE", "/api/tokens/ended", token=ADMIN)
        listed = self.ask("GET", "/api/tokens", token=ADMIN).body
        self.move()
        self.assertEqual(self.post(1, "", 5, token, user=7).status, 200)
        self.assertEqual(self.post(1, "", 5, ended, user=7).status, 401)
        self.assertEqual(self.ask("GET", "/api/tokens", token=ADMIN).body, listed)

    def test_lapse(self) -> None:
        """A claim that may lapse does so at the same time; one that may not stays."""
        self.log_in(7, SECRET)
        self.ask("POST", "/api/users/8/claim", {"secret": SECRET}, ADMIN)
        self.clock.now += 86_399
        self.move()
        self.assertEqual([self.try_login(7), self.try_login(8)], [401, 401])
        self.clock.now += 2
        self.assertEqual([self.try_login(7), self.try_login(8)], [200, 401])

    def test_round_trip(self) -> None:
        """All of it comes back, into an empty file and into the same one."""
        self.log_in(7, SECRET)
        self.ask("POST", "/api/users/8/claim", {"secret": SECRET}, ADMIN)
        self.log_in(9, SECRET)
        self.ask("POST", "/api/users/9/unclaim", {}, ADMIN)
        self.game_token()
        self.export()
        first = self.csv.read_text()
        self.assertEqual(first.count('""claim""'), 2)
        for path, new in ((self.path, ""), (self.other, "2 claims and 1 tokens are new\n")):
            self.path = path
            self.assertEqual(self.import_().partition("better\n")[2].partition(": ")[2], new)
            self.assertEqual(self.run_admin("export", path)[1], first)

    # The key

    def test_key(self) -> None:
        """Only this user can read it, and nothing but it makes anything of the hashes."""
        self.log_in(7, SECRET)
        self.export()
        self.assertEqual(stat.S_IMODE(os.stat(self.key).st_mode), 0o600)
        self.assertRegex(self.key.read_text(), r"\A[0-9a-f]{64}\n\Z")
        self.assertNotIn(self.key.read_text().strip(), self.csv.read_text())
        self.assertNotIn(SECRET, self.csv.read_text())

    def test_without_claims(self) -> None:
        """Where there are no claims, there is no key."""
        self.game_token()
        self.log_in(7, SECRET)
        self.ask("POST", "/api/users/7/unclaim", {}, ADMIN)
        self.export()
        self.assertFalse(self.key.exists())

    def test_standard_streams(self) -> None:
        """The key of what goes to stdout has to have a name; without one, stderr says so."""
        self.log_in(7, SECRET)
        self.engine.close()
        code, output, errors = self.run_admin("export", self.path)
        self.assertEqual(code, 0)
        self.assertRegex(errors, r"\A[^\n]+ --key [^\n]+\n\Z")
        key = str(self.folder / "key")
        self.assertEqual(self.run_admin("export", self.path, "--key", key), (0, output, ""))
        self.csv.write_text(output)
        self.path = self.other
        self.assert_refused("--key")
        self.import_("--key", key)
        self.start()
        self.log_in(7, SECRET)

    def test_nothing_is_overwritten(self) -> None:
        """A key that is there already stays, and one without its CSV file does not."""
        self.log_in(7, SECRET)
        self.engine.close()
        self.key.write_text("precious")
        code, _, errors = self.run_admin("export", self.path, str(self.csv))
        self.assertEqual((code, errors), (2, f"gameserver.admin: {self.key}: File exists\n"))
        self.assertEqual(self.key.read_text(), "precious")
        self.assertFalse(self.csv.exists())
        self.key.unlink()
        self.csv.write_text("precious")
        self.assertEqual(self.run_admin("export", self.path, str(self.csv))[0], 2)
        self.assertEqual(self.csv.read_text(), "precious")
        self.assertFalse(self.key.exists())

    def test_bad_key(self) -> None:
        """What is no key is said to be none."""
        self.log_in(7, SECRET)
        self.export()
        self.path = self.other
        for bad in ("", "00" * 31, "00" * 33, "gg" * 32, "é" * 64):
            self.key.write_text(bad)
            self.assert_refused("no key of an export")

    # Files with claims of their own

    def test_other_claims(self) -> None:
        """Into a file with claims of its own goes no other one's."""
        self.log_in(7, SECRET)
        self.export()
        self.path = self.other
        self.start()
        self.log_in(8, OTHER)
        self.engine.close()
        self.assert_refused("claims of its own")
        self.start()
        self.log_in(8, OTHER)
        self.assertEqual(self.try_login(7), 200)

    def test_another_claim(self) -> None:
        """Nobody's user becomes somebody else's, not even in the file that was exported."""
        self.log_in(7, SECRET)
        self.export()
        self.start()
        self.ask("POST", "/api/users/7/claim", {"secret": OTHER}, ADMIN)
        self.engine.close()
        self.assert_refused("another claim to this user")

    def test_lifted_claim(self) -> None:
        """A claim that was lifted since comes back, and keys from before the lifting do not."""
        own = self.log_in(7, SECRET)
        self.export()
        self.start()
        self.clock.now += 5
        self.ask("POST", "/api/users/7/unclaim", {}, ADMIN)
        stolen = self.log_in(7)
        self.engine.close()
        self.import_()
        self.start()
        for key in (own, stolen):
            self.assertEqual(self.submit(1, key, 9).status, 401)
        self.assertEqual(self.submit(1, self.log_in(7, SECRET), 9).status, 200)

    def test_another_token(self) -> None:
        """A name of a token stays that of the one that the file has, and there are not too many."""
        self.game_token()
        self.export()
        self.path = self.other
        self.start()
        self.game_token()
        self.engine.close()
        self.assert_refused("another token of this name")
        self.edit("DELETE FROM game_token")
        for number in range(MOST):
            self.edit(f"INSERT INTO game_token VALUES ('t{number}', randomblob(32), 5)")
        self.assert_refused(f"{MOST} tokens")

    # Bad lines

    def test_bad_lines(self) -> None:
        """Half a claim, or half a token, is a bad line."""
        self.log_in(7, SECRET)
        self.game_token()
        self.export()
        whole = self.csv.read_text()
        self.path = self.other
        claim = '""since"": ""2026-11-21T10:00:00"", ""kept"": true'
        token = f'""created"": ""2026-11-21T10:00:00"", ""digest"": ""{"00" * 32}""'
        for user_id, bad in (
            ("8", '""claim"": ""00"", ' + claim),
            ("8", '""claim"": ""xx"", ' + claim),
            ("8", '""claim"": 5, ' + claim),
            ("8", f'""claim"": ""{"00" * 16}"", ""since"": ""2026-11-21T10:00:00""'),
            ("8", f'""claim"": ""{"00" * 16}"", ' + claim.replace("true", "1")),
            ("8", f'""claim"": ""{"00" * 16}"", ' + claim.replace("10:", "25:")),
            ("-8", f'""claim"": ""{"00" * 16}"", ' + claim),
            ("", '""token"": ""a b"", ' + token),
            ("", '""token"": 5, ' + token),
            ("", '""token"": ""a"", ' + token.replace("00" * 32, "00")),
            ("", '""token"": ""a"", ' + token.partition(",")[0]),
        ):
            with self.subTest(bad):
                self.csv.write_text(whole)
                self.append(f',{user_id},,,,,,"{{{bad}}}"')
                self.assert_refused(rf"line {whole.count(chr(10)) + 1}:")

    def test_check(self) -> None:
        """A check finds claims whose key is not there."""
        self.log_in(7, SECRET)
        self.engine.close()
        self.edit("UPDATE secret SET value = x'00' WHERE name = 'secrets of users'")
        code, _, errors = self.run_admin("check", self.path)
        self.assertEqual((code, errors), (1, f"{self.path}: the key of the claims is missing\n"))


if __name__ == "__main__":
    unittest.main()
