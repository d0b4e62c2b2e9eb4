"""The application whose state is in a Redis: batches, and what becomes of them without it."""

from __future__ import annotations

import unittest

import mock  # noqa: UP026 (the same mock on every Python)

from gameserver.assembly import make_services
from gameserver.storage.engine import open_engine
from gameserver.storage.redis.link.link import Unavailable
from gameserver.web.messages import Request, Response
from tests.redis_server import redis_url
from tests.support import Clock, app_on, router


class SharedAppTest(unittest.TestCase):
    """A server in this process."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.url = redis_url()
        self.engine = open_engine(store=self.url, clock=self.clock)
        self.addCleanup(self.engine.close)
        self.app = app_on(self.engine, make_services(self.engine, clock=self.clock))

    def request(self, method: str, target: str, body: bytes = b"", client: str = "a") -> Request:
        path, _, query = target.partition("?")
        return Request(method, path, query, {}, body, client, router.resolve(method, path))

    def post(self, user_id: int, score: int, client: str = "a") -> Request:
        target = f"/1/score?sessionkey={self.engine.sessions.login(user_id)}"
        return self.request("POST", target, b"%d" % score, client)

    def list(self, client: str = "a") -> Request:
        return self.request("GET", "/1/highscorelist", client=client)

    def bodies(self, *requests: Request) -> list[bytes]:
        responses = self.app.handle(requests)
        self.assertEqual({response.status for response in responses}, {200}, responses)
        return [response.body for response in responses]

    def away(self) -> mock.Mock:
        """Redis cannot be asked, within `with`."""
        patched: mock.Mock = mock.patch(
            "gameserver.storage.redis.link.links.Links.send", side_effect=Unavailable
        )
        return patched

    def test_pipelined(self) -> None:
        """Who sends several requests on a connection is answered as if one came after another."""
        found = self.bodies(self.list(), self.post(7, 5), self.list(), self.post(7, 9), self.list())
        self.assertEqual(found, [b"", b"", b"7=5", b"", b"7=9"])

    def test_one_round(self) -> None:
        """A batch of many clients costs one round trip."""
        requests = [
            each
            for number in range(20)
            for each in (self.post(number, number, str(number)), self.list(f"{number}, too"))
        ]
        send = self.engine.rounds._links.send  # type: ignore[attr-defined]
        with mock.patch("gameserver.storage.redis.link.links.Links.send", side_effect=send) as sent:
            self.bodies(*requests)
        self.assertEqual(sent.call_count, 1)

    def calls(self, name: str, *requests: Request) -> int:
        """How often a batch of these has views call a method of the store."""
        store = type(self.engine.scores)
        method = getattr(store, name)
        with mock.patch.object(store, name, autospec=True, side_effect=method) as called:
            self.bodies(*requests)
        return int(called.call_count)

    def test_known_scores(self) -> None:
        """Whether a score is the best is known for those who have posted to this server."""
        self.assertEqual(self.calls("submit", self.post(7, 5)), 2)
        for score in (4, 5, 9, 8):
            with self.subTest(score=score):
                self.assertEqual(self.calls("submit", self.post(7, score)), 1)
        self.assertEqual(self.bodies(self.list()), [b"7=9"])

    def test_known_list(self) -> None:
        """A list is read once, until it has changed."""
        self.assertEqual(self.bodies(self.post(7, 5), self.list()), [b"", b"7=5"])
        self.assertEqual(self.calls("high_scores", self.list(), self.list("b")), 2)
        self.bodies(self.post(7, 6))
        self.assertEqual(self.calls("high_scores", self.list()), 2)
        self.assertEqual(self.bodies(self.post(7, 7), self.list()), [b"", b"7=7"])

    def test_taken_away(self) -> None:
        """A score that is no better is entered if another server has taken the better one away."""
        other = open_engine(store=self.url, clock=self.clock)
        self.addCleanup(other.close)
        self.bodies(self.post(7, 9), self.post(8, 9, "b"))
        other.scores.remove(1, 7)
        self.bodies(self.post(7, 5), self.post(8, 5, "b"))
        self.assertEqual(self.bodies(self.list()), [b"8=9,7=5"])

    def test_lost(self) -> None:
        """A score that is no better is entered if Redis has lost the better one."""
        self.bodies(self.post(7, 9), self.list())
        other = open_engine(store=redis_url(), clock=self.clock)  # which empties it
        self.addCleanup(other.close)
        (response,) = self.app.handle([self.post(7, 5)])
        self.assertEqual(response.status, 401, "the secret of its key is lost, too")
        self.bodies(self.post(7, 5))
        self.assertEqual(self.bodies(self.list()), [b"7=5"])

    def test_known_answers(self) -> None:
        """What needs no view is answered in its place."""
        responses = self.app.handle(
            [self.list(), self.request("GET", "/nowhere/at/all"), self.list()]
        )
        self.assertEqual([response.status for response in responses], [200, 404, 200])

    def test_away(self) -> None:
        """Without Redis each client is told so in the format of its route; others go on."""
        login = self.request("GET", "/7/login")
        tournaments = self.request("GET", "/api/tournaments/all")
        with self.away():
            responses = self.app.handle([self.post(7, 5), login, tournaments, self.list()])
        self.assertEqual([response.status for response in responses], [503, 200, 503, 503])
        for response in (responses[0], responses[2], responses[3]):
            self.assertIn(("Retry-After", "1"), response.headers)
        self.assertIn(b'"error": "overloaded"', responses[2].body)

    def test_away_from_what_is_known(self) -> None:
        """Without Redis nothing is acknowledged of what this server knows."""
        self.bodies(self.post(7, 5), self.list())
        with self.away():
            responses = self.app.handle([self.post(7, 4), self.post(7, 5, "b"), self.post(7, 6)])
        self.assertEqual([response.status for response in responses], [503, 503, 503])

    def test_back(self) -> None:
        """After Redis was away the rules are read again, and what was asked is answered."""
        requests = [self.post(7, 5), self.list(), self.post(8, 6, "b"), self.list("b")]
        self.engine._rules.distrust()  # type: ignore[attr-defined]
        self.assertEqual(self.bodies(*requests)[1], b"8=6,7=5")

    def last_list(self) -> Response:
        with self.away():
            (response,) = self.app.handle([self.list()])
        return response

    def test_last_known_list(self) -> None:
        """Without Redis a list is shown as it was up to 5 s ago, and says how old it is."""
        self.bodies(self.post(7, 5), self.list())
        self.assertEqual(self.last_list(), Response(200, b"7=5", headers=(("Age", "0"),)))
        self.clock.now += 2.5
        self.assertEqual(self.last_list().headers, (("Age", "3"),))
        self.bodies(self.list())
        self.clock.now += 5
        self.assertEqual(self.last_list().headers, (("Age", "5"),))
        self.clock.now += 0.1
        self.assertEqual(self.last_list().status, 503)


if __name__ == "__main__":
    unittest.main()
