"""Posting scores: one, several, and again."""

from __future__ import annotations

import unittest
from typing import Any

from gameserver.scores.values import Limits
from tests.views.world import Reply, World


class PostingTestCase(unittest.TestCase):
    def setUp(self) -> None:
        self.world = World()
        self.key = self.world.sessions.login(7)

    def post(self, body: Any, query: str = "", **headers: str) -> Reply:
        """A post of user 7's to level 2."""
        target = f"/api/levels/2/scores?sessionkey={self.key}{query}"
        return self.world.ask("POST", target, body, **headers)

    def post_all(self, body: Any) -> Reply:
        return self.world.ask("POST", f"/api/scores?sessionkey={self.key}", body)

    def board(self, level_id: int = 2) -> bytes:
        return self.world.scores.high_scores(level_id)


class OneTest(PostingTestCase):
    """POST /api/levels/<level_id>/scores"""

    def test_answers(self) -> None:
        """The answer says what the post came to."""
        self.world.scores.submit(2, 8, 50)
        first, better, worse = [self.post({"score": score}).json for score in (40, 60, 10)]
        expected = {
            "level": 2, "season": "all", "user": 7, "score": 40, "best": 40, "rank": 2,
            "previous_rank": None, "improved": True,
        }  # fmt: skip
        self.assertEqual(first, expected)
        self.assertEqual((better["rank"], better["previous_rank"], better["best"]), (1, 2, 60))
        self.assertEqual((worse["rank"], worse["improved"], worse["best"]), (1, False, 60))

    def test_session_keys(self) -> None:
        """The key is in the query or in the JSON; without a valid one it is 401."""
        target = "/api/levels/2/scores"
        body = {"score": 1, "sessionkey": self.key}
        self.assertEqual(self.world.ask("POST", target, body).status, 200)
        for query, bad in [("", {}), ("?sessionkey=x", {}), ("", {"sessionkey": "x"}),
                           ("", {"sessionkey": 5}), ("", {"sessionkey": ""})]:  # fmt: skip
            reply = self.world.ask("POST", target + query, {"score": 2, **bad})
            self.assertEqual(reply.status, 401, (query, bad))
            self.assertIn("WWW-Authenticate", reply.headers)
        self.assertEqual(self.board(), b"7=1")

    def test_content_types(self) -> None:
        """JSON may be called text, or nothing; anything else is 415."""
        for kind in ("application/json", "text/plain;charset=UTF-8", "Text/Plain", ""):
            self.assertEqual(self.post({"score": 1}, content_type=kind).status, 200, kind)
        for kind in ("application/x-www-form-urlencoded", "text/plain; charset=latin-1", "a;b"):
            reply = self.post({"score": 1}, content_type=kind)
            self.assertEqual(reply.code, (415, "unsupported_media_type"), kind)

    def test_wrong_bodies(self) -> None:
        """What is no JSON, no object, or wrong in a member is 400, and leaves no trace."""
        for body in [
            b"", b"5", b"[]", b"null", b"{", b'{"score":1e3}', b'{"score":1.0}', b'{"score":+5}',
            b'{"score":NaN}', b'{"score":"5"}', b'{"score":true}', b'{"score":null}', b"\xff",
            b'{"score":-1}', b'{"score":2147483648}', b'{"score":1,"score":1}', b"{}",
            b'{"score":1,"more":1}', b'{"score":1,"user":7}', b'{"score":1,"meta":5}',
            b'{"score":1,"meta":{"a":0.5}}', b'{"score":1,"meta":{"a":1234567890123456}}',
            b'{"score":1,"meta":{"a":1,"a":2}}', b'{"score":1,"meta":null}',
            b'{"score":1,"meta":{"a":"\\ud800"}}', b'{"score":1,"meta":{"a":["\\udfff"]}}',
            b'{"score":1,"id":5}', b'{"score":1,"id":""}', b'{"score":1,"id":"\\n"}',
            b'{"score":1,"meta":' + b"[" * 5000 + b"]" * 5000 + b"}",
        ]:  # fmt: skip
            self.assertEqual(self.post(body).code, (400, "invalid_data"), body[:60])
        self.assertEqual(self.post({"score": 1}, "&more=1").code, (400, "invalid_data"))
        self.assertEqual(self.board(), b"")

    def test_metadata(self) -> None:
        """Metadata has at most 1,024 bytes as sent, is at most 8 deep, and comes back as it was."""
        for meta, status in [
            (b'{"a":"' + b"x" * 1016 + b'"}', 200), (b'{"a":"' + b"x" * 1017 + b'"}', 400),
            (b'{ "a"' + b" " * 1010 + b':"x"}', 200), (b'{ "a"' + b" " * 1020 + b':"x"}', 400),
            (b'{"a":' * 7 + b"{}" + b"}" * 7, 200), (b'{"a":' * 8 + b"{}" + b"}" * 8, 400),
        ]:  # fmt: skip
            self.setUp()
            reply = self.post(b'{"m\\u0065ta" :' + meta + b', "score":1}')
            self.assertEqual(reply.status, status, meta[:20])
            page = self.world.get("/api/levels/2").body
            self.assertEqual(meta in page, status == 200)

    def test_bounds(self) -> None:
        """The level's bounds judge each post, of the mini-game too."""
        self.world.configure(2, min=10, max=20)
        self.assertEqual(self.post({"score": 9}).code, (400, "out_of_bounds"))
        reply = self.world.ask("POST", f"/2/score?sessionkey={self.key}", b"21")
        self.assertEqual((reply.status, reply.content_type[:10]), (400, "text/plain"))
        self.assertEqual(self.board(), b"")

    def test_full(self) -> None:
        """What would be one too many is 403."""
        self.world = World(Limits(levels=1, scores=2))
        for level_id, user_id, status in [(1, 1, 200), (2, 1, 403), (1, 2, 200), (1, 3, 403)]:
            reply = self.world.post(level_id, user_id, 5)
            self.assertEqual(reply.status, status)
            if status == 403:
                self.assertEqual(reply.json["error"], "full")

    def test_rates(self) -> None:
        """Too many posts are 429, and are told when to come again."""
        self.world.configure(2, rate_user=1)
        self.assertEqual(self.post({"score": 1}).status, 200)
        reply = self.post({"score": 2})
        self.assertEqual(reply.code, (429, "too_many_requests"))
        self.assertRegex(reply.headers["Retry-After"], r"\A[1-9]\d*\Z")


