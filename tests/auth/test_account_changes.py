"""Changing a password, and deleting an account."""

from __future__ import annotations

import contextlib
import io
import unittest

import mock  # noqa: UP026 (the same mock on every Python)

from gameserver import admin
from gameserver.auth import passwords
from tests.client.scenario.replay_files import rmv
from tests.folder import FolderTestCase
from tests.tournaments.world import CHEAP, PASSWORD, Reply, World

NEW = "wrong horse now"


class ChangesTest(FolderTestCase):
    """In memory."""

    is_durable = False

    def setUp(self) -> None:
        super().setUp()
        self.world = self.make_world()
        self.token = self.world.token("ann")

    def make_world(self) -> World:
        return World(self, data=self.path if self.is_durable else "")

    def log_in(self, password: str, username: str = "ann") -> int:
        return self.world.post("obtain_token", username=username, password=password).status

    def status(self, token: str) -> str:
        headers = {"x-scoreganizer-authorization": f"ann:{token}"}
        return str(self.world.send("GET", "/api/token_status", b"", headers).value["status"])

    def change(self, old: str = PASSWORD, new: str = NEW, who: str = "ann") -> Reply:
        return self.world.post("password", who, old=old, new=new)

    def delete(self, password: str = PASSWORD, who: str = "ann") -> Reply:
        return self.world.post("delete_account", who, password=password)

    # Passwords

    def test_change(self) -> None:
        """The new password lets one in, the old one does not, and all other tokens have ended."""
        others = [self.world.log_in("ann") for _ in range(3)]
        self.assertEqual(self.change(), (200, {}, {}))
        self.assertEqual([self.log_in(NEW), self.log_in(PASSWORD)], [200, 403])
        self.assertEqual(self.status(self.token), "ok")
        self.assertEqual({self.status(token) for token in others}, {"nonexistent"})

    def test_wrong(self) -> None:
        """Without the old password, or without a token, nothing changes."""
        self.assertEqual(self.change(old=NEW).error, (403, "invalid_login_data"))
        self.assertEqual(self.change(who="").error, (403, "not_logged_in"))
        reply = self.change(new="short")
        self.assertEqual((reply.error, reply.value["field"]), ((403, "invalid_data"), "new"))
        for fields in ({"old": PASSWORD}, {"new": NEW}, {}):
            self.assertEqual(self.world.post("password", "ann", **fields).status, 403)
        self.assertEqual([self.log_in(PASSWORD), self.log_in(NEW)], [200, 403])

    def test_guesses(self) -> None:
        """Who has a token and guesses the password has to wait like at a login."""
        for _ in range(5):
            self.change(old=NEW)
        self.assertEqual(self.change().headers["Retry-After"], "1")
        self.assertEqual(self.delete().headers["Retry-After"], "1")

    def test_others_are_left_alone(self) -> None:
        """The tokens and passwords of others stay."""
        bob = self.world.token("bob")
        self.change()
        self.delete(NEW)
        self.assertEqual(self.status(bob), "ok")
        self.assertEqual(self.log_in(PASSWORD, "bob"), 200)

    def test_login_meanwhile(self) -> None:
        """A login that began with the old password gets no token after the change."""
        accounts, real = self.world.services.accounts, passwords.Passwords.verify

        def verify(this: passwords.Passwords, password: str, kept: str | None) -> bool:
            right = real(this, password, kept)
            account = accounts._store.named("ann")
            assert account
            accounts._store.change_password(account, "another", None)
            return right

        with mock.patch.object(passwords.Passwords, "verify", verify):
            self.assertEqual(self.log_in(PASSWORD), 403)

    # Accounts

    def test_delete(self) -> None:
        """Nobody can log in any more, and no token is left."""
        other = self.world.log_in("ann")
        self.assertEqual(self.delete(), (200, {}, {}))
        self.assertEqual({self.status(token) for token in (self.token, other)}, {"nonexistent"})
        for name in ("ann", "deleted user", "deleted user:1"):
            self.assertEqual(self.log_in(PASSWORD, name), 403)
            self.assertEqual(self.log_in("", name), 403)

    def test_wrong_password(self) -> None:
        """A token alone deletes nothing."""
        self.assertEqual(self.delete(NEW).error, (403, "invalid_login_data"))
        self.assertEqual(self.delete(who="").error, (403, "not_logged_in"))
        self.assertEqual(self.status(self.token), "ok")

    def test_place_is_kept(self) -> None:
        """Entries and standings stay, under the same name for all who are gone."""
        tournament = self.world.create()
        keys = {who: self.world.key(tournament, who) for who in ("ann", "bob", "cleo")}
        for number, who in enumerate(("ann", "bob", "cleo")):
            self.assertEqual(self.world.upload(rmv(keys[who], 5000 + number)).status, 201)
        before = self.world.standings(tournament)
        for who in ("ann", "bob"):
            self.assertEqual(self.delete(who=who).status, 200)
        after = self.world.standings(tournament)
        names = {"ann": "deleted user", "bob": "deleted user", "cleo": "cleo"}
        self.assertEqual(after, [[rank, names[name], *rest] for rank, name, *rest in before])
        page = self.world.get(f"tournaments/detail/{tournament}").value
        listed = sorted(player["username"] for player in page["players"])
        self.assertEqual(listed, ["cleo", "deleted user", "deleted user"])
        refused = self.world.upload(rmv(keys["ann"], 4000))
        self.assertEqual(refused.status, 403)

    def test_host(self) -> None:
        """A tournament goes on without its host."""
        tournament = self.world.create()
        self.assertEqual(self.delete(who="host").status, 200)
        self.assertEqual(
            self.world.get(f"tournaments/detail/{tournament}").value["host"], "deleted user"
        )

    def test_name_is_free(self) -> None:
        """Somebody else may have the name, and nobody that of the deleted."""
        self.delete()
        again = self.world.post("register", username="ann", password=NEW)
        self.assertEqual((again.status, again.value["id"]), (201, 2))
        for name in ("deleted user", "Deleted User"):
            reply = self.world.post("register", username=name, password=PASSWORD)
            self.assertEqual(reply.error, (403, "username_taken"))
        tournament = self.world.create()
        target = f"tournaments/invite/{tournament}"
        for name in ("deleted user", "deleted user:1"):
            reply = self.world.post(target, "host", username=name)
            self.assertEqual(reply.error, (404, "no_such_user"))


