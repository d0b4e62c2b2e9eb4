"""Streams that wait for news."""

from __future__ import annotations

import re
import socket
import unittest
from itertools import pairwise
from typing import Any

import mock  # noqa: UP026 (the same mock on every Python)

from gameserver.server.live import Watchers
from gameserver.web.event_stream import make_version
from gameserver.web.messages import Request, Response
from tests.raw_client import request_bytes
from tests.server.timed import LIST, TimedTestCase
from tests.support import make_request, wait_until
from tests.watcher import Watcher

JSON = "Content-Type: application/json"
LIVE = request_bytes("GET", "/api/live?levels=7")


class LiveTestCase(TimedTestCase):
    """A server whose client plays."""

    def setUp(self) -> None:
        super().setUp()
        key = self.client.ask(request_bytes("GET", "/1/login")).body.decode()
        self.key = f"sessionkey={key}"
        self.score = 0

    def watch(self, levels: str, *fields: str, version: str = "1.1", **options: Any) -> Watcher:
        return Watcher.of(self.connect(**options), levels, *fields, version=version)

    def play(self, level_id: int = 7, **more: Any) -> int:
        """A better score than all before."""
        self.score += 1
        data = request_bytes("POST", f"/{level_id}/score?{self.key}", b"%d" % self.score)
        self.assertEqual(self.client.ask(data).status, 200)
        return self.score

    def assert_score(self, watcher: Watcher, score: int | None, level_id: int = 7) -> None:
        """The next event is the level's board with this score at its top."""
        board = watcher.event().json
        entries = board["entries"]
        found = entries[0]["score"] if entries else None
        self.assertEqual((board["level"], found), (level_id, score))

    def watchers(self) -> int:
        return len(self.server.watchers.watching)

    def stop_between_rounds(self) -> None:
        """Time stands still, and no round of news is under way or due."""
        self.time.stand_still()
        watchers = self.server.watchers
        wait_until(lambda: watchers._next_round > self.time.monotonic() and not watchers._round)


