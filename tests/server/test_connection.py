"""Connections: their deadlines, which are for the whole of what they bound."""

from __future__ import annotations

import unittest

from gameserver.web.messages import Request, Response
from gameserver.web.routing import path
from tests.raw_client import request_bytes
from tests.server.timed import LIST, TimedTestCase
from tests.support import wait_until

BIG_BODY = b"x" * 100_000


def take(request: Request, services: object) -> Response:
    return Response()


def big(request: Request, services: object) -> Response:
    return Response(body=BIG_BODY)


class DeadlineTestCase(TimedTestCase):
    """Routes with a body, with a long reply, and with a thread of their own."""

    routes = (
        path("/upload", POST=take, body=2**20),
        path("/big", GET=big),
        path("/slow", GET=take, blocking=True),
    )
    stands_still = True

    def assert_lives_for(self, seconds: float) -> None:
        """The client hears nothing until so much time has passed."""
        self.pass_time(seconds - 0.5)
        self.assertTrue(self.client.is_quiet())
        self.pass_time(1)

    def assert_timeout(self) -> None:
        reply = self.client.reply()
        self.assertEqual((reply.status, reply.headers["connection"]), (408, "close"))
        self.assertTrue(self.client.at_end())


class DeadlineTest(DeadlineTestCase):
    """Slow and idle clients."""

    def test_silence(self) -> None:
        """Who connects and sends nothing is gone after 10 s, without a word."""
        self.assert_lives_for(10)
        self.assertTrue(self.client.at_end())

    def test_idle(self) -> None:
        """A connection that has been used may be idle for 15 s, each time."""
        for _ in range(3):
            self.client.ask(LIST)
            self.pass_time(14.5)
        self.client.ask(LIST)
        self.assert_lives_for(15)
        self.assertTrue(self.client.at_end())

    def test_slow_head(self) -> None:
        """A head has 10 s from its first byte, then it is 408."""
        self.client.ask(LIST)
        self.pass_time(14)
        self.client.send(LIST[:-1])
        self.assert_lives_for(10)
        self.assert_timeout()

    def test_dripping_head(self) -> None:
        """Sending a byte now and then does not buy time."""
        for at in range(9):
            self.client.send(LIST[at : at + 1])
            self.pass_time(1.1)
        self.client.send(LIST[9:10])
        self.pass_time(1)
        self.assert_timeout()

    def test_head_in_time(self) -> None:
        """A head that is complete in time is answered."""
        self.client.send(LIST[:10])
        self.pass_time(9)
        self.assertEqual(self.client.ask(LIST[10:]).status, 200)

    def test_slow_second_head(self) -> None:
        """A head behind another request has its own 10 s."""
        self.client.send(LIST[:10])
        self.pass_time(9)
        self.assertEqual(self.client.ask(LIST[10:] + LIST[:10]).status, 200)
        self.assert_lives_for(10)
        self.assert_timeout()

    def test_slow_body(self) -> None:
        """A small body has 10 s from its head on."""
        data = request_bytes("POST", "/1/score", b"15")
        self.client.send(data[:10])
        self.pass_time(9)
        self.client.send(data[10:-1])
        self.assert_lives_for(10)
        self.assert_timeout()

    def test_dripping_body(self) -> None:
        """Sending a byte now and then does not buy time for a body either."""
        data = request_bytes("POST", "/1/score", b"1" * 20)
        self.client.send(data[:-20])
        for _ in range(9):
            self.client.send(b"1")
            self.pass_time(1.1)
        self.client.send(b"1")
        self.pass_time(1)
        self.assert_timeout()

    def test_large_body(self) -> None:
        """A large body has a second more for every 16 KiB."""
        data = request_bytes("POST", "/upload", bytes(2**20))
        self.client.send(data[:-1])
        self.assert_lives_for(74)
        self.assert_timeout()

    def test_large_body_behind_others(self) -> None:
        """So has one that begins in the packet of the requests before, those that block as well."""
        for before in (LIST, request_bytes("GET", "/big"), request_bytes("GET", "/slow")):
            with self.subTest(before=before):
                self.client = self.connect()
                data = request_bytes("POST", "/upload", bytes(2**20))
                self.client.send(before + data[:1000])
                self.assertEqual(self.client.reply().status, 200)
                self.assert_lives_for(74)
                self.assert_timeout()

    def test_large_body_in_time(self) -> None:
        """A large body that keeps up is taken."""
        data = request_bytes("POST", "/upload", bytes(2**20))
        for start in range(0, len(data) - 2**16, 2**16):
            self.client.send(data[start : start + 2**16])
            self.pass_time(4)
        self.assertEqual(self.client.ask(data[-len(data) % 2**16 - 2**16 :]).status, 200)

    def test_expect(self) -> None:
        """Who was told to go on with the body has the time of a body."""
        data = request_bytes("POST", "/1/score", b"1", "Expect: 100-continue")
        self.assertEqual(self.client.ask(data[:-1]).status, 100)
        self.assert_lives_for(10)
        self.assert_timeout()

    def test_slow_reader(self) -> None:
        """Who reads the replies in time gets them all, and may go on."""
        client = self.connect(receive_buffer=65536)
        client.send(request_bytes("GET", "/big") * 100)
        wait_until(lambda: self.server.ledger.total)
        self.pass_time(9)
        for _ in range(100):
            self.assertEqual(client.reply().body, BIG_BODY)
        self.assertEqual(client.ask(LIST).status, 200)


class EndTest(DeadlineTestCase):
    """The end of a connection, seen by the next client, for whom there is no room before."""

    options = {"max_connections": 1}

    def pass_time(self, seconds: float) -> None:
        """So much later. (Nobody else could connect.)"""
        self.time.ahead += seconds

    def test_unread_replies(self) -> None:
        """Who does not read the replies is gone after 10 s, however much of them is left."""
        self.client.send(request_bytes("GET", "/big") * 200)
        wait_until(lambda: self.server.ledger.total)
        self.assertEqual(self.client.reply().body, BIG_BODY)
        next_client = self.connect().send(LIST)
        self.pass_time(9)
        self.assertEqual(self.client.reply().body, BIG_BODY)
        self.assertTrue(next_client.is_quiet())
        self.pass_time(1.5)
        self.assertEqual(next_client.reply().status, 200)

    def test_linger(self) -> None:
        """A client that does not stop sending is listened to for 2 s, and then closed."""
        self.client.send(request_bytes("POST", "/1/score", b"1" * 5000))
        self.assertEqual(self.client.reply().status, 413)
        self.assertTrue(self.client.at_end())
        next_client = self.connect().send(LIST)
        self.pass_time(1)
        self.client.send(b"1" * 5000)
        self.assertTrue(next_client.is_quiet())
        self.pass_time(1.5)
        self.assertEqual(next_client.reply().status, 200)

    def test_client_that_goes(self) -> None:
        """A client that closes is not waited for."""
        self.client.send(request_bytes("POST", "/1/score", b"1" * 5000))
        self.assertEqual(self.client.reply().status, 413)
        next_client = self.connect().send(LIST)
        self.client.close()
        self.assertEqual(next_client.reply().status, 200)


if __name__ == "__main__":
    unittest.main()
