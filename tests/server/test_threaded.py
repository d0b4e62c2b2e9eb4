"""Requests that block: in threads, in order, and bounded."""

from __future__ import annotations

import select
import threading
import unittest
from typing import Any, ClassVar

import mock  # noqa: UP026 (the same mock on every Python)

from gameserver.server.base import GameServer
from gameserver.server.loop import has_hung_up
from gameserver.web.messages import Request, Response
from gameserver.web.routing import path
from tests.raw_client import Client, refuses, request_bytes
from tests.support import PATIENCE, Clock, TimeMachine, running, wait_until

LIST = request_bytes("GET", "/1/highscorelist")
QUICK = request_bytes("GET", "/quick")
SLOW = request_bytes("GET", "/slow")
BIG = request_bytes("GET", "/big")
ELSEWHERE = request_bytes("GET", "/elsewhere")
MANY = 90
"""Requests for as much as no socket takes, which still are read at once."""
THREADS = 4


class BlockingTestCase(unittest.TestCase):
    """A server with a view that takes as long as the test wants."""

    options: ClassVar[dict[str, Any]] = {}

    def setUp(self) -> None:
        self.entered = threading.Semaphore(0)
        self.gate = threading.Event()
        self.addCleanup(self.gate.set)
        self.time = TimeMachine()
        self.enterContext(mock.patch("gameserver.server.loop.time", self.time))
        self.server = self.enterContext(
            running(
                path("/slow", GET=self.slow, POST=self.slow, body=100, blocking=True),
                path("/quick", GET=self.quick, blocking=True),
                path("/elsewhere", GET=self.quick, blocking=True, queue="elsewhere"),
                path("/fail", GET=self.fail_in_view, blocking=True),
                path("/bad", GET=self.bad, blocking=True),
                # Many of them are made at once, as if they were short.
                path("/big", GET=self.big, short=True),
                path("/long", GET=self.big),
                **self.options,
            )
        )
        self.addCleanup(self.time.go_on)
        self.client = self.connect()

    def slow(self, request: Request, services: object) -> Response:
        self.entered.release()
        self.gate.wait(PATIENCE)
        return Response(body=b"slow" + request.body)

    def quick(self, request: Request, services: object) -> Response:
        return Response(body=b"quick")

    def fail_in_view(self, request: Request, services: object) -> Response:
        raise RuntimeError("on purpose")

    def bad(self, request: Request, services: object) -> Response:
        return Response(headers=(("X-Bad", "a\r\nX-Worse: b"),))

    def big(self, request: Request, services: object) -> Response:
        return Response(body=b"x" * 100_000)

    def connect(self) -> Client:
        return self.enterContext(Client(self.server.server_address))

    def wait_for_slow(self, count: int = 1) -> None:
        """Until so many requests have reached the view."""
        for _ in range(count):
            self.assertTrue(self.entered.acquire(timeout=PATIENCE))

    def wait_for_hang_ups(self, count: int) -> None:
        """Until the server can see that so many clients have gone."""
        clients = self.server._connections
        wait_until(lambda: sum(has_hung_up(each.fileno()) for each in list(clients)) == count)

    def assert_alive(self) -> None:
        self.assertEqual(self.connect().ask(LIST).status, 200)


