"""Reading the boards."""

from __future__ import annotations

import itertools
import unittest
from typing import Any

from tests.views.world import NOW, TOKEN, World


class BoardTestCase(unittest.TestCase):
    def setUp(self) -> None:
        self.world = World()

    def json(self, target: str) -> Any:
        reply = self.world.get(target)
        self.assertEqual(reply.status, 200, reply.body)
        return reply.json

    def users(self, target: str) -> list[int]:
        return [entry["user"] for entry in self.json(target)["entries"]]

    def assert_refused(self, target: str, status: int, code: str) -> None:
        self.assertEqual(self.world.get(target).code, (status, code), target)


class LeaderboardTest(BoardTestCase):
    """GET /api/levels/<level_id>"""

    def test_empty(self) -> None:
        """A level that nobody has played is a board without entries."""
        expected = {
            "level": 7, "title": None, "season": "all", "next_reset": None, "resets_in": None,
            "players": 0, "offset": 0, "limit": 15, "entries": [], "next": None,
        }  # fmt: skip
        self.assertEqual(self.json("/api/levels/7"), expected)

    def test_pages(self) -> None:
        """Offset and limit cut a page out; behind the end there is nothing."""
        self.world.fill(7, 20)
        self.assertEqual(self.users("/api/levels/7"), list(range(1, 16)))
        self.assertEqual(self.users("/api/levels/7?offset=18&limit=5"), [19, 20])
        self.assertEqual(self.users("/api/levels/7?offset=20"), [])
        page = self.json("/api/levels/7?offset=3&limit=1")
        self.assertEqual(page["entries"], [{"rank": 4, "user": 4, "name": None, "score": 170}])
        self.assertEqual((page["players"], page["offset"], page["limit"]), (20, 3, 1))

    def test_cursor(self) -> None:
        """Pages by cursor neither repeat nor skip, though the board moves."""
        self.world.fill(7, 20)
        page = self.json("/api/levels/7?limit=8")
        seen = [entry["user"] for entry in page["entries"]]
        self.world.scores.submit(7, 99, 1000)
        while page["next"] is not None:
            page = self.json(f"/api/levels/7?limit=8&after={page['next']}")
            seen += [entry["user"] for entry in page["entries"]]
        self.assertEqual(seen, list(range(1, 21)))

    def test_friends(self) -> None:
        """Those asked for have their rank and their place; the absent are named."""
        self.world.fill(7, 20)
        page = self.json("/api/levels/7?users=30,9,4")
        self.assertEqual([entry["user"] for entry in page["entries"]], [4, 9])
        self.assertEqual([entry["rank"] for entry in page["entries"]], [4, 9])
        self.assertEqual([entry["place"] for entry in page["entries"]], [1, 2])
        self.assertEqual((page["missing"], page["limit"], page["next"]), ([30], 3, None))

    def test_wrong_queries(self) -> None:
        """What is unknown, repeated or out of range is 400, never clamped."""
        for query in [
            "limit=0", "limit=1001", "limit=+1", "limit=1e3", "limit=", "limit", "offset=-1",
            "offset=2147483648", "nothing=1", "limit=1&limit=1", "users=", "users=1,,2",
            "users=1,1", "users=" + ",".join(map(str, range(301))), "after=zz", "after=",
            "after=0-1&offset=1", "users=1&offset=1", "season=", "season=%41%zz", "season=%ff",
            "q=1", "&",
        ]:  # fmt: skip
            self.assertEqual(self.world.get(f"/api/levels/7?{query}").status, 400, query)
        self.assert_refused("/api/levels/x", 400, "bad_request")
        self.assert_refused("/api/levels/2147483648", 400, "bad_request")
        self.assert_refused("/api/levels/7?season=2020", 404, "no_such_season")

    def test_encoded_query(self) -> None:
        """A name or a value may be percent-encoded."""
        self.world.fill(7, 3)
        self.assertEqual(self.users("/api/levels/7?%6cimit=%31"), [1])

    def test_error(self) -> None:
        """An error is problem details, with the field that is wrong."""
        reply = self.world.get("/api/levels/7?limit=0")
        detail = "must be a whole number from 1 to 1000, in decimal digits"
        self.assertEqual(reply.content_type, "application/problem+json")
        self.assertEqual(
            reply.json,
            {
                "type": "about:blank", "title": "Bad Request", "status": 400,
                "detail": f"limit {detail}", "error": "invalid_data",
                "message": f"limit {detail}", "errors": [{"field": "limit", "detail": detail}],
            },
        )  # fmt: skip

    def test_extras(self) -> None:
        """Metadata, moments, tiers and the display are there where the level has them."""
        self.world.configure(7, times=True, tiers=[["gold", 1], ["rest", 100]], decimals=2)
        self.world.post(7, 1, 12345, meta={"car": "réd"})
        (entry,) = self.json("/api/levels/7")["entries"]
        self.assertEqual(
            entry,
            {
                "rank": 1, "user": 1, "name": None, "score": 12345, "meta": {"car": "réd"},
                "at": "2026-11-21T10:30:00Z", "tier": "rest", "display": "123.45",
            },
        )  # fmt: skip

    def test_display(self) -> None:
        """Times are minutes and seconds, with hours where there are some."""
        for score, decimals, shown in [
            (5, 0, "0:05"), (62_50, 2, "1:02.50"), (3_600_000, 3, "1:00:00.000"), (59, 0, "0:59"),
        ]:  # fmt: skip
            level_id = score
            self.world.configure(level_id, format="time", decimals=decimals)
            self.world.post(level_id, 1, score)
            (entry,) = self.json(f"/api/levels/{level_id}")["entries"]
            self.assertEqual(entry["display"], shown)

    def test_seasons(self) -> None:
        """The board starts afresh with its season; past ones stay readable."""
        self.world.configure(7, reset="weekly")
        self.world.post(7, 1, 100)
        page = self.json("/api/levels/7")
        self.assertEqual((page["season"], page["next_reset"]), ("2026-W47", "2026-11-23T00:00:00Z"))
        self.assertEqual(page["resets_in"], 37.5 * 3600)
        self.world.clock.now += 40 * 3600
        self.assertEqual(self.json("/api/levels/7")["entries"], [])
        past = self.json("/api/levels/7?season=2026-W47")
        self.assertEqual((past["season"], past["entries"][0]["user"]), ("2026-W47", 1))
        self.assertEqual(past["next_reset"], "2026-11-30T00:00:00Z")
        listed = self.json("/api/levels/7/seasons")["seasons"]
        self.assertEqual([season["season"] for season in listed], ["2026-W48", "2026-W47"])
        self.assertEqual(listed[1]["start"], "2026-11-16T00:00:00Z")
        self.assertEqual((listed[1]["players"], listed[1]["best"]), (1, 100))


