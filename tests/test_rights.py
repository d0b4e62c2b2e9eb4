"""Every route, and everybody who may come: what is not allowed changes nothing, and says nothing.

The rights are those that the table of the routes says of each operation; a new route is tried
without a word here.
"""

from __future__ import annotations

import re
import unittest
from typing import Any, NamedTuple

from gameserver.urls import urlpatterns
from gameserver.web.routing import Route
from tests.people import ADMIN, SECRET, PeopleTestCase, Reply

OWNER, PLAYER, OTHER, NOBODY_KNOWN = 7, 8, 9, 123_456
NAME = "Ann of the secrets"
WITH_KEYS = ("player", "owner", "other owner", "expired key")
WITH_TOKENS = ("game", "admin", "revoked token")
EVERYBODY = ("nobody", *WITH_KEYS, *WITH_TOKENS)

MAY = {
    "anybody": set(EVERYBODY),
    "player": {"player", "owner", "other owner", "game"},
    "owner": {"owner", "game", "admin"},
    "game": {"game", "admin"},
    "admin": {"admin"},
}
"""Who may call an operation, by what the table of the routes says of it."""

BODIES: dict[str, Any] = {
    "submitScore": {"score": 5},
    "submitScores": {"scores": [{"level": 1, "score": 5}]},
    "renameUser": {"name": "Mallory"},
    "claimUser": {"secret": "another-secret-of-mallory"},
    "configureLevel": {"title": "Mine"},
    "makeToken": {"name": "more"},
    "purge": {"level": 1, "dry_run": False},
}
QUERIES = {"getRankOfScore": "score=5", "searchUsers": "q=a"}
CAPTURES: dict[str, Any] = {"level_id": 1, "user_id": OWNER, "name": "game"}
OTHERS: dict[str, Any] = {
    "level_id": 987, "user_id": NOBODY_KNOWN, "name": "none", "entry_id": 987
}  # fmt: skip
"""What there is nothing of."""


class Call(NamedTuple):
    method: str
    route: Route

    @property
    def id(self) -> str:
        return self.route.operations[self.method].id

    @property
    def who(self) -> str:
        return self.route.operations[self.method].who

    def path(self, captures: dict[str, Any]) -> str:
        return re.sub("<([a-z_]+)>", lambda found: str(captures.get(found[1], 1)), self.route.name)


BOARD_CALLS = [Call(method, route) for route in urlpatterns for method in route.operations]
TOURNAMENT_CALLS = [
    Call(method, route)
    for route in urlpatterns
    for method in route.views
    if route.error_format == "api" and not route.operations
]


