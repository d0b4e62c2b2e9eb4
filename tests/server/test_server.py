"""The loop: batches, limits of admission, and the graceful stop."""

from __future__ import annotations

import errno
import socket
import threading
import time
import unittest
from typing import Any, ClassVar

import mock  # noqa: UP026 (the same mock on every Python)

from gameserver.web.messages import Request, Response
from gameserver.web.routing import path
from tests.raw_client import Client, refuses, request_bytes
from tests.support import PATIENCE, TimeMachine, running, wait_until

LIST = request_bytes("GET", "/1/highscorelist")


class ServerTestCase(unittest.TestCase):
    """A server in a thread, with some routes beside those of the API."""

    options: ClassVar[dict[str, Any]] = {}

    def setUp(self) -> None:
        self.time = TimeMachine()
        self.enterContext(mock.patch("gameserver.server.loop.time", self.time))
        routes = [
            path("/stop", GET=self.stop),
            path("/bad/header", GET=self.bad_header),
            path("/bad/status", GET=self.bad_status),
            path("/hold", GET=self.hold),
        ]
        self.held, self.gate = threading.Event(), threading.Event()
        self.addCleanup(self.gate.set)
        self.server = self.enterContext(running(*routes, **self.options))
        self.addCleanup(self.time.go_on)
        self.client = self.connect()

    def stop(self, request: Request, services: object) -> Response:
        self.server.stop()
        return Response(body=b"stop")

    def bad_header(self, request: Request, services: object) -> Response:
        return Response(headers=(("X-Bad", "a\r\nX-Worse: b"),))

    def bad_status(self, request: Request, services: object) -> Response:
        return Response(299)

    def hold(self, request: Request, services: object) -> Response:
        """Holds the loop itself, so that everything behind it comes in one batch."""
        self.held.set()
        self.gate.wait(PATIENCE)
        return Response()

    def connect(self, source: str | None = None) -> Client:
        return self.enterContext(Client(self.server.server_address, source))

    def connect_while_held(self, count: int) -> list[Client]:
        """Clients that have connected and sent a request, which the server has not seen yet."""
        self.client.send(request_bytes("GET", "/hold"))
        self.assertTrue(self.held.wait(PATIENCE))
        return [self.connect().send(LIST) for _ in range(count)]


class BatchTest(ServerTestCase):
    """Requests of many clients at once."""

    def test_batch(self) -> None:
        """Clients whose requests are answered in one batch each get their own answer."""
        clients = self.connect_while_held(30)
        for user_id, client in enumerate(clients):
            client.send(request_bytes("GET", f"/{user_id}/login") * (user_id + 1))
        self.gate.set()
        for user_id, client in enumerate(clients):
            self.assertEqual(client.reply().status, 200)
            for _ in range(user_id + 1):
                self.assertEqual(int(client.reply().body[:8], 16), user_id)

    def test_application_that_fails(self) -> None:
        """If the application raises, which it never should, the batch gets 500; the next goes."""
        failing = mock.patch.object(self.server._app, "handle", side_effect=RuntimeError)
        with failing, self.assertLogs("gameserver.server.base", "ERROR"):
            self.assertEqual(self.client.ask(LIST).status, 500)
        self.assertEqual(self.client.ask(LIST).status, 200)

    def test_large_batch(self) -> None:
        """More requests than fit in a batch are all answered."""
        with mock.patch("gameserver.server.base.MAX_BATCH", 10):
            clients = self.connect_while_held(30)
            for client in clients:
                client.send(LIST * 7)
            self.gate.set()
            for client in clients:
                self.assertEqual([client.reply().status for _ in range(8)], [200] * 8)

    def test_bad_responses(self) -> None:
        """A response that cannot be written is answered 500, and harms nobody else."""
        for target in ("/bad/header", "/bad/status"):
            with self.connect() as client, self.assertLogs("gameserver", "ERROR"):
                reply = client.ask(request_bytes("GET", target))
                self.assertEqual((reply.status, reply.body), (500, b""))
            self.assertEqual(self.client.ask(LIST).status, 200)

    def test_bad_response_among_others(self) -> None:
        """The requests before and behind it are answered."""
        with self.assertLogs("gameserver", "ERROR"):
            self.client.send(LIST + request_bytes("GET", "/bad/header") + LIST)
            statuses = [self.client.reply().status for _ in range(3)]
        self.assertEqual(statuses, [200, 500, 200])

    def test_date(self) -> None:
        """The date goes with the time."""
        with mock.patch.object(self.time, "time", lambda: 784111777.9, create=True):
            reply = wait_until(lambda: self.reply_of_1994())
        self.assertEqual(reply.headers["date"], "Sun, 06 Nov 1994 08:49:37 GMT")

    def reply_of_1994(self) -> Any:
        reply = self.client.ask(LIST)
        return reply if "1994" in reply.headers["date"] else None


