from __future__ import annotations

import os
import tempfile
import unittest
from pathlib import Path

from tests.tournaments.world import PASSWORD, World

DAY = 86_400.0
WRONG = "wrong horse"


class RegisterTest(unittest.TestCase):
    def setUp(self):
        self.world = World(self)

    def register(self, username, password=PASSWORD):
        return self.world.post("register", username=username, password=password)

    def test_then_log_in(self):
        """Whoever has registered can log in, with a token of 64 hexadecimal digits."""
        self.assertEqual(self.register("ann"), (201, {"id": 1, "username": "ann"}, {}))
        self.assertRegex(self.world.log_in("ann"), "^[0-9a-f]{64}$")

    def test_taken(self):
        """A name is taken whatever its capitals."""
        self.register("ann")
        for name in ("ann", "Ann", "ANN"):
            self.assertEqual(self.register(name).error, (403, "username_taken"))

    def test_names(self):
        """A name is 1 to 64 printable ASCII characters without a colon or outer spaces."""
        for name in ("a", "a b", "!~", "x" * 64):
            self.assertEqual(self.register(name).status, 201, name)
        for name in ("", " a", "a ", "a:b", "a\nb", "a\x7f", "ä", "x" * 65, "x" * 10_000, None, 5):
            reply = self.register(name)
            self.assertEqual(reply.error, (403, "invalid_data"))
            self.assertEqual(reply.value["field"], "username", name)

    def test_passwords(self):
        """A password has 8 to 256 bytes."""
        for number, password in enumerate(("12345678", "ä" * 4, "x" * 256)):
            self.assertEqual(self.register(f"u{number}", password).status, 201)
        for password in ("", "1234567", "ä" * 3, "x" * 257, "ä" * 129, None, True):
            self.assertEqual(self.register("u", password).value["field"], "password", password)

    def test_missing(self):
        """A field that is missing is named."""
        self.assertEqual(self.world.post("register", username="a").value["field"], "password")
        self.assertEqual(self.world.post("register", password="a").value["field"], "username")


class LogInTest(unittest.TestCase):
    def setUp(self):
        self.world = World(self)
        self.token = self.world.token("ann")

    def log_in(self, username="ann", password=WRONG):
        return self.world.post("obtain_token", username=username, password=password)

    def test_wrong_and_unknown(self):
        """A wrong password and an unknown user get the same answer."""
        for name in ("ann", "bob", "", "a:b", "x" * 10_000, "ä\n"):
            self.assertEqual(self.log_in(name), (403, {"error": "invalid_login_data"}, {}))

    def test_old_credentials_do_not_matter(self):
        """Credentials in the header make no difference to a login."""
        body = f"username=ann&password={PASSWORD.replace(' ', '+')}".encode()
        for value in ("", "garbage", f"bob:{'0' * 64}"):
            headers = {
                "content-type": "application/x-www-form-urlencoded",
                "x-scoreganizer-authorization": value,
            }
            reply = self.world.send("POST", "/api/obtain_token", body, headers)
            self.assertEqual(reply.status, 200)

    def test_several_tokens(self):
        """Each login makes a token, and the earlier ones stay valid."""
        tokens = [self.world.log_in("ann") for _ in range(3)]
        self.assertEqual(len({*tokens, self.token}), 4)
        self.assertEqual(self.world.get("token_status", "ann").value, {"status": "ok"})

    def test_lockout(self):
        """After five failures there is a wait, said in Retry-After, even for the right one."""
        for name in ("ann", "nobody"):
            for _ in range(5):
                self.assertEqual(self.log_in(name).headers, {})
            for password in (WRONG, PASSWORD):
                reply = self.log_in(name, password)
                self.assertEqual(
                    reply, (403, {"error": "invalid_login_data"}, {"Retry-After": "1"})
                )
        self.world.clock.now += 1
        self.assertEqual(self.log_in(password=PASSWORD).status, 200)

    def test_capitals_do_not_help(self):
        """The failures at a name are counted whatever its capitals."""
        for name in ("ann", "Ann", "aNn", "anN", "ANN"):
            self.log_in(name)
        self.assertEqual(self.log_in("AnN").headers, {"Retry-After": "1"})

    def test_tokens_survive_a_lockout(self):
        """Who is logged in stays so while others guess."""
        for _ in range(10):
            self.log_in()
        self.assertEqual(self.world.get("token_status", "ann").value, {"status": "ok"})