class ETagTest(BoardTestCase):
    """Whoever has the newest page is told so."""

    def test_not_modified(self) -> None:
        """With the ETag of the newest page it is 304, without a body, until the board changes."""
        self.world.fill(7, 3)
        scores = itertools.count(1000)
        for target in [
            "/api/levels", "/api/levels/7", "/api/levels/7/users/1", "/api/levels/7/rank?score=5",
            "/api/levels/7/seasons", "/api/levels/7/histogram", "/api/levels/7.csv",
            "/api/users/1", "/api/users?q=a", "/openapi.json",
        ]:  # fmt: skip
            etag = self.world.get(target).etag
            self.assertRegex(etag, r'\AW/"[0-9A-Za-z.-]+"\Z')
            for known in (etag, etag[2:], f'"x", {etag}', "*"):
                reply = self.world.get(target, if_none_match=known)
                self.assertEqual((reply.status, reply.body, reply.etag), (304, b"", etag), target)
            self.assertEqual(self.world.get(target, if_none_match='W/"x"').status, 200)
            self.world.scores.submit(7, 1, next(scores))
            changed = self.world.get(target, if_none_match=etag)
            self.assertEqual(changed.status, 304 if target == "/openapi.json" else 200, target)

    def test_rendered_once(self) -> None:
        """A page is the same object until the board, a name or a setting changes."""
        self.world.fill(7, 3)

        def body() -> bytes:
            return self.world.get("/api/levels/7").body

        first = body()
        self.assertIs(body(), first)
        for change in (
            lambda: self.world.scores.submit(7, 1, 1000),
            lambda: self.world.scores.rename(1, "Ann"),
            lambda: self.world.configure(7, title="Downhill"),
        ):
            change()
            self.assertNotEqual(body(), first)
            first = body()
            self.assertIs(body(), first)

    def test_time_left(self) -> None:
        """The seconds that are left go down in a page that has not changed, as its ETag says."""
        self.world.configure(7, reset="daily")
        self.world.post(7, 1, 100)
        first = self.world.get("/api/levels/7")
        self.world.clock.now += 10.5
        second = self.world.get("/api/levels/7")
        self.assertEqual(first.etag, second.etag)
        self.assertEqual(first.json["resets_in"] - second.json["resets_in"], 10)

    def test_season_ends(self) -> None:
        """The ETag of the season that is on is another one in the next season."""
        self.world.configure(7, reset="daily")
        for target in ("/api/levels/7", "/api/levels/7?season=2026-11-21", "/api/levels"):
            self.world.clock.now = NOW
            etag = self.world.get(target).etag
            self.world.clock.now = NOW + 24 * 3600
            self.world.post(7, 1, 100)
            self.assertEqual(self.world.get("/api/levels/7", if_none_match=etag).status, 200)
            self.world = World()
            self.world.configure(7, reset="daily")
            self.world.post(7, 1, 100)