class NewsTest(LiveTestCase):
    def test_head(self) -> None:
        """The stream is chunked, and says what it is to proxies, caches and pages."""
        watcher = self.watch("7")
        for name, value in {
            "content-type": "text/event-stream", "transfer-encoding": "chunked",
            "cache-control": "no-store", "x-accel-buffering": "no",
            "access-control-allow-origin": "*",
        }.items():  # fmt: skip
            self.assertEqual(watcher.headers[name], value)
        self.assertNotIn("connection", watcher.headers)
        event = watcher.event()
        self.assertEqual(event.name, "board")
        self.assertIn(watcher.retry, range(1000, 5001))

    def test_news(self) -> None:
        """Who watches sees the board at once, and after each change."""
        watchers = [self.watch("7"), self.watch("8,7"), self.watch("9")]
        self.assert_score(watchers[0], None)
        self.assert_score(watchers[1], None, 8)
        self.assert_score(watchers[1], None)
        self.assert_score(watchers[2], None, 9)
        for _ in range(2):
            score = self.play()
            for watcher in watchers[:2]:
                self.assert_score(watcher, score)
        self.assertTrue(watchers[2].client.is_quiet())
        score = self.play(9)
        self.assert_score(watchers[2], score, 9)

    def test_resume(self) -> None:
        """Who comes back with the id of the last event gets nothing twice, whatever it missed."""
        watcher = self.watch("7,8")
        first, second = watcher.event(), watcher.event()
        watcher.client.close()
        missing_one = self.watch("7,8", f"Last-Event-ID: {first.id}")
        self.assert_score(missing_one, None, 8)
        self.assertEqual(missing_one.id, second.id)
        back = self.watch("7,8", f"Last-Event-ID: {second.id}")
        score = self.play(8)
        self.assert_score(back, score, 8)
        self.assert_score(missing_one, score, 8)
        self.assertEqual(back.id, missing_one.id)
        late = self.watch("7,8", f"Last-Event-ID: {second.id}")
        self.assert_score(late, score, 8)

    def test_comers_between_rounds(self) -> None:
        """Who comes after a change and before the others are told gets it once."""
        old = self.watch("7")
        self.assert_score(old, None)
        score = self.play()
        self.assert_score(old, score)
        self.stop_between_rounds()
        scores = [self.play(), self.play()]
        new = self.watch("7")
        self.assert_score(new, scores[-1])
        self.assertTrue(old.client.is_quiet())
        self.time.go_on()
        self.assert_score(old, scores[-1])
        score = self.play()
        self.assert_score(new, score)
        self.assert_score(old, score)

    def test_many_levels(self) -> None:
        """Who watches 100 levels comes back with an id that says all of them."""
        numbers = [2147483647 - n for n in range(100)]
        levels = ",".join(map(str, numbers))
        watcher = self.watch(levels)
        for number in numbers:
            self.assert_score(watcher, None, number)
        back = self.watch(levels, f"Last-Event-ID: {watcher.id}")
        self.assert_score(back, self.play(numbers[50]), numbers[50])

    def test_nothing_to_see(self) -> None:
        """A change that nobody can see is no event, for those who have come meanwhile either."""
        old = self.watch("7")
        self.assert_score(old, None)
        drawn = self.client.ask(request_bytes("POST", "/api/users", b"{}", JSON)).body
        user, secret = re.findall(rb'"user": ?([0-9]+), ?"secret": ?"(.*?)"', drawn)[0]
        login = request_bytes("POST", f"/{user.decode()}/login", secret)
        own = self.client.ask(login).body.decode()
        target = f"/api/users/{user.decode()}?sessionkey={own}"
        before = set(self.versions())
        reply = self.client.ask(request_bytes("PUT", target, b'{"name": "Zoe"}', JSON))
        self.assertEqual(reply.status, 200)
        new = self.watch("7")
        self.assert_score(new, None)
        wait_until(lambda: len(self.versions()) == 1 and not self.versions() & before)
        for watcher in (old, new):
            self.assertTrue(watcher.client.is_quiet())
        score = self.play()
        for watcher in (old, new):
            self.assert_score(watcher, score)

    def versions(self) -> set[str]:
        """Those of level 7 that watchers have."""
        audiences = list(self.server.watchers.watching.values())  # at once: another thread's
        return {audience.versions[7] for audience in audiences}

    def test_http_1_0(self) -> None:
        """An old client, or one that asks for it, has a stream that ends with the connection."""
        for fields, version in [
            ((), "1.0"), (("Connection: keep-alive",), "1.0"), (("Connection: close",), "1.1"),
        ]:  # fmt: skip
            watcher = self.watch("7", *fields, version=version)
            self.assertEqual(watcher.headers["connection"], "close")
            self.assertNotIn("transfer-encoding", watcher.headers)
            watcher.event()
            self.assert_score(watcher, self.play())
        self.server.stop()
        with self.assertRaises(EOFError):
            watcher.event()

    def test_head_method(self) -> None:
        """HEAD gets the head alone, watches nothing, and the connection goes on."""
        reply = self.client.ask(LIVE.replace(b"GET", b"HEAD"))
        self.assertEqual(reply.headers["content-type"], "text/event-stream")
        self.assertEqual(self.client.ask(LIST).status, 200)
        self.assertEqual(self.watchers(), 0)
        self.assertFalse(self.server.watchers._places)

    def test_pipeline(self) -> None:
        """What comes before is answered before; what comes behind is ignored."""
        client = self.connect()
        client.send(LIST)
        self.assertEqual(client.reply().status, 200)
        client.send(LIST + LIST)
        for _ in range(2):
            self.assertEqual(client.reply().status, 200)
        watcher = Watcher.of(client, "7")
        self.assert_score(watcher, None)
        client.send(LIST, b"\0", b"x" * 10_000)
        self.let_it_work()
        self.assert_score(watcher, self.play())

    def test_bad_query(self) -> None:
        """A request without a stream leaves the connection as it was."""
        bad = request_bytes("GET", "/api/live?levels=x")
        for _ in range(2):
            self.assertEqual(self.client.ask(bad).status, 400)
        self.assertEqual(self.client.ask(LIST).status, 200)
        self.assertFalse(self.server.watchers._places)

    def test_stop(self) -> None:
        """A stop ends all streams at once, as streams end."""
        watchers = [self.watch("7"), self.watch("7,8"), self.watch("7", version="1.0")]
        for watcher in watchers:
            watcher.event()
        watchers[1].event()
        self.server.stop()
        for watcher in watchers:
            with self.assertRaises(EOFError):
                watcher.event()

    def test_request_at_the_stop(self) -> None:
        """Who comes while the server stops has the newest board, and comes back."""
        client = self.connect()
        client.send(LIVE[:10])
        self.let_it_work()
        self.server.stop()
        watcher = Watcher(client.send(LIVE[10:]))
        self.assert_score(watcher, None)
        with self.assertRaises(EOFError):
            watcher.event()

    def test_many(self) -> None:
        """More watchers than are told at once are all told, and others are served meanwhile."""
        with (
            mock.patch("gameserver.server.live.WATCHERS_AT_ONCE", 3),
            mock.patch("gameserver.server.live.LEVELS_AT_ONCE", 2),
        ):
            watchers = {level: [self.watch(str(level)) for _ in range(8)] for level in range(5)}
            for level, group in watchers.items():
                for watcher in group:
                    self.assert_score(watcher, None, level)
            for level, group in watchers.items():
                score = self.play(level)
                for watcher in group:
                    self.assert_score(watcher, score, level)

    def test_at_most_four_a_second(self) -> None:
        """Between two events of a level there is a quarter of a second at least."""
        watcher = self.watch("7")
        self.assert_score(watcher, None)
        handle = self.server._app.handle
        moments = []

        def watched(requests: Any) -> Any:
            if any(not each.method for each in requests):
                moments.append(self.server._loop.now)
            return handle(requests)

        with mock.patch.object(self.server._app, "handle", watched):
            for _ in range(3):
                score = self.play()
                self.assert_score(watcher, score)
        self.assertGreaterEqual(len(moments), 3)
        for earlier, later in pairwise(moments):
            self.assertGreaterEqual(later, earlier + 0.25)

    def test_failure(self) -> None:
        """A round of news that fails harms nobody, and the next one goes."""
        watcher = self.watch("7")
        self.assert_score(watcher, None)
        failing = mock.patch.object(self.server.watchers, "_ask", side_effect=RuntimeError)
        with self.assertLogs("gameserver.server.live", "ERROR"), failing as ask:
            score = self.play()
            wait_until(lambda: ask.call_count > 1)
        self.assert_score(watcher, score)

    def test_watcher_that_fails(self) -> None:
        """One that raises an error is closed; the others of its audience have their news."""
        watchers = []
        for _ in range(3):  # one after the other, so that it is known which is the first
            watchers.append(self.watch("7"))
            self.assert_score(watchers[-1], None)
        first = next(iter(self.server.watchers.watching))

        class Broken:
            def __get__(self, connection: Any, _: Any) -> Any:
                if connection is first:
                    raise RuntimeError
                return tell.__get__(connection)

        tell = type(first).tell
        with (
            mock.patch.object(type(first), "tell", Broken()),
            self.assertLogs("gameserver.server.base", "ERROR"),
        ):
            score = self.play()
            for watcher in watchers[1:]:
                self.assert_score(watcher, score)
            self.assertEqual(watchers[0].client.socket.recv(1), b"")

    def test_application_away(self) -> None:
        """While the application cannot be asked watchers wait, and get the news later."""
        watcher = self.watch("7")
        self.assert_score(watcher, None)
        score = self.play()
        handle = self.server._app.handle
        failed = []

        def fail(requests: Any) -> Any:
            if any(not each.method for each in requests):
                failed.append(1)
                return [Response(503)] * len(requests)
            return handle(requests)

        with mock.patch.object(self.server._app, "handle", fail):
            wait_until(lambda: len(failed) > 1)
        self.assert_score(watcher, score)