class OrderTest(BlockingTestCase):
    """Requests in front of one that blocks, and behind it."""

    def test_others_go_on(self) -> None:
        """While a request blocks all other clients are served."""
        self.client.send(SLOW)
        self.wait_for_slow()
        for _ in range(10):
            self.assert_alive()
        self.assertTrue(self.client.is_quiet())
        self.gate.set()
        self.assertEqual(self.client.reply().body, b"slow")

    def test_order(self) -> None:
        """What is pipelined around requests that block is answered in order."""
        self.client.send(LIST + SLOW + LIST + SLOW + LIST)
        self.wait_for_slow()
        self.gate.set()
        bodies = [self.client.reply().body for _ in range(5)]
        self.assertEqual(bodies, [b"", b"slow", b"", b"slow", b""])

    def test_order_of_quick_ones(self) -> None:
        """However fast the thread is, it does not overtake the requests in front."""
        for _ in range(50):
            self.client.send((LIST + QUICK) * 5 + LIST)
            bodies = [self.client.reply().body for _ in range(11)]
            self.assertEqual(bodies, [b"", b"quick"] * 5 + [b""])

    def test_body(self) -> None:
        """A request that blocks may have a body, and come in pieces."""
        data = request_bytes("POST", "/slow", b"12345")
        self.gate.set()
        for cut in range(1, len(data)):
            self.client.send(data[:cut])
            self.assertEqual(self.client.ask(data[cut:]).body, b"slow12345")

    def test_close(self) -> None:
        """After a request that blocks and was the last, the connection ends."""
        self.gate.set()
        reply = self.client.ask(request_bytes("GET", "/slow", None, "Connection: close"))
        self.assertEqual((reply.body, reply.headers["connection"]), (b"slow", "close"))
        self.assertTrue(self.client.at_end())

    def test_error_behind(self) -> None:
        """What is wrong behind a request that blocks is said behind its answer."""
        self.client.send(SLOW + b"\0")
        self.wait_for_slow()
        self.gate.set()
        self.assertEqual([self.client.reply().status for _ in range(2)], [200, 400])
        self.assertTrue(self.client.at_end())

    def test_failure(self) -> None:
        """A failure in a thread is answered 500, and the connection goes on."""
        with self.assertLogs("gameserver", "ERROR"):
            reply = self.client.ask(request_bytes("GET", "/fail"))
        self.assertEqual((reply.status, reply.body), (500, b""))
        self.assertEqual(self.client.ask(LIST).status, 200)

    def test_bad_response(self) -> None:
        """A response that cannot be written is answered 500, and the server goes on."""
        with self.assertLogs("gameserver", "ERROR"):
            self.assertEqual(self.client.ask(request_bytes("GET", "/bad")).status, 500)
        self.assert_alive()


class OneThreadOrderTest(OrderTest):
    """The same for the front end without threads, where a request that blocks blocks all."""

    options = {"server_class": GameServer}

    def setUp(self) -> None:
        super().setUp()
        self.gate.set()

    def test_others_go_on(self) -> None:
        """Requests that block are answered one after the other."""
        clients = [self.connect().send(SLOW) for _ in range(5)]
        self.assertEqual([client.reply().body for client in clients], [b"slow"] * 5)


class GoneClientTest(BlockingTestCase):
    """Clients that do not wait for the answer."""

    def test_reset(self) -> None:
        """A client that goes while its request blocks is forgotten."""
        self.client.reset_at_close()
        self.client.send(LIST + SLOW + LIST + SLOW + LIST)
        self.wait_for_slow()
        self.client.close()
        self.gate.set()
        self.assert_alive()
        self.assert_alive()

    def test_reset_with_unsent_replies(self) -> None:
        """So is one for whom there was much left to send."""
        self.client.reset_at_close()
        self.client.send(BIG * MANY + SLOW)
        self.wait_for_slow()
        self.assert_alive()
        self.client.close()
        self.assert_alive()
        self.gate.set()
        self.assert_alive()
        self.assert_alive()

    def test_unread_replies(self) -> None:
        """A client that reads nothing for 10 s is gone, though its request still blocks."""
        self.client.send(BIG * MANY + SLOW)
        self.wait_for_slow()
        self.assert_alive()
        self.time.ahead += 11
        self.assert_alive()
        self.assert_alive()
        self.gate.set()
        self.assert_alive()
        self.assert_alive()

    def test_read_at_leisure(self) -> None:
        """Replies that did not fit at first come before the answer of the one that blocked."""
        self.client.send(BIG * MANY + SLOW + LIST)
        self.wait_for_slow()
        self.assert_alive()
        self.gate.set()
        self.assertEqual({len(self.client.reply().body) for _ in range(MANY)}, {100_000})
        self.assertEqual([self.client.reply().body for _ in range(2)], [b"slow", b""])

    def test_behind_unread_replies(self) -> None:
        """A request that blocks is not begun before the replies in front of it are taken."""
        self.client.send(request_bytes("GET", "/long") * MANY + SLOW)
        for _ in range(3):
            self.assert_alive()
        self.assertFalse(self.entered.acquire(blocking=False))
        self.gate.set()
        self.assertEqual({len(self.client.reply().body) for _ in range(MANY)}, {100_000})
        self.assertEqual(self.client.reply().body, b"slow")

    def test_no_deadline(self) -> None:
        """The client's deadlines do not run while the server is at work."""
        self.client.send(SLOW)
        self.wait_for_slow()
        self.time.ahead += 100
        self.assert_alive()
        self.assert_alive()
        self.gate.set()
        self.assertEqual(self.client.reply().body, b"slow")
        self.assertEqual(self.client.ask(LIST).status, 200)


