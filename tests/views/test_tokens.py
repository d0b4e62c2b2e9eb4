"""Tokens of games: who may make them, what they open, and how they end."""

from __future__ import annotations

import unittest

from tests.people import ADMIN, SECRET, PeopleTestCase


class TokensTest(PeopleTestCase):
    """Tokens and trusted writers, in memory."""

    def test_shown_once(self) -> None:
        """A token has 256 bits, and no list shows it again."""
        token = self.game_token("shooter")
        self.assertRegex(token, "^[0-9a-f]{64}$")
        listed = self.ask("GET", "/api/tokens", token=ADMIN)
        self.assertEqual(
            listed.value, {"tokens": [{"name": "shooter", "created": "2023-11-14T22:13:20Z"}]}
        )

    def test_names(self) -> None:
        """A name is one of a kind, and fits into a path."""
        self.game_token("shooter")
        again = self.ask("POST", "/api/tokens", {"name": "shooter"}, ADMIN)
        self.assertEqual(again.error, (409, "name_taken"))
        for name in ("", "a b", "ä", "a/b", "x" * 65, 5, None):
            reply = self.ask("POST", "/api/tokens", {"name": name}, ADMIN)
            self.assertEqual(reply.error, (400, "invalid_data"), name)

    def test_admin_s_name(self) -> None:
        """No game's token has the name that the audit has for the admin's."""
        reply = self.ask("POST", "/api/tokens", {"name": "admin"}, ADMIN)
        self.assertEqual(reply.error, (409, "name_taken"))

    def test_audit(self) -> None:
        """The audit names the token that acted; what an owner does is not in it."""
        token = self.game_token("arena")
        own = self.log_in(6, SECRET)
        self.ask("DELETE", f"/api/users/6?sessionkey={own}")
        self.ask("POST", "/api/users/7/unclaim", {}, token)
        self.ask("DELETE", "/api/users/8", token=token)
        self.ask("DELETE", "/api/users/9", token=ADMIN)
        self.ask("DELETE", "/api/tokens/arena", token=ADMIN)
        self.ask("DELETE", "/api/tokens/arena", token=ADMIN)
        entries = self.ask("GET", "/api/audit", token=ADMIN).value["entries"]
        self.assertEqual(
            [(each["action"], each["what"], each["by"]) for each in reversed(entries)],
            [
                ("make_token", {"name": "arena"}, "admin"),
                ("unclaim", {"user": 7}, "arena"),
                ("forget", {"user": 8}, "arena"),
                ("forget", {"user": 9}, "admin"),
                ("end_token", {"name": "arena"}, "admin"),
            ],
        )
        undo = self.ask("POST", "/api/audit/2/undo", token=ADMIN)
        self.assertEqual(undo.error, (409, "cannot_be_undone"))

    def test_most(self) -> None:
        """There are a hundred tokens at most."""
        for number in range(100):
            self.game_token(f"game{number}")
        reply = self.ask("POST", "/api/tokens", {"name": "more"}, ADMIN)
        self.assertEqual(reply.error, (403, "full"))

    def test_no_admin(self) -> None:
        """A game's token opens nothing that is the admin's, and says no more than a wrong one."""
        token = self.game_token()
        for method, target, body in (
            ("GET", "/api/tokens", b""),
            ("POST", "/api/tokens", {"name": "more"}),
            ("DELETE", "/api/tokens/game", b""),
            ("PUT", "/api/levels/1", {"order": "asc"}),
            ("GET", "/api/levels", b""),
        ):
            with self.subTest(method=method, target=target):
                reply = self.ask(method, target, body, token)
                self.assertEqual(reply.error, (401, "unauthorized"))
                self.assertEqual(reply, self.ask(method, target, body, "wrong"))
        self.assertEqual(len(self.ask("GET", "/api/tokens", token=ADMIN).value["tokens"]), 1)

    def test_writes_for_users(self) -> None:
        """A game's server names the user, in one post and in several."""
        token = self.game_token()
        reply = self.post(1, "", 70, token, user=7)
        self.assertEqual((reply.status, reply.value["user"]), (200, 7))
        body = {"scores": [{"level": 2, "score": 5}, {"level": 3, "score": 6}], "user": 9}
        self.assertEqual(self.ask("POST", "/api/scores", body, token).status, 200)
        self.assertEqual([self.scores(n) for n in (1, 2, 3)], [b"7=70", b"9=5", b"9=6"])

    def test_whose(self) -> None:
        """It is one user's post: a token needs `user`, a player must not name one."""
        token, key = self.game_token(), self.log_in(7)
        for reply in (
            self.post(1, "", 70, token),
            self.post(1, "", 70, token, user="7"),
            self.post(1, "", 70, token, user=True),
            self.post(1, "", 70, token, user=2**31),
            self.post(1, key, 70, token, user=7),
            self.post(1, key, 70, user=7),
            self.post(1, key, 70, user=8),
        ):
            self.assertEqual(reply.error, (400, "invalid_data"))
        self.assertEqual(self.scores(1), b"")

    def test_trusted_levels(self) -> None:
        """Players cannot post where only games' servers write, by neither API."""
        self.configure(1, writes="trusted")
        key = self.log_in(7)
        self.assertEqual(self.submit(1, key, 99).status, 403)
        self.assertEqual(self.submit(1, key, 99, "&id=a").status, 403)
        self.assertEqual(self.post(1, key, 99).error, (403, "not_trusted"))
        body = {"scores": [{"level": 2, "score": 5}, {"level": 1, "score": 6}], "sessionkey": key}
        self.assertEqual(self.ask("POST", "/api/scores", body).error, (403, "not_trusted"))
        self.assertEqual((self.scores(1), self.scores(2)), (b"", b""))
        self.assertEqual(self.post(1, "", 98, self.game_token(), user=7).status, 200)
        self.assertEqual(self.scores(1), b"7=98")

    def test_revoked(self) -> None:
        """A token ends at once, and others go on; its name can be used again."""
        old, other = self.game_token(), self.game_token("other")
        self.assertEqual(self.ask("DELETE", "/api/tokens/game", token=ADMIN).status, 204)
        self.assertEqual(
            self.ask("DELETE", "/api/tokens/game", token=ADMIN).error, (404, "no_such_token")
        )
        new = self.game_token()
        self.assertEqual(self.post(1, "", 70, old, user=7).error, (401, "unauthorized"))
        self.assertEqual(self.post(1, "", 70, other, user=7).status, 200)
        self.assertEqual(self.post(1, "", 70, new, user=7).status, 200)

    def test_other_schemes(self) -> None:
        """What a proxy's own `Authorization` says is nothing to a player's post."""
        key = self.log_in(7)
        body = {"score": 5, "sessionkey": key}
        reply = self.ask("POST", "/api/levels/1/scores", body, authorization="Basic YTpi")
        self.assertEqual(reply.status, 200)

    def test_restart(self) -> None:
        """Tokens and their ends outlive the process, and no file holds one."""
        token, old = self.game_token(), self.game_token("old")
        self.ask("DELETE", "/api/tokens/old", token=ADMIN)
        self.restart()
        self.assertEqual(self.post(1, "", 70, token, user=7).status, 200)
        self.assertEqual(self.post(1, "", 70, old, user=7).status, 401)
        self.assertNotIn(token.encode(), self.data_bytes())
        self.assertNotIn(bytes.fromhex(token), self.data_bytes())


class DurableTokensTest(TokensTest):
    """The same with a data file."""

    is_durable = True


if __name__ == "__main__":
    unittest.main()