class TokenTest(unittest.TestCase):
    def setUp(self):
        self.world = World(self)
        self.old = self.world.token("ann")

    def with_token(self, token, method="GET", path="token_status"):
        headers = {"x-scoreganizer-authorization": f"None:{token}"}
        return self.world.send(method, f"/api/{path}", b"", headers)

    def status(self, token):
        return self.with_token(token).value["status"]

    def refresh(self, token):
        return self.with_token(token, "POST", "refresh_token")

    def test_status_of_anything(self):
        """The status of what is no token is an answer, and not an error."""
        for header in ({}, {"x-scoreganizer-authorization": ""},
                       {"x-scoreganizer-authorization": "garbage"}):  # fmt: skip
            reply = self.world.send("GET", "/api/token_status", b"", header)
            self.assertEqual(reply, (200, {"status": "nonexistent"}, {}))

    def test_ages(self):
        """A token grows stale, expires and is forgotten."""
        seen = []
        for days in (6, 7, 29, 30, 59, 60):
            self.world.clock.now = 1_700_000_000.0 + days * DAY
            seen.append(self.status(self.old))
        self.assertEqual(seen, ["ok", "ok_stale", "ok_stale", "expired", "expired", "nonexistent"])

    def test_expired_is_not_logged_in(self):
        """With an expired token nobody is logged in."""
        self.world.clock.now += 30 * DAY
        for path in ("refresh_token", "tournaments/participate/1", "tournaments/create"):
            reply = self.with_token(self.old, "POST", path)
            self.assertEqual(reply, (403, {"error": "not_logged_in"}, {}))

    def test_refresh(self):
        """The old token is valid until the new one is first used."""
        new = self.refresh(self.old).value["token"]
        self.assertEqual([self.status(self.old)] * 2, ["ok", "ok"])
        self.assertEqual(self.status(new), "ok")
        self.assertEqual(self.status(self.old), "nonexistent")
        self.assertEqual(self.status(new), "ok")

    def test_unused_refresh(self):
        """Ten minutes later the old one has ended in any case."""
        new = self.refresh(self.old).value["token"]
        self.world.clock.now += 599.9
        self.assertEqual(self.status(self.old), "ok")
        self.world.clock.now += 0.2
        self.assertEqual((self.status(self.old), self.status(new)), ("nonexistent", "ok"))

    def test_lost_reply(self):
        """Who has not received the new token gets another one for the old."""
        lost = self.refresh(self.old).value["token"]
        new = self.refresh(self.old).value["token"]
        self.assertNotEqual(lost, new)
        self.assertEqual((self.status(new), self.status(self.old)), ("ok", "nonexistent"))

    def test_too_recent(self):
        """A refreshed token cannot be refreshed for a day; when it can is in Retry-After."""
        new = self.refresh(self.old).value["token"]
        self.world.clock.now += DAY - 1.5
        self.assertEqual(
            self.refresh(new), (429, {"error": "token_too_recent"}, {"Retry-After": "2"})
        )
        self.world.clock.now += 1.5
        self.assertEqual(self.refresh(new).status, 200)

    def test_tokens_are_kept_as_digests(self):
        """The data file holds nothing that could be used as a token."""
        folder = self.enterContext(tempfile.TemporaryDirectory())
        world = World(self, data=os.path.join(folder, "game.db"))
        token = world.token("ann")
        dump = b"".join(path.read_bytes() for path in Path(folder).iterdir())
        dump = dump.decode("latin-1")
        self.assertIn("scrypt:", dump)
        self.assertNotIn(token, dump.lower())
        self.assertNotIn(bytes.fromhex(token).decode("latin-1"), dump)
        self.assertNotIn(PASSWORD, dump)
