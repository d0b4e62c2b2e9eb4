"""The admin's calls that take something away, and undo it."""

from __future__ import annotations

import unittest

from tests.views.world import World


class ModerationTest(unittest.TestCase):
    def setUp(self) -> None:
        self.world = World()
        self.keys = {}
        for user in range(1, 18):
            self.keys[user] = self.world.services.sessions.login(user)
            self.submit(7, user, 100 - user)

    def submit(self, level: int, user: int, score: int) -> int:
        target = f"/{level}/score?sessionkey={self.keys[user]}"
        return self.world.ask("POST", target, b"%d" % score).status

    def listed(self, level: int = 7) -> bytes:
        return self.world.get(f"/{level}/highscorelist").body

    def test_ban(self) -> None:
        """A ban is 403 for posts of both APIs, makes room, changes ETags, and is lifted again."""
        page = self.world.get("/api/levels/7")
        before = self.listed()
        reply = self.world.manage("POST", "/api/users/3/ban")
        self.assertEqual(reply.json, {"user": 3, "state": "banned", "undo": 1})
        self.assertNotEqual(self.world.get("/api/levels/7").etag, page.etag)
        self.assertNotIn(b"3=97", self.listed().split(b","))
        self.assertIn(b"16=84", self.listed())
        self.assertEqual(self.submit(7, 3, 999), 403)
        post = self.world.ask(
            "POST", f"/api/levels/9/scores?sessionkey={self.keys[3]}", {"score": 1}
        )
        self.assertEqual(post.code, (403, "banned"))
        reply = self.world.manage("POST", "/api/users/3/unban")
        self.assertEqual(reply.json, {"user": 3, "state": "ok", "undo": 2})
        self.assertEqual(self.listed(), before)

    def test_hidden(self) -> None:
        """A hidden user sees themselves with their own key alone, and no cache keeps it."""
        self.world.manage("POST", "/api/users/3/hide")
        self.assertEqual(self.submit(7, 3, 999), 200)
        self.assertNotIn(b"3=999", self.listed())
        target = "/api/levels/7/users/3"
        self.assertEqual(self.world.get(target).code, (404, "no_such_score"))
        other = self.world.get(f"{target}?sessionkey={self.keys[4]}")
        self.assertEqual(other.code, (404, "no_such_score"))
        self.assertEqual(self.world.get(f"{target}?sessionkey=x").status, 401)
        own = self.world.get(f"{target}?sessionkey={self.keys[3]}")
        self.assertEqual((own.json["rank"], own.json["score"], own.etag), (1, 999, ""))
        self.assertEqual(own.headers, {"Cache-Control": "no-store"})
        reply = self.world.manage("POST", "/api/users/3/unhide")
        self.assertEqual(reply.json["state"], "ok")
        self.assertTrue(self.world.get(f"{target}?sessionkey={self.keys[3]}").etag)
        self.assertTrue(self.listed().startswith(b"3=999,"))

    def test_remove_score(self) -> None:
        """A score is taken off, and comes back."""
        before = self.listed()
        reply = self.world.manage("DELETE", "/api/levels/7/users/3")
        self.assertEqual(reply.json, {"removed": 1, "undo": 1})
        self.assertIn(b"16=84", self.listed())
        again = self.world.manage("POST", "/api/levels/7/users/3?_method=DELETE")
        self.assertEqual(again.code, (404, "no_such_score"))
        self.assertEqual(self.world.manage("POST", "/api/audit/1/undo").json, {"restored": 1})
        self.assertEqual(self.listed(), before)
        reply = self.world.manage("POST", "/api/audit/1/undo")
        self.assertEqual(reply.code, (409, "undone_already"))
        reply = self.world.manage("POST", "/api/audit/99/undo")
        self.assertEqual(reply.code, (404, "no_such_entry"))

    def test_remove_level(self) -> None:
        """A level goes as a whole; settings may be changed by POST all the same."""
        title = {"title": "Downhill"}
        self.assertEqual(
            self.world.manage("POST", "/api/levels/7?_method=PUT", title).status, 200
        )
        reply = self.world.manage("DELETE", "/api/levels/7")
        self.assertEqual(reply.json, {"removed": 17, "undo": 2})
        self.assertEqual(self.world.get("/api/levels").json["total"], 0)
        reply = self.world.manage("POST", "/api/audit/1/undo")
        self.assertEqual(reply.code, (409, "cannot_be_undone"))
        self.assertEqual(self.world.manage("POST", "/api/audit/2/undo").json, {"restored": 17})
        self.assertEqual(self.world.get("/api/levels/7").json["title"], "Downhill")

    def test_purge(self) -> None:
        """A dry run counts, and a purge takes away."""
        bounds = {"level": 7, "min": 90, "max": 95}
        reply = self.world.manage("POST", "/api/purge", {**bounds, "dry_run": True})
        self.assertEqual(reply.json, {"count": 6})
        reply = self.world.manage("POST", "/api/purge", {**bounds, "dry_run": False})
        self.assertEqual(reply.json, {"count": 6, "undo": 1})
        entries = self.world.manage("GET", "/api/audit").json["entries"]
        self.assertEqual(entries, [{
            "id": 1, "at": entries[0]["at"], "action": "purge", "what": bounds,
            "from": "192.0.2.7", "by": "admin", "undone": False,
        }])  # fmt: skip
        self.assertRegex(entries[0]["at"], r"^2026-11-21T10:30:00Z$")

    def test_wrong_purges(self) -> None:
        """Bounds are judged as strictly as anything; without any there is no purge."""
        for body, code in [
            ({"dry_run": True}, "invalid_data"), ({"level": 7}, "invalid_data"),
            ({"level": 7, "dry_run": 1}, "invalid_data"),
            ({"x": 7, "dry_run": True}, "invalid_data"),
            ({"from": "yesterday", "dry_run": True}, "invalid_data"),
            ({"to": 5, "dry_run": True}, "invalid_data"),
        ]:  # fmt: skip
            with self.subTest(body=body):
                reply = self.world.manage("POST", "/api/purge", body)
                self.assertEqual(reply.code, (400, code))
        body = {"level": 7, "from": "2026-11-21T10:30:00Z", "dry_run": True}
        reply = self.world.manage("POST", "/api/purge", body)
        self.assertEqual(reply.code, (409, "no_times"))

    def test_purge_by_moments(self) -> None:
        """Moments are bounds where the level keeps them."""
        self.world.manage("PUT", "/api/levels/8", {"times": True})
        self.submit(8, 1, 5)
        self.world.clock.now += 60
        self.submit(8, 2, 5)
        for bounds, count in [
            ({"from": "2026-11-21T10:30:00Z", "to": "2026-11-21T10:31:00Z"}, 2),
            ({"from": "2026-11-21T10:30:01Z"}, 1), ({"to": "2026-11-21T10:30:59"}, 1),
        ]:  # fmt: skip
            body = {"level": 8, **bounds, "dry_run": True}
            self.assertEqual(self.world.manage("POST", "/api/purge", body).json["count"], count)

    def test_admin_only(self) -> None:
        """Without the token nothing changes; without an admin there is no such call."""
        calls = [
            ("DELETE", "/api/levels/7"), ("DELETE", "/api/levels/7/users/3"),
            ("POST", "/api/users/3/ban"), ("POST", "/api/users/3/unban"),
            ("POST", "/api/users/3/hide"), ("POST", "/api/users/3/unhide"),
            ("POST", "/api/purge"), ("GET", "/api/audit"), ("POST", "/api/audit/1/undo"),
        ]  # fmt: skip
        for method, target in calls:
            with self.subTest(target=target):
                self.assertEqual(self.world.ask(method, target).status, 401)
                self.assertEqual(
                    self.world.ask(method, target, authorization="Bearer wrong").status, 401
                )
                self.assertEqual(World(admin=None).manage(method, target).status, 404)
        self.assertEqual(self.world.scores.audit(0, 10), [])


if __name__ == "__main__":
    unittest.main()