class DurableChangesTest(ChangesTest):
    """With a data file."""

    is_durable = True

    def reset(self, name: str) -> tuple[int, str, str]:
        output, errors = io.StringIO(), io.StringIO()
        cheap = mock.patch.object(passwords, "N", CHEAP.n)
        with cheap, contextlib.redirect_stdout(output), contextlib.redirect_stderr(errors):
            code = admin.main(["password", self.path, name])
        return code, output.getvalue(), errors.getvalue()

    def test_reset(self) -> None:
        """The admin gives somebody a new password; all tokens end."""
        self.world.engine.close()
        code, output, _ = self.reset("ANN")
        self.assertEqual(code, 0)
        self.world = World(self, data=self.path)
        self.assertEqual(self.status(self.token), "nonexistent")
        password = output.rpartition(" ")[2].strip()
        self.assertEqual(output, f"ann: the new password is {password}\n")
        self.assertEqual([self.log_in(password), self.log_in(PASSWORD)], [200, 403])

    def test_reset_of_nobody(self) -> None:
        """A name that nobody has, and a file that is not there, are said in one line."""
        self.delete()
        self.world.engine.close()
        for name in ("bob", "ann", "deleted user", "deleted user:1"):
            code, output, errors = self.reset(name)
            self.assertEqual((code, output), (2, ""))
            self.assertRegex(errors, r"\A[^\n]* has no account of this name\n\Z")
        self.path += "-none"
        self.assertEqual(self.reset("ann")[0], 2)


if __name__ == "__main__":
    unittest.main()