class UserTest(BoardTestCase):
    """GET /api/levels/<level_id>/users/<user_id>"""

    def test_window(self) -> None:
        """The window keeps its size at the edges."""
        self.world.fill(7, 10)
        for user_id, expected in [(1, [1, 2, 3]), (5, [4, 5, 6]), (10, [8, 9, 10])]:
            self.assertEqual(self.users(f"/api/levels/7/users/{user_id}?around=1"), expected)
        self.assertEqual(self.users("/api/levels/7/users/3"), [3])
        self.assertEqual(self.users("/api/levels/7/users/3?around=500"), list(range(1, 11)))

    def test_rank(self) -> None:
        """The rank, the score, the percentile and the tier."""
        self.world.configure(7, tiers=[["gold", 10], ["silver", 40]])
        self.world.fill(7, 10)
        reply = self.json("/api/levels/7/users/4")
        reply.pop("entries")
        self.assertEqual(
            reply,
            {
                "level": 7, "season": "all", "user": 4, "name": None, "rank": 4, "score": 70,
                "percentile": 70.0, "players": 10, "tier": "silver",
            },
        )  # fmt: skip

    def test_no_score(self) -> None:
        """Who has no score is 404."""
        self.assert_refused("/api/levels/7/users/4", 404, "no_such_score")
        self.assert_refused("/api/levels/7/users/4?around=501", 400, "invalid_data")


class OtherReadingTest(BoardTestCase):
    """What else there is to read."""

    def test_rank_of_a_score(self) -> None:
        """A new post stands behind equal scores."""
        self.world.fill(7, 3)
        for score, rank in [(31, 1), (30, 2), (11, 3), (10, 4), (0, 4)]:
            self.assertEqual(self.json(f"/api/levels/7/rank?score={score}"), {"rank": rank})
        self.assert_refused("/api/levels/7/rank", 400, "invalid_data")

    def test_histogram(self) -> None:
        """Every score is in one bucket."""
        self.world.fill(7, 10)
        reply = self.json("/api/levels/7/histogram?buckets=5")
        self.assertEqual(sum(bucket["count"] for bucket in reply["buckets"]), 10)
        self.assertEqual(set(reply["percentiles"]), {"1", "10", "25", "50", "75", "90", "99"})
        self.assertEqual(self.json("/api/levels/8/histogram"), {"buckets": [], "percentiles": {}})
        self.assertNotIn("tiers", reply)
        self.world.configure(7, tiers=[["gold", 20]])
        tiers = self.json("/api/levels/7/histogram")["tiers"]
        second = self.json("/api/levels/7?limit=1&offset=1")["entries"][0]["score"]
        self.assertEqual(tiers, [{"name": "gold", "percent": 20, "score": second}])

    def test_levels(self) -> None:
        """The busiest first; by a number or a part of the title."""
        self.world.fill(7, 2)
        self.world.fill(8, 3)
        self.world.configure(9, title="Down hill")
        self.assertEqual([each["level"] for each in self.json("/api/levels")["levels"]], [8, 7, 9])
        for query, found in [("q=HILL", [9]), ("q=7", [7]), ("offset=1&limit=1", [7])]:
            listed = self.json(f"/api/levels?{query}")["levels"]
            self.assertEqual([each["level"] for each in listed], found)

    def test_settings_in_the_list(self) -> None:
        """Only the admin sees all settings there; a wrong token is refused."""
        self.world.fill(7, 1)
        (seen,) = self.json("/api/levels")["levels"]
        self.assertNotIn("rate_user", seen["settings"])
        (seen,) = self.world.manage("GET", "/api/levels").json["levels"]
        self.assertIn("rate_user", seen["settings"])
        reply = self.world.get("/api/levels", authorization=f"Bearer {TOKEN}x")
        self.assertEqual(reply.code, (401, "unauthorized"))
        self.assertEqual(reply.headers["WWW-Authenticate"], "Bearer")


if __name__ == "__main__":
    unittest.main()
