"""Responses that are made while they are sent."""

from __future__ import annotations

import unittest

from gameserver.server.stream import Stream
from gameserver.web.clients import RateLimit
from gameserver.web.errors import BadRequest
from gameserver.web.messages import Request, Response
from gameserver.web.routing import Router, path
from tests.raw_client import Client, request_bytes
from tests.server.test_connection import DeadlineTestCase
from tests.support import make_app, make_request, running, wait_until

CHUNKS = 40
SIZE = 100_000
BODY = b"".join(b"%d" % (at % 10) * SIZE for at in range(CHUNKS))
"""Far more than fits into the buffers of a connection."""


def stream(request: Request, services: object, at: int = 0) -> Response:
    more = (at + 1,) if at + 1 < CHUNKS else ()
    return Response(body=b"%d" % (at % 10) * SIZE, etag='W/"1"', more=more)


def gap(request: Request, services: object, at: int = 0) -> Response:
    """A chunk in the middle is empty."""
    return Response(body=(b"a", b"", b"c")[at], more=(at + 1,) if at < 2 else ())


def short(request: Request, services: object) -> Response:
    return Response(body=b"short")


def cut(request: Request, services: object, at: int = 0) -> Response:
    """The third chunk fails."""
    if at == 2:
        raise BadRequest("there is no such chunk")
    return Response(body=b"x" * 1000, more=(at + 1,))


ROUTES = [
    path("/stream", GET=stream, streams=True),
    path("/gap", GET=gap, streams=True),
    path("/short", GET=short, streams=True),
    path("/cut", GET=cut, streams=True),
]
LIST = request_bytes("GET", "/1/highscorelist")
STREAM = request_bytes("GET", "/stream")
OLD = b"GET %b HTTP/1.0\r\n%b\r\n"


class StreamTest(unittest.TestCase):
    """One client, or two, of a server with such routes."""

    def setUp(self) -> None:
        self.server = self.enterContext(running(*ROUTES))
        self.client = self.connect()

    def connect(self) -> Client:
        return self.enterContext(Client(self.server.server_address))

    def test_chunks(self) -> None:
        """A long response comes in chunks, and the connection goes on."""
        for _ in range(2):
            reply = self.client.ask(STREAM)
            self.assertEqual((reply.status, reply.body == BODY), (200, True))
            self.assertEqual(reply.headers["etag"], 'W/"1"')
            self.assertEqual(self.client.ask(LIST).status, 200)

    def test_pipeline(self) -> None:
        """Requests before and behind it are answered in order."""
        short_one = request_bytes("GET", "/short")
        self.client.send((LIST + STREAM + LIST + LIST + short_one + LIST) * 2)
        for _ in range(2):
            for expected in (b"", BODY, b"", b"", b"short", b""):
                self.assertEqual(self.client.reply().body == expected, True)
        self.assertEqual(self.client.ask(LIST).status, 200)

    def test_error_behind(self) -> None:
        """What is wrong behind it is found when it has been sent."""
        self.client.send(STREAM + b"\0\r\n\r\n")
        self.assertTrue(self.client.reply().body == BODY)
        self.assertEqual(self.client.reply().status, 400)
        self.assertTrue(self.client.at_end())

    def test_empty_chunk(self) -> None:
        """A chunk without data is not the end."""
        self.assertEqual(self.client.ask(request_bytes("GET", "/gap")).body, b"ac")

    def test_head(self) -> None:
        """HEAD is answered with the same header, and the connection goes on."""
        for target in ("/stream", "/short"):
            whole = self.client.ask(request_bytes("GET", target)).headers
            only = self.client.ask(request_bytes("HEAD", target)).headers
            self.assertEqual(whole.keys(), only.keys())
        self.assertEqual(self.client.ask(LIST).status, 200)

    def test_old_clients(self) -> None:
        """HTTP/1.0 knows no chunks: the end of the connection is that of the response."""
        for fields in (b"", b"Connection: keep-alive\r\n"):
            client = self.connect()
            client.send(OLD % (b"/stream", fields))
            self.assertTrue(client.reply_to_end().body == BODY)
        client = self.connect()
        reply = client.ask(OLD % (b"/short", b"Connection: keep-alive\r\n"))
        self.assertEqual((reply.body, reply.headers["connection"]), (b"short", "keep-alive"))
        self.assertEqual(client.ask(LIST).status, 200)

    def test_close(self) -> None:
        """Who asks for the end of the connection gets it behind the whole response."""
        self.client.send(request_bytes("GET", "/stream", None, "Connection: close"))
        self.assertTrue(self.client.reply_to_end().body == BODY)

    def test_failure(self) -> None:
        """A response that fails on its way is cut off, and the client can tell."""
        self.client.send(request_bytes("GET", "/cut"))
        with self.assertRaises((AssertionError, ConnectionResetError)):
            self.client.reply()
        client = self.connect()
        client.send(OLD % (b"/cut", b""))
        with self.assertRaises(ConnectionResetError):
            client.reply_to_end()

    def test_others(self) -> None:
        """Whoever comes meanwhile is served."""
        self.client.send(STREAM)
        other = self.connect()
        for _ in range(20):
            self.assertEqual(other.ask(LIST).status, 200)
        self.assertTrue(self.client.reply().body == BODY)

    def test_client_that_vanishes(self) -> None:
        """A client that goes in the middle disturbs nobody."""
        for _ in range(5):
            with self.connect() as client:
                client.reset_at_close()
                client.send(STREAM)
        self.assertEqual(self.client.ask(LIST).status, 200)

    def test_stop(self) -> None:
        """A server that stops sends what it has begun."""
        self.client.send(STREAM)
        self.client.socket.recv(1, 2)  # MSG_PEEK: it has begun
        self.server.stop()
        self.assertTrue(self.client.reply().body == BODY)
        self.assertTrue(self.client.at_end())