class SeveralTest(PostingTestCase):
    """POST /api/scores"""

    def test_all(self) -> None:
        """Each post has its result, with its own metadata."""
        scores = [{"level": 2, "score": 5}, {"level": 3, "score": 6, "meta": {"a": 1}}]
        results = self.post_all({"scores": scores}).json["results"]
        self.assertEqual([(each["level"], each["best"]) for each in results], [(2, 5), (3, 6)])
        (entry,) = self.world.get("/api/levels/3").json["entries"]
        self.assertEqual(entry["meta"], {"a": 1})

    def test_none(self) -> None:
        """If one of them is refused, none is entered."""
        self.world.configure(3, max=10)
        scores = [{"level": 2, "score": 5}, {"level": 3, "score": 11}]
        self.assertEqual(self.post_all({"scores": scores}).code, (400, "out_of_bounds"))
        self.assertEqual((self.board(2), self.board(3)), (b"", b""))

    def test_wrong(self) -> None:
        """The error names the post that is wrong."""
        good = {"level": 2, "score": 5}
        for scores, field in [
            ([], "scores"), (5, "scores"), ([good] * 51, "scores"), ([good, 5], "scores[1]"),
            ([good, {"level": 2}], "scores[1].score"), ([{**good, "x": 1}], "scores[0]."),
            ([{**good, "meta": []}], "scores[0].meta"),
            ([{**good, "level": -1}], "scores[0].level"),
        ]:  # fmt: skip
            reply = self.post_all({"scores": scores})
            self.assertEqual(reply.code, (400, "invalid_data"))
            self.assertEqual(reply.json["errors"][0]["field"], field)
        self.assertEqual(self.post_all({}).status, 400)


class RepeatedTest(PostingTestCase):
    """A post that is sent again."""

    def test_same_answer(self) -> None:
        """The same id with the same body gives the first answer, whatever came since."""
        self.world.configure(2, keep="sum")
        first = self.post({"score": 5, "id": "a"})
        self.post({"score": 1})
        self.key = self.world.sessions.login(7)
        again = self.post({"id": "a", "score": 5})
        self.assertEqual((again.status, again.body), (200, first.body))
        self.assertEqual(self.board(), b"7=6")

    def test_header_field(self) -> None:
        """The header field says the same as the member, in quotes or without."""
        self.world.configure(2, keep="sum")
        for fields, body in [
            ({"idempotency_key": "a"}, {"score": 5}), ({"idempotency_key": '"a"'}, {"score": 5}),
            ({}, {"score": 5, "id": "a"}), ({"idempotency_key": "a"}, {"score": 5, "id": "a"}),
        ]:  # fmt: skip
            self.assertEqual(self.post(body, **fields).status, 200)
        self.assertEqual(self.board(), b"7=5")
        reply = self.post({"score": 5, "id": "b"}, idempotency_key="a")
        self.assertEqual(reply.code, (400, "invalid_data"))
        for bad in ("", "x" * 65, "\xe9"):
            self.assertEqual(self.post({"score": 5}, idempotency_key=bad).status, 400)

    def test_another_body(self) -> None:
        """The same id with another body is refused; at another level it is another id."""
        self.post({"score": 5, "id": "a"})
        for body in ({"score": 6, "id": "a"}, {"score": 5, "id": "a", "meta": {}}):
            self.assertEqual(self.post(body).code, (422, "id_reused"))
        self.assertEqual(self.world.post(3, 7, 6, id="a").status, 200)

    def test_refused_is_not_remembered(self) -> None:
        """The id of a post that was refused may be used again."""
        self.world.configure(2, max=10)
        self.assertEqual(self.post({"score": 11, "id": "a"}).status, 400)
        self.assertEqual(self.post({"score": 10, "id": "a"}).status, 200)

    def test_several(self) -> None:
        """Several posts at once have one id."""
        self.world.configure(2, keep="sum")
        body = {"scores": [{"level": 2, "score": 5}], "id": "a"}
        self.assertEqual(self.post_all(body).body, self.post_all(body).body)
        self.assertEqual(self.board(), b"7=5")

    def test_mini_game(self) -> None:
        """The mini-game's post has its id in the query."""
        self.world.configure(2, keep="sum")
        target = f"/2/score?sessionkey={self.key}&id=round%201"
        for body, status in [(b"5", 200), (b" 5\n", 200), (b"6", 422)]:
            reply = self.world.ask("POST", target, body)
            self.assertEqual(reply.status, status)
        self.assertEqual(self.board(), b"7=5")
        bad = self.world.ask("POST", f"/2/score?sessionkey={self.key}&id=", b"5")
        self.assertEqual(bad.status, 400)


if __name__ == "__main__":
    unittest.main()