class BoundTest(BlockingTestCase):
    """How many requests may block at once."""

    def setUp(self) -> None:
        self.enterContext(mock.patch("gameserver.server.threaded.MAX_THREADS", 2))
        self.enterContext(mock.patch("gameserver.server.threaded.MAX_WAITING", 3))
        super().setUp()

    def test_too_many(self) -> None:
        """Two run, three wait, and the sixth is told to come back; then all is as before."""
        for _ in range(3):
            clients = [self.connect().send(SLOW) for _ in range(2)]
            self.wait_for_slow(2)
            for _ in range(3):
                clients.append(self.connect().send(LIST + SLOW))
                self.assertEqual(clients[-1].reply().body, b"")
            late = self.connect()
            for _ in range(3):
                reply = late.ask(SLOW)
                self.assertEqual((reply.status, reply.headers["retry-after"]), (503, "1"))
            self.assertEqual(late.ask(LIST).status, 200)
            self.assertFalse(self.entered.acquire(blocking=False))
            self.gate.set()
            self.assertEqual([client.reply().body for client in clients], [b"slow"] * 5)
            self.wait_for_slow(3)
            self.gate.clear()

    def test_order_of_refusals(self) -> None:
        """A refusal does not overtake the requests in front of it."""
        clients = [self.connect().send(SLOW) for _ in range(2)]
        self.wait_for_slow(2)
        for _ in range(3):
            clients.append(self.connect().send(LIST + SLOW))
            clients[-1].reply()
        self.client.send((LIST + SLOW) * 3 + LIST)
        statuses = [self.client.reply().status for _ in range(7)]
        self.assertEqual(statuses, [200, 503, 200, 503, 200, 503, 200])
        self.gate.set()
        self.assertEqual([client.reply().body for client in clients], [b"slow"] * 5)

    def test_threads(self) -> None:
        """There are never more threads than allowed, and none is left."""
        before = set(threading.enumerate())  # some of which may be those of another test, and end

        def started() -> set[threading.Thread]:
            return set(threading.enumerate()) - before

        clients = [self.connect().send(SLOW) for _ in range(5)]
        self.wait_for_slow(2)
        self.assertLessEqual(len(started()), 2)
        self.gate.set()
        for client in clients:
            client.reply()
        wait_until(lambda: not started())


