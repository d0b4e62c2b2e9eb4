"""Names, finding users, their data, and forgetting them."""

from __future__ import annotations

import json
import re
import unittest
from typing import Any

from gameserver.scores.blocked_names import BlockedNames
from gameserver.views.users import CHUNK_LEVELS
from tests.views.world import TOKEN, Reply, World


class UsersTest(unittest.TestCase):
    def setUp(self) -> None:
        self.world = World(blocked_names=BlockedNames([re.compile("bad")]))

    def name(self, user_id: int, name: Any) -> Reply:
        return self.world.manage("PUT", f"/api/users/{user_id}", {"name": name})

    def test_names(self) -> None:
        """A name is kept in NFC and shown wherever its user is; null takes it away."""
        self.assertEqual(self.name(1, "Jose\u0301").json, {"user": 1, "name": "José"})
        self.world.fill(7, 1)
        (entry,) = self.world.get("/api/levels/7").json["entries"]
        self.assertEqual(entry["name"], "José")
        self.assertEqual(self.name(1, None).json, {"user": 1, "name": None})

    def test_refused_names(self) -> None:
        """What cannot be a name is 400, what the operator does not want 403."""
        for name in ["", " a", "a ", "a\n", "\u202e", "x" * 33, 5, ["a"], "\ue000", "\u2028"]:
            self.assertEqual(self.name(1, name).code, (400, "invalid_data"), name)
        for name in ["a bad one", "\uff22\uff21\uff24", "bAd"]:
            self.assertEqual(self.name(1, name).code, (403, "name_blocked"), name)
        for body in ({}, {"name": "a", "more": 1}):
            self.assertEqual(self.world.manage("PUT", "/api/users/1", body).status, 400)
        self.assertIsNone(self.world.scores.name(1))

    def test_emoji(self) -> None:
        """Emoji with joiners are names."""
        self.assertEqual(self.name(1, "👩\u200d🚀 ❤\ufe0f").status, 200)

    def test_search(self) -> None:
        """Users are found by how their name begins."""
        for user_id, name in enumerate(["Ann", "annika", "Bob"]):
            self.name(user_id, name)
        found = self.world.get("/api/users?q=AN").json["users"]
        self.assertEqual(sorted(each["name"] for each in found), ["Ann", "annika"])
        self.assertEqual(len(self.world.get("/api/users?q=an&limit=1").json["users"]), 1)
        for query in ("", "?q=", "?q=a&limit=21", "?q=" + "a" * 33):
            self.assertEqual(self.world.get(f"/api/users{query}").status, 400)

    def test_data(self) -> None:
        """All of a user's scores; nothing of who has none."""
        self.world.configure(
            8, reset="daily", times=True, title="Hill", tiers=[["gold", 100]], decimals=1
        )
        self.world.post(7, 1, 5)
        self.world.post(7, 3, 6)
        self.world.post(8, 1, 6)
        data = self.world.get("/api/users/1").json
        self.assertEqual(
            data["scores"],
            [
                {
                    "level": 7, "title": None, "season": "all", "current": True, "rank": 2,
                    "score": 5, "percentile": 50.0, "players": 2,
                },
                {
                    "level": 8, "title": "Hill", "season": "2026-11-21", "current": True, "rank": 1,
                    "score": 6, "percentile": 100.0, "players": 1, "at": "2026-11-21T10:30:00Z",
                    "tier": "gold", "display": "0.6",
                },
            ],
        )  # fmt: skip
        nobody = {"user": 2, "name": None, "scores": [], "tournaments": []}
        self.assertEqual(self.world.get("/api/users/2").json, nobody)

    def test_state(self) -> None:
        """The admin alone sees whether a user is banned; no other answer is taken for that one."""
        known = self.world.get("/api/users/1").etag
        self.world.manage("POST", "/api/users/1/ban")
        for fields in ({}, {"if_none_match": known}):
            fields["authorization"] = f"Bearer {TOKEN}"
            reply = self.world.get("/api/users/1", **fields)
            self.assertEqual((reply.json["state"], reply.etag), ("banned", ""))
        for fields in ({}, {"authorization": "Bearer wrong"}):
            self.assertNotIn("state", self.world.get("/api/users/1", **fields).json)

    def test_much_data(self) -> None:
        """However much there is, it comes in chunks of bounded size, and is one JSON."""
        for count in (CHUNK_LEVELS - 1, CHUNK_LEVELS, CHUNK_LEVELS + 1, 3 * CHUNK_LEVELS):
            self.setUp()
            for level_id in range(count):
                self.world.scores.submit(level_id, 1, level_id)
                self.world.scores.submit(10**6 + level_id, 2, 1)
            chunks = self.world.chunks("/api/users/1")
            self.assertEqual(len(chunks), count // CHUNK_LEVELS + 1)
            scores = json.loads(b"".join(chunk.body for chunk in chunks))["scores"]
            self.assertEqual([score["score"] for score in scores], list(range(count)))

    def test_forget(self) -> None:
        """Everything of a user goes."""
        self.name(1, "Ann")
        self.world.post(7, 1, 5, id="a")
        self.assertEqual(self.world.manage("DELETE", "/api/users/1").status, 204)
        data = self.world.get("/api/users/1").json
        self.assertEqual((data["name"], data["scores"]), (None, []))
        self.assertEqual(self.world.scores.high_scores(7), b"")
        self.assertEqual(self.world.post(7, 1, 6, id="a").status, 200)

    def test_only_the_admin(self) -> None:
        """Without the token it is 401; where there is no admin it is 404."""
        for method, target in [("PUT", "/api/levels/1"), ("POST", "/api/levels/1?_method=PUT"),
                               ("GET", "/api/tokens"), ("DELETE", "/api/tokens/1")]:  # fmt: skip
            for fields in ({}, {"authorization": "Bearer x"}, {"authorization": f"Basic {TOKEN}"},
                           {"authorization": TOKEN},
                           {"authorization": f"Bearer {TOKEN}\xe9"}):  # fmt: skip
                reply = self.world.ask(method, target, {}, **fields)
                self.assertEqual(reply.code, (401, "unauthorized"))
                self.assertEqual(reply.headers["WWW-Authenticate"], "Bearer")
            reply = World(admin=None).ask(method, target, {}, authorization=f"Bearer {TOKEN}")
            self.assertEqual(reply.code, (404, "not_found"))

    def test_without_rights(self) -> None:
        """Who shows nothing, or a wrong token, is answered 401, whether there is an admin or not.
        """
        for method, target in [("PUT", "/api/users/1"), ("DELETE", "/api/users/1"),
                               ("POST", "/api/users/1?_method=DELETE")]:  # fmt: skip
            for fields in ({}, {"authorization": "Bearer x"}, {"authorization": f"Basic {TOKEN}"},
                           {"authorization": TOKEN},
                           {"authorization": f"Bearer {TOKEN}\xe9"}):  # fmt: skip
                reply = self.world.ask(method, target, {}, **fields)
                self.assertEqual(reply.code, (401, "unauthorized"))
            fields = {"authorization": f"Bearer {TOKEN}"}
            reply = World(admin=None).ask(method, target, {}, **fields)
            self.assertEqual(reply.code, (401, "unauthorized"))
            self.assertEqual(reply.headers["WWW-Authenticate"], "Bearer")

    def test_method_in_the_query(self) -> None:
        """POST stands for PUT and DELETE with `_method`, and for nothing else."""
        body = {"name": "Ann"}
        reply = self.world.manage("POST", "/api/users/1?_method=PUT", body)
        self.assertEqual(reply.json, {"user": 1, "name": "Ann"})
        for query, status in [("?_method=GET", 400), ("?_method=put", 400), ("?_method=", 400),
                              ("?_method=PUT&_method=PUT", 400), ("?_method=PUT&x=1", 400),
                              ("", 405)]:  # fmt: skip
            reply = self.world.manage("POST", f"/api/users/1{query}", body)
            self.assertEqual(reply.status, status, query)
        self.assertEqual(reply.headers["Allow"], "DELETE, GET, HEAD, OPTIONS, PUT")
        reply = self.world.manage("POST", "/api/users/1?_method=DELETE")
        self.assertEqual((reply.status, self.world.scores.name(1)), (204, None))
        self.assertEqual(self.world.ask("POST", "/api/levels?_method=PUT").status, 405)


if __name__ == "__main__":
    unittest.main()