class RightsTestCase(PeopleTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.keys = {"expired key": self.log_in(OWNER, SECRET)}
        self.clock.now += 601
        self.keys["player"] = self.log_in(PLAYER)
        self.keys["owner"] = self.log_in(OWNER, SECRET)
        self.keys["other owner"] = self.log_in(OTHER, SECRET)
        for number, who in enumerate(("player", "owner", "other owner")):
            self.submit(1, self.keys[who], 50 + number)
        self.ask("PUT", f"/api/users/{OWNER}", {"name": NAME}, ADMIN)
        self.submit(2, self.keys["player"], 1)
        removed = self.ask("DELETE", f"/api/levels/2/users/{PLAYER}", token=ADMIN)
        self.captures = {**CAPTURES, "entry_id": removed.value["undo"]}
        revoked = self.game_token("revoked")
        self.ask("DELETE", "/api/tokens/revoked", token=ADMIN)
        self.tokens = {"game": self.game_token(), "admin": ADMIN, "revoked token": revoked}

    def call(self, call: Call, who: str, captures: dict[str, Any] | None = None) -> Reply:
        """A call of the boards, as somebody makes it."""
        captures = captures or self.captures
        body = dict(BODIES.get(call.id, {}))
        query = QUERIES.get(call.id, "")
        if who in WITH_KEYS and call.who != "anybody":
            query = f"sessionkey={self.keys[who]}"
        if who in WITH_TOKENS and call.who == "player":
            body["user"] = PLAYER
        sent = body if call.method in ("POST", "PUT") else b""
        return self.ask(
            call.method, f"{call.path(captures)}?{query}", sent, self.tokens.get(who, "")
        )

    def state(self) -> Any:
        """All that anybody could have changed."""
        users = (*range(12), NOBODY_KNOWN)
        calls = ["/api/levels", "/api/tokens", "/api/audit", *(f"/api/users/{n}" for n in users)]
        shown = [self.ask("GET", target, token=ADMIN).body for target in calls]
        claims = dict(self.engine.claims.by_user)
        states = [self.engine.scores.state(user_id) for user_id in users]
        scores = [self.scores(level_id) for level_id in (1, 2, 987)]
        return shown, states, scores, claims, self.engine.scores.gauges()

    def assert_says_nothing(self, reply: Reply) -> None:
        secrets = (SECRET, NAME, "Mallory", *self.keys.values(), *self.tokens.values())
        for secret in secrets:
            self.assertNotIn(secret, reply.text)
            self.assertNotIn(secret, str(reply.headers))


class RefusedTest(RightsTestCase):
    def test_boards(self) -> None:
        """Who may not is answered 401 or 403, the same whether there is such a thing or not."""
        before = self.state()
        for call in BOARD_CALLS:
            for who in EVERYBODY:
                if who in MAY[call.who]:
                    continue
                with self.subTest(call=call.id, who=who):
                    reply = self.call(call, who)
                    self.assertIn(reply.status, (401, 403))
                    self.assert_says_nothing(reply)
                    self.assertEqual(self.call(call, who, OTHERS), reply)
                    self.assertEqual(self.state(), before)

    def test_mini_game(self) -> None:
        """A claimed user cannot be played without the secret, and no token is a session key."""
        before = self.state()
        for target in (f"/{OWNER}/login", f"/{OWNER}/", f"/{OTHER}/login"):
            for token in ("", *self.tokens.values()):
                reply = self.ask("GET", target, token=token)
                self.assertEqual(reply.status, 401)
                self.assert_says_nothing(reply)
        for key in ("", self.keys["expired key"], *self.tokens.values()):
            for token in ("", *self.tokens.values()):
                reply = self.ask("POST", f"/1/score?sessionkey={key}", b"99", token)
                self.assertEqual(reply.status, 401)
                self.assert_says_nothing(reply)
        self.assertEqual(self.state(), before)

    def test_mixed(self) -> None:
        """A right key does not make up for a wrong token, nor a right token for a wrong key."""
        before = self.state()
        body = {"score": 99}
        for who in ("player", "expired key"):
            for token in self.tokens.values():
                target = f"/api/levels/1/scores?sessionkey={self.keys[who]}"
                self.assertIn(self.ask("POST", target, body, token).status, (400, 401))
        target = f"/api/users/{OWNER}?sessionkey={self.keys['owner']}"
        wrong = self.tokens["revoked token"]
        self.assertEqual(self.ask("DELETE", target, token=wrong).status, 401)
        self.assertEqual(self.state(), before)

    def test_admin_posts_for_nobody(self) -> None:
        """The admin's token is no game's."""
        reply = self.ask("POST", "/api/levels/1/scores", {"score": 99, "user": 8}, ADMIN)
        self.assertEqual(reply.status, 401)

    def test_tournaments(self) -> None:
        """To the tournaments' calls nobody of these is anybody."""
        for call in TOURNAMENT_CALLS:
            path = call.path({"tournament_id": 1})
            sent = {"content_type": "application/json"} if call.method == "POST" else {}
            body = b"{}" if call.method == "POST" else b""
            expected = self.ask(call.method, path, body, **sent)
            for who in (*WITH_KEYS, *WITH_TOKENS):
                with self.subTest(path=path, who=who):
                    shown = self.keys.get(who) or self.tokens[who]
                    fields = {**sent, "x-scoreganizer-authorization": f"ann:{shown}"}
                    target = f"{path}?sessionkey={shown}"
                    reply = self.ask(call.method, target, body, self.tokens.get(who, ""), **fields)
                    self.assertEqual(reply, expected)


class DurableRefusedTest(RefusedTest):
    """The same with a data file, after a restart."""

    is_durable = True

    def setUp(self) -> None:
        super().setUp()
        self.restart()


class StoredRefusedTest(RefusedTest):
    store_tokens = True


class AllowedTest(RightsTestCase):
    def test_boards(self) -> None:
        """Who may is answered."""
        for call in BOARD_CALLS:
            for who in sorted(MAY[call.who]):
                if who in WITH_TOKENS[::2] and call.id == "listLevels":
                    continue  # there a token asks for more than anybody may see
                with self.subTest(call=call.id, who=who):
                    self.setUp()
                    self.assertNotIn(self.call(call, who).status, (401, 403, 404, 500))

    def test_no_wrong_admin(self) -> None:
        """A wrong token is refused in the list of levels, which would show it more."""
        for who in ("game", "revoked token"):
            reply = self.ask("GET", "/api/levels", token=self.tokens[who])
            self.assertEqual(reply.status, 401)


if __name__ == "__main__":
    unittest.main()