class QuestionTest(unittest.TestCase):
    """What the application is asked for all watchers together."""

    def setUp(self) -> None:
        self.loop = mock.Mock(now=0.0)
        self.asked: list[Request] = []
        self.watchers = Watchers(self.loop, self.ask, mock.Mock(), 10, lambda low, high: low)
        self.version = make_version("a", "1", "d")
        # However much the garbage collector has to do meanwhile, a round costs nothing.
        self.enterContext(mock.patch("gameserver.server.live.time.thread_time", return_value=0.0))

    def ask(self, request: Request) -> Response:
        self.asked.append(request)
        return Response()

    def watch(self, **versions: str) -> None:
        """A connection that has these versions; levels are named `l7`."""
        request = make_request("GET", "/api/live?levels=7", last_event_id="x")
        connection = mock.Mock()
        self.watchers.admit(connection, request)
        more = [each for name, text in versions.items() for each in (int(name[1:]), text, 0)]
        self.watchers.open(connection, request, Response(more=tuple(more)))

    def test_question(self) -> None:
        """It is no client's, counts for no limit, and names each level once."""
        other = make_version("a", "2", "e")
        self.watch(l7=self.version)
        self.watch(l7=self.version, l8=self.version)
        self.watch(l8=other)
        self.assertEqual(self.watchers.go_on(), 0)
        (question,) = self.asked
        self.assertEqual((question.method, question.client, question.query), ("", "", ""))
        self.assertFalse(question.match.limited or question.headers)
        # Where not all have the same version none is known.
        self.assertEqual(question.match.captures, (7, self.version, 8, ""))

    def test_rounds(self) -> None:
        """Rounds are a quarter of a second apart; many levels are asked for in parts."""
        self.watch(**{f"l{level}": self.version for level in range(250)})
        for moment in (0.0, 0.25):
            self.loop.now = moment
            for _ in range(3):
                self.assertEqual(self.watchers.go_on(), 0)
            self.assertEqual(self.watchers.go_on(), 0.25)
            self.loop.now += 0.1
            self.assertAlmostEqual(self.watchers.go_on(), 0.15)
        sizes = [len(each.match.captures) // 2 for each in self.asked]
        self.assertEqual(sizes, [100, 100, 50] * 2)

    def test_dear_rounds(self) -> None:
        """A round that cost much is followed by a longer pause, of less than a second."""
        self.watch(l7=self.version)
        for cost, pause in [(0.01, 0.25), (0.03, 0.36), (5, 0.7)]:
            self.watchers._next_round = 0.0
            times = mock.Mock(side_effect=[0.0, cost, 10.0, 10.0])
            with mock.patch("gameserver.server.live.time.thread_time", times):
                self.assertEqual(self.watchers.go_on(), 0)
                self.assertAlmostEqual(self.watchers.go_on(), pause)

    def test_comers_during_a_round(self) -> None:
        """Who comes while a round is under way is not told what is older than what it has."""
        self.watch(l7=self.version)
        newer, newest = (make_version("a", each, each) for each in "23")
        answer = Response(body=b"x", more=(7, newer, 1))
        with mock.patch.object(self.watchers, "_ask", return_value=answer):
            self.assertEqual(self.watchers.go_on(), 0)
            self.watch(l7=newest)
            old, new = self.watchers.watching
            self.watchers.go_on()
        old.tell.assert_called_once()
        new.tell.assert_not_called()
        self.assertEqual(self.watchers.watching[new].versions, {7: newest})

    def test_gone_meanwhile(self) -> None:
        """Of a client that turns out to be gone when it is told nothing is kept."""
        self.watch(l7=self.version)
        (gone,) = self.watchers.watching
        gone.tell.side_effect = lambda news: self.watchers.leave(gone) is None
        answer = Response(body=b"x", more=(7, make_version("a", "2", "2"), 1))
        with mock.patch.object(self.watchers, "_ask", return_value=answer):
            self.watchers.go_on()
            self.watchers.go_on()
        gone.tell.assert_called_once()
        self.assertFalse(self.watchers.watching or self.watchers.audiences.levels)

    def test_retry(self) -> None:
        """Clients are told to come back after a time that is drawn."""
        request = make_request("GET", "/api/live?levels=7")
        first, events = self.watchers.open(mock.Mock(), request, Response(more=(7, "a", 0)))
        self.assertEqual((first, events), (b"retry: 1000\n\n", b""))


class CommentTest(LiveTestCase):
    """What a silent stream says."""

    stands_still = True

    def test_many_comments(self) -> None:
        """Those who all fall silent at once hear something, a few at a time."""
        with mock.patch("gameserver.server.live.WATCHERS_AT_ONCE", 2):
            watchers = [self.watch("7") for _ in range(7)]
            for watcher in watchers:
                self.assert_score(watcher, None)
            self.pass_time(15.5)
            for watcher in watchers:
                watcher.comment()

    def test_comments(self) -> None:
        """A stream without news says something every 15 s."""
        watcher = self.watch("7")
        self.assert_score(watcher, None)
        for _ in range(2):
            self.pass_time(14.5)
            self.assertTrue(watcher.client.is_quiet())
            self.pass_time(1)
            watcher.comment()
        self.client = self.connect()
        score = self.play()
        self.pass_time(0.5)
        self.assert_score(watcher, score)


class EndTest(LiveTestCase):
    """How streams end."""

    stands_still = True

    def test_gone(self) -> None:
        """Who goes is no watcher any more, however it goes."""
        for how in range(3):
            watcher = self.watch("7,8")
            watcher.event()
            self.assertEqual(self.watchers(), 1)
            if how == 1:
                watcher.client.reset_at_close()
            if how == 2:
                watcher.client.socket.shutdown(1)
            else:
                watcher.client.close()
            wait_until(lambda: not self.watchers())
        watchers = self.server.watchers  # one goes step by step
        wait_until(lambda: not (watchers.audiences.levels or watchers._places or watchers._taken))

    def fill(self) -> None:
        """A level whose board is long."""
        for user in range(15):
            key = self.client.ask(request_bytes("GET", f"/{user}/login")).body.decode()
            body = b'{"score": 0, "meta": {"x": "%s"}}' % (b"y" * 990)
            target = f"/api/levels/7/scores?sessionkey={key}"
            self.assertEqual(self.client.ask(request_bytes("POST", target, body)).status, 200)

    def stall(self) -> Watcher:
        """A watcher who takes nothing, and is owed something."""
        slow = self.watch("7", receive_buffer=4096)
        connection = next(iter(self.server.watchers.watching))
        for _ in range(200):
            if connection._debt:
                return slow
            self.play()
            self.pass_time(0.3)
        self.fail("the client takes everything")

    def test_slow_watcher(self) -> None:
        """Who takes nothing for 10 s is dropped, while others get all news."""
        self.fill()
        self.stall()
        other = self.watch("7")
        other.event()
        score = self.play()
        self.pass_time(0.3)
        self.assert_score(other, score)
        self.assertEqual(self.watchers(), 2)
        self.time.ahead += 10.5
        wait_until(lambda: self.watchers() == 1)
        wait_until(lambda: self.server.ledger.total == 0)
        score = self.play()
        self.pass_time(0.3)
        self.assert_score(other, score)

    @unittest.skipUnless(hasattr(socket, "TCP_USER_TIMEOUT"), "this system has no such option")
    def test_vanished_watcher(self) -> None:
        """The kernel breaks a connection whose client takes nothing for 10 s, vanished or not."""
        watcher = self.watch("7")
        watcher.event()
        (connection,) = self.server.watchers.watching
        option = socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT
        self.assertEqual(connection._socket.getsockopt(*option), 10_000)

    def test_late_watcher(self) -> None:
        """Who takes it late gets the newest then, once."""
        self.fill()
        slow = self.stall()
        for _ in range(10):
            score = self.play()
            self.pass_time(0.3)
        self.time.go_on()
        board = slow.event().json
        seen = [board["entries"][0]["score"]]
        while seen[-1] != score:
            seen.append(slow.event().json["entries"][0]["score"])
        self.assertEqual(seen, sorted(set(seen)))
        self.assertNotIn(score - 1, seen)
        self.assert_score(slow, self.play())

    def test_stop_with_a_slow_watcher(self) -> None:
        """A stop does not wait for somebody who takes nothing."""
        self.fill()
        slow = self.stall()
        self.server.stop()
        wait_until(lambda: not self.watchers())
        with self.assertRaises((ConnectionResetError, AssertionError)):
            while True:
                slow.event()


class LimitTest(LiveTestCase):
    options = {"max_connections": 12}

    def test_half_of_an_address(self) -> None:
        """Streams take half of an address's connections; the next is told so, and goes on."""
        with mock.patch("gameserver.server.live.MAX_STREAMS_PER_ADDRESS", 3):
            watchers = [self.watch("7") for _ in range(3)]
            reply = self.client.ask(LIVE)
            self.assertEqual((reply.status, reply.headers["retry-after"]), (503, "1"))
            self.assertIn(b"live streams", reply.body)
            self.assertEqual(self.client.ask(LIST).status, 200)
            self.watch("7", source="127.0.0.2")
            watchers[0].client.close()
            wait_until(lambda: self.watchers() == 3)
            self.watch("7")

    def test_some_are_left_for_players(self) -> None:
        """Streams take three of four connections."""
        watchers = [self.watch("7") for _ in range(9)]
        self.assertEqual(self.client.ask(LIVE).status, 503)
        self.assertEqual(len(watchers), 9)

    def test_books(self) -> None:
        """A stream counts as one request, and what is asked for it as none."""
        watcher = self.watch("7")
        watcher.event()
        self.assert_score(watcher, self.play())

        def metrics() -> str:
            return self.client.ask(request_bytes("GET", "/metrics")).body.decode()

        wait_until(lambda: "gameserver_watchers 1\n" in metrics())
        line = 'gameserver_requests_total{route="/api/live",status="200"} 1\n'
        wait_until(lambda: line in metrics())
        self.assertNotIn('route="chunk"', metrics())


class AccessLogTest(LiveTestCase):
    options = {"access_log": True}

    def test_access_log(self) -> None:
        """It has one line in the log, when it begins."""
        with self.assertLogs("gameserver.access") as log:
            watcher = self.watch("7")
            self.assert_score(watcher, None)
            self.assert_score(watcher, self.play())
        lines = "\n".join(record.getMessage() for record in log.records).split("\n")
        paths = [line.split()[-2] for line in lines if "login" not in line]
        self.assertEqual(paths, ["/api/live", "/7/score"])


del LiveTestCase

if __name__ == "__main__":
    unittest.main()