class StreamDeadlineTest(DeadlineTestCase):
    """A client that is slow to take a long response."""

    routes = ROUTES

    def test_slow_reader(self) -> None:
        """Who takes some of it now and then has as long as it takes."""
        client = self.connect(receive_buffer=65536)
        client.send(STREAM)
        taken = b""
        while len(taken) < len(BODY):
            self.pass_time(8)
            enough = min(len(taken) + 4 * SIZE, len(BODY))  # more than the buffers hold by now
            while len(taken) < enough:
                piece = client.socket.recv(500_000)
                self.assertTrue(piece, "it was cut off")
                taken += piece
        self.assertNotIn(b"HTTP", taken[20:])

    def test_unread(self) -> None:
        """Who takes none of it for 10 s is gone."""
        client = self.connect(receive_buffer=4096)
        client.send(STREAM)
        self.let_it_work()
        self.pass_time(10.5)
        with self.assertRaises((AssertionError, ConnectionResetError)):
            client.reply()


class BookTest(unittest.TestCase):
    """A response in chunks is one response."""

    def test_rate_limit(self) -> None:
        """Chunks behind the first do not count."""
        routes = Router(ROUTES)
        app = make_app(routes=routes, limit=RateLimit(1, clock=lambda: 0.0))
        first = make_request("GET", "/stream", routes=routes)
        stream = Stream(first)
        stream.go_on(Response(more=(1,)))
        assert stream.next
        requests = [first] * 3 + [stream.next] * 5
        statuses = [app.handle([request])[0].status for request in requests]
        self.assertEqual(statuses, [200, 200, 429] + [200] * 5)

    def test_access_log(self) -> None:
        """It has one line in the log."""
        with (
            running(*ROUTES, access_log=True) as server,
            self.assertLogs("gameserver.access") as log,
            Client(server.server_address) as client,
        ):
            client.ask(STREAM)
            client.ask(LIST)
            wait_until(lambda: "/1/highscorelist" in "".join(log.output))  # it may come later
        lines = "\n".join(record.getMessage() for record in log.records).split("\n")
        self.assertEqual([line.split()[-2] for line in lines], ["/stream", "/1/highscorelist"])


if __name__ == "__main__":
    unittest.main()