class RoomTest(ServerTestCase):
    """A server that has room for three."""

    options = {"max_connections": 3}

    def test_full(self) -> None:
        """Who finds no room waits, and is served when somebody leaves."""
        others = [self.connect() for _ in range(2)]
        for client in (self.client, *others):
            self.assertEqual(client.ask(LIST).status, 200)
        late = [self.connect().send(LIST) for _ in range(2)]
        self.assertEqual(self.client.ask(LIST).status, 200)
        self.assertTrue(all(client.is_quiet() for client in late))
        others.pop().close()
        self.assertEqual(late[0].reply().status, 200)
        self.assertTrue(late[1].is_quiet())
        late[0].close()
        self.assertEqual(late[1].reply().status, 200)

    def test_again_and_again(self) -> None:
        """The room of a client that leaves is free again, however it leaves."""
        for number in range(30):
            with self.connect() as client:
                self.assertEqual(client.ask(LIST).status, 200)
                if number % 3 == 1:
                    client.send(b"\0")
                if number % 3 == 2:
                    client.reset_at_close()

    def test_stop_when_full(self) -> None:
        """A full server stops like any other; who waits outside is sent away."""
        clients = [self.client, self.connect(), self.connect()]
        for client in clients:
            client.ask(LIST)
        outside = self.connect()
        self.server.stop()
        for client in clients:
            self.assertTrue(client.at_end())
        with self.assertRaises((ConnectionError, AssertionError)):
            outside.ask(LIST)


class AddressTest(ServerTestCase):
    """A server that lets in three clients of one address."""

    def setUp(self) -> None:
        self.enterContext(mock.patch("gameserver.server.acceptor.MAX_CONNECTIONS_PER_ADDRESS", 3))
        super().setUp()

    def test_too_many(self) -> None:
        """The fourth is told so with 503; clients of other addresses are not affected."""
        for _ in range(3):
            clients = [self.connect() for _ in range(2)]
            for client in (self.client, *clients):
                self.assertEqual(client.ask(LIST).status, 200)
            refused = self.connect()
            reply = refused.send(LIST).reply()
            self.assertEqual((reply.status, reply.headers["retry-after"]), (503, "1"))
            self.assertEqual(reply.headers["connection"], "close")
            self.assertTrue(refused.at_end())
            self.assertEqual(self.connect("127.0.0.2").ask(LIST).status, 200)
            for client in (refused, *clients):
                client.close()
            wait_until(self.admits_another)

    def admits_another(self) -> bool:
        with self.connect() as client:
            return client.ask(LIST).status == 200


class DescriptorTest(unittest.TestCase):
    """A server that has run out of descriptors."""

    def test_accept_fails(self) -> None:
        """It says so in the log, does not spin, and serves again when there are some."""
        attempts: list[float] = []
        full = threading.Event()
        full.set()

        class Socket(socket.socket):
            def accept(self) -> Any:
                attempts.append(time.monotonic())
                if full.is_set():
                    raise OSError(errno.EMFILE, "Too many open files")
                return super().accept()

        with mock.patch("socket.socket", Socket), self.assertLogs("gameserver", "WARNING"):
            server = self.enterContext(running())
            client = self.enterContext(Client(server.server_address)).send(LIST)
            wait_until(lambda: len(attempts) >= 5)
        self.assertTrue(client.is_quiet())
        # The server of this test looks every 20 ms; one that spins looks all the time.
        self.assertGreater(attempts[4] - attempts[0], 0.04)
        full.clear()
        self.assertEqual(client.reply().status, 200)