class NoThreadTest(BlockingTestCase):
    """A system that has no thread to give."""

    def setUp(self) -> None:
        # By default it is a matter of the cores, and may be more than one address has places.
        self.enterContext(mock.patch("gameserver.server.threaded.MAX_THREADS", THREADS))
        super().setUp()

    def no_threads(self) -> Any:
        """While it lasts, the mix-in cannot start a thread."""
        error = RuntimeError("can't start new thread")
        return mock.patch("socketserver.ThreadingMixIn.process_request", side_effect=error)

    def assert_served(self) -> None:
        """As many requests as there are threads are at work at once."""
        clients = [self.connect().send(SLOW) for _ in range(THREADS)]
        self.wait_for_slow(THREADS)
        self.gate.set()
        self.assertEqual({client.reply().body for client in clients}, {b"slow"})

    def test_refused(self) -> None:
        """Requests are told to come back, the log says why, and then all is as before."""
        with self.no_threads(), self.assertLogs("gameserver", "ERROR") as logged:
            for _ in range(3 * THREADS):
                reply = self.client.ask(SLOW)
                self.assertEqual((reply.status, reply.headers["retry-after"]), (503, "1"))
        self.assertIn("can't start new thread", logged.output[0])
        self.assert_served()

    def test_queue(self) -> None:
        """So are those that wait for a thread, when nobody is left who could go on with them."""
        with mock.patch("gameserver.server.threaded.MAX_THREADS", 1):
            first = self.connect().send(SLOW)
            self.wait_for_slow()
            waiting = [self.connect().send(LIST + SLOW) for _ in range(3)]
            for client in waiting:
                self.assertEqual(client.reply().body, b"")
            self.assert_alive()
            with self.no_threads(), self.assertLogs("gameserver", "ERROR"):
                self.gate.set()
                self.assertEqual(first.reply().body, b"slow")
                self.assertEqual([client.reply().status for client in waiting], [503] * 3)
            self.gate.clear()
        self.assert_served()


class GoneWhileWaitingTest(BlockingTestCase):
    """Clients that go before their turn has come."""

    def setUp(self) -> None:
        self.enterContext(mock.patch("gameserver.server.threaded.MAX_THREADS", 1))
        super().setUp()

    @unittest.skipUnless(hasattr(select, "POLLRDHUP"), "the system does not tell")
    def test_work_is_dropped(self) -> None:
        """Nothing is done for a client that has gone, and the next one has its turn."""
        self.client.send(SLOW)
        self.wait_for_slow()
        gone = [self.connect() for _ in range(3)]
        for client in gone:
            client.send(LIST + SLOW)
            client.reply()
        for client in gone:
            client.close()
        self.wait_for_hang_ups(3)
        last = self.connect().send(SLOW)
        self.gate.set()
        self.assertEqual([client.reply().body for client in (self.client, last)], [b"slow"] * 2)
        self.wait_for_slow()
        self.assertFalse(self.entered.acquire(blocking=False))


class QueueTest(BlockingTestCase):
    """Queues of different names, with one thread and one place each."""

    def setUp(self) -> None:
        self.enterContext(mock.patch("gameserver.server.threaded.MAX_THREADS", 1))
        self.enterContext(mock.patch("gameserver.server.threaded.MAX_WAITING", 1))
        super().setUp()

    def test_queues(self) -> None:
        """Where one queue is full, another is served as ever."""
        clients = [self.client.send(SLOW), self.connect().send(LIST + SLOW)]
        clients[1].reply()
        self.wait_for_slow()
        elsewhere = self.connect()
        for _ in range(3):
            self.assertEqual(elsewhere.ask(ELSEWHERE).body, b"quick")
        self.assertEqual(self.connect().ask(SLOW).status, 503)
        self.gate.set()
        self.assertEqual([client.reply().body for client in clients], [b"slow"] * 2)

    @unittest.skipUnless(hasattr(select, "POLLRDHUP"), "the system does not tell")
    def test_place_of_a_client_that_has_gone(self) -> None:
        """A client that has gone does not keep its place in a full queue."""
        self.client.send(SLOW)
        self.wait_for_slow()
        gone = self.connect().send(LIST + SLOW)
        gone.reply()
        gone.close()
        self.wait_for_hang_ups(1)
        last = self.connect().send(LIST + SLOW)
        last.reply()
        self.assertTrue(last.is_quiet())
        self.gate.set()
        self.assertEqual([client.reply().body for client in (self.client, last)], [b"slow"] * 2)


class ArrivalTest(BlockingTestCase):
    """When a request that blocks had arrived."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.enterContext(mock.patch("gameserver.server.base.server_clock", self.clock))
        self.arrivals: list[float] = []
        super().setUp()
        self.gate.set()

    def slow(self, request: Request, services: object) -> Response:
        self.arrivals.append(request.arrived)
        self.clock.now += 10
        return super().slow(request, services)

    def big(self, request: Request, services: object) -> Response:
        self.clock.now += 1
        return super().big(request, services)

    def test_alone(self) -> None:
        """It is the moment at which the request was there, not that of its turn."""
        start = self.clock.now
        self.client.ask(SLOW)
        self.client.ask(SLOW)
        self.assertEqual(self.arrivals, [start, start + 10])

    def test_in_one_packet(self) -> None:
        """What comes in one read has one arrival, though one waits for the other."""
        self.client.send(SLOW * 3)
        for _ in range(3):
            self.client.reply()
        self.assertEqual(len(set(self.arrivals)), 1)

    def test_behind_another_request(self) -> None:
        """It is not before the answers to what stands in front: a stop may be among that."""
        start = self.clock.now
        self.client.send(BIG + SLOW + BIG + SLOW)
        for _ in range(4):
            self.client.reply()
        self.assertEqual(self.arrivals, [start + 1, start + 12])


class ShareTest(BlockingTestCase):
    """How much of a queue one address may have."""

    def setUp(self) -> None:
        self.enterContext(mock.patch("gameserver.server.shares.MAX_PER_CLIENT", 2))
        super().setUp()

    def test_share(self) -> None:
        """The third request of an address is told to come back, until one of it is answered."""
        for _ in range(3):
            clients = [self.connect().send(SLOW) for _ in range(2)]
            self.wait_for_slow(2)
            for _ in range(2):
                reply = self.client.ask(SLOW)
                self.assertEqual((reply.status, reply.headers["retry-after"]), (503, "1"))
            self.gate.set()
            self.assertEqual([client.reply().body for client in clients], [b"slow"] * 2)
            self.gate.clear()

    def test_other_queues(self) -> None:
        """Another queue has places of its own."""
        clients = [self.connect().send(SLOW) for _ in range(2)]
        self.wait_for_slow(2)
        self.assertEqual(self.client.ask(ELSEWHERE).body, b"quick")
        self.gate.set()
        self.assertEqual([client.reply().body for client in clients], [b"slow"] * 2)


class AccessLogTest(BlockingTestCase):
    """The log of requests."""

    options = {"access_log": True}

    def test_every_request(self) -> None:
        """A request that blocks has a line like any other, and so has one that is refused."""
        self.gate.set()
        with (
            mock.patch("gameserver.server.threaded.MAX_WAITING", 0),
            self.assertLogs("gameserver.access", "INFO") as logged,
        ):
            self.assertEqual(self.client.ask(LIST + SLOW).status, 200)
            self.assertEqual(self.client.reply().status, 200)
            with mock.patch("gameserver.server.threaded.MAX_THREADS", 0):
                self.assertEqual(self.client.ask(SLOW).status, 503)
            wait_until(lambda: len(logged.records) == 3)
        self.assertEqual(
            [record.getMessage().split()[-2:] for record in logged.records],
            [["/1/highscorelist", "200"], ["/slow", "200"], ["/slow", "503"]],
        )


class StopTest(BlockingTestCase):
    """A stop while requests block."""

    def test_answered(self) -> None:
        """A stop waits for the requests that block, and for those that wait for a thread."""
        with mock.patch("gameserver.server.threaded.MAX_THREADS", 1):
            clients = [self.connect().send(SLOW) for _ in range(3)]
            self.wait_for_slow()
            self.assert_alive()
            self.server.stop()
            self.gate.set()
            for client in clients:
                reply = client.reply()
                self.assertEqual((reply.body, reply.headers["connection"]), (b"slow", "close"))
                self.assertTrue(client.at_end())

    def test_bounded(self) -> None:
        """A stop does not wait longer than 30 s."""
        self.client.send(SLOW)
        self.wait_for_slow()
        self.time.stand_still()
        self.server.stop()
        wait_until(lambda: refuses(self.server.server_address))
        self.time.ahead += 29
        wait_until(lambda: self.server._next_service > self.time.monotonic())
        self.assertTrue(self.client.is_quiet())
        self.time.ahead += 2
        self.assertTrue(self.client.at_end())


if __name__ == "__main__":
    unittest.main()