class StopTest(ServerTestCase):
    """The graceful stop."""

    def stop_under_way(self) -> None:
        """Stops; returns when nobody can connect any more. From then on time stands still."""
        self.time.stand_still()
        self.server.stop()
        wait_until(lambda: refuses(self.server.server_address))

    def let_it_work(self) -> None:
        """Somebody else is served, and so what came before has been read."""
        with self.connect() as client:
            client.ask(LIST)

    def assert_last(self, client: Client) -> None:
        """One more reply, which says that it is the last, and is."""
        reply = client.reply()
        self.assertEqual((reply.status, reply.headers["connection"]), (200, "close"))
        self.assertTrue(client.at_end())

    def test_idle(self) -> None:
        """Idle clients are sent away."""
        self.client.ask(LIST)
        self.server.stop()
        self.assertTrue(self.client.at_end())

    def test_arrived(self) -> None:
        """Who has connected and sent before the stop is answered, though not yet seen."""
        clients = self.connect_while_held(20)
        self.server.stop()
        self.gate.set()
        for client in (self.client, *clients):
            self.assert_last(client)

    def test_begun_head(self) -> None:
        """A request that has begun may be completed."""
        self.client.send(LIST[:10])
        self.let_it_work()
        self.stop_under_way()
        self.client.send(LIST[10:])
        self.assert_last(self.client)

    def test_begun_body(self) -> None:
        """So may one whose body is on its way."""
        data = request_bytes("POST", "/1/highscorelist", b"12345")
        self.client.send(data[:-2])
        self.let_it_work()
        self.stop_under_way()
        reply = self.client.ask(data[-2:])
        self.assertEqual((reply.status, reply.headers["connection"]), (405, "close"))
        self.assertTrue(self.client.at_end())

    def test_slow_client(self) -> None:
        """A client that does not go on with its request holds up the stop for 2 s at most."""
        self.client.send(LIST[:10])
        self.let_it_work()
        self.stop_under_way()
        self.time.ahead += 2.1
        self.assertEqual(self.client.reply().status, 408)
        self.assertTrue(self.client.at_end())

    def test_in_the_middle_of_a_pipeline(self) -> None:
        """Of a pipeline the rest is dropped behind a reply that says so, without a reset."""
        data = request_bytes("GET", "/stop") + LIST * 5000
        size = len(data)
        threading.Thread(target=self.send_what_goes, args=(data,)).start()
        count = 0
        while "connection" not in (reply := self.client.reply()).headers:
            count += 1
        self.assertEqual(reply.headers["connection"], "close")
        self.assertLess(count, size // len(LIST))
        self.assertTrue(self.client.at_end())

    def test_in_the_middle_of_an_even_pipeline(self) -> None:
        """Nor is there a reset if requests end just where the server stops reading."""
        even = b"GET /1/highscorelist HTTP/1.1\r\nHost: a\r\nX-Fill: 012345678901\r\n\r\n"
        stop = b"GET /stop HTTP/1.1\r\nHost: a\r\nX-Fill: 01234567890123456789012\r\n\r\n"
        self.assertEqual((len(even), len(stop)), (64, 64))
        threading.Thread(target=self.send_what_goes, args=(stop + even * 5000,)).start()
        while "connection" not in self.client.reply().headers:
            pass
        self.assertTrue(self.client.at_end())

    def send_what_goes(self, data: bytes) -> None:
        try:
            self.client.send(data)
        except OSError:
            return


if __name__ == "__main__":
    unittest.main()
