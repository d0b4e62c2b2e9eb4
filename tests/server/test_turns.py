"""Clients that ask for more than they take: what they cost, and that nobody else waits for them."""

from __future__ import annotations

import ssl
import unittest
from typing import Any

import mock  # noqa: UP026 (the same mock on every Python)

from gameserver.server.tls import TLS
from gameserver.server.turns import Turns
from gameserver.web.messages import Request, Response
from gameserver.web.routing import path
from tests.raw_client import Client, request_bytes
from tests.server.timed import LIST, TimedTestCase
from tests.support import PATIENCE, ROOT, wait_until

SHORT = request_bytes("GET", "/short")
CERTIFICATE = str(ROOT / "tests" / "localhost.pem")
SIZE = 1 << 20


class TurnsTestCase(TimedTestCase):
    """A server whose time stands still: however long a test takes, nobody is too slow for it."""

    stands_still = True

    def setUp(self) -> None:
        self.made = 0
        self.routes = (
            path("/long/<number:kind>", GET=self.long),
            path("/known/<number:kind>", GET=self.known, known=True),
            path("/short", GET=self.short, short=True),
        )
        super().setUp()

    def long(self, request: Request, services: object, kind: int) -> Response:
        self.made += 1
        return Response(body=b"%d" % kind * SIZE)

    def known(self, kind: int) -> Response:
        return Response(body=b"%d" % kind * SIZE, etag=f'"{kind}"')

    def short(self, request: Request, services: object) -> Response:
        self.made += 1
        return Response(body=b"short")

    def connect(self, **options: Any) -> Client:
        # A small buffer: what this side does not read, the other one has to keep.
        return super().connect(receive_buffer=65536, **options)

    def let_it_work(self) -> None:
        with self.connect() as client:
            for _ in range(5):
                client.ask(LIST)


def ask_for(kind: int) -> bytes:
    return request_bytes("GET", f"/long/{kind}")


class KnownTest(TurnsTestCase):
    """Replies that are known before anybody is asked."""

    def test_order(self) -> None:
        """They stand in order between the others, in whatever number they come."""
        known = [request_bytes("GET", f"/known/{kind}") for kind in range(3)]
        self.client.send(known[0] + SHORT + known[1] + known[2] + SHORT, known[0])
        bodies = [self.client.reply().body for _ in range(6)]
        self.assertEqual([body[:5] for body in bodies],
                         [b"00000", b"short", b"11111", b"22222", b"short", b"00000"])  # fmt: skip
        self.assertEqual(self.client.ask(SHORT).body, b"short")

    def test_not_taken(self) -> None:
        """Who takes none of them is owed one, and nobody else waits for that."""
        known = request_bytes("GET", "/known/1")
        greedy = [self.connect().send(known * 50) for _ in range(20)]
        for _ in range(3):
            with self.connect() as other:
                self.assertEqual(len(other.ask(known).body), SIZE)
                self.assertEqual(other.ask(SHORT).body, b"short")
                self.assertLess(self.server.ledger.total, 2 * SIZE)
        for client in greedy:
            self.assertEqual([len(client.reply().body) for _ in range(50)], [SIZE] * 50)

    def test_last(self) -> None:
        """A client that wants to close gets it whole, and the end."""
        self.client.send(request_bytes("GET", "/known/1", None, "Connection: close"))
        self.assertEqual(len(self.client.reply().body), SIZE)
        self.assertTrue(self.client.at_end())


class OwedTest(TurnsTestCase):
    """Replies that nobody reads."""

    def test_nothing_further(self) -> None:
        """Who does not take what is owed is answered nothing further; then all, in order."""
        self.client.send(ask_for(1) * 30 + LIST + ask_for(2))
        self.let_it_work()
        self.assertLess(self.made, 20)  # some fit into the buffers of the system
        for _ in range(30):
            self.assertEqual(self.client.reply().body, b"1" * SIZE)
        self.assertEqual(self.client.reply().body, b"")
        self.assertEqual(self.client.reply().body, b"2" * SIZE)
        self.assertEqual(self.client.ask(LIST).status, 200)

    def test_memory(self) -> None:
        """Clients that are owed the same body are owed it once, and nothing once they are gone."""
        clients = [self.connect().send(ask_for(1) * 30) for _ in range(10)]
        wait_until(lambda: self.owed() > 0)
        self.let_it_work()
        self.assertLess(self.owed(), 2 * SIZE)
        for client in clients:
            client.close()
        wait_until(lambda: self.owed() == 0)

    def owed(self) -> int:
        return self.server.ledger.total

    def test_short_ones_in_turns(self) -> None:
        """Of a packet full of requests some are answered at once, the others in later batches."""
        sizes = []
        handle = self.server._app.handle

        def watched(requests: Any) -> Any:
            sizes.append(len(requests))
            return handle(requests)

        with mock.patch.object(self.server._app, "handle", watched):
            self.client.send(SHORT * 1000)
            for _ in range(1000):
                self.assertEqual(self.client.reply().body, b"short")
        self.assertEqual(sum(sizes), 1000)
        self.assertLessEqual(max(sizes), 4096 // len(SHORT) + 1)

    def test_many_clients_at_once(self) -> None:
        """Hundreds that pipeline are all answered in order, and a newcomer between them."""
        clients = [self.connect().send((SHORT * 9 + LIST) * 20) for _ in range(300)]
        self.assertEqual(self.connect().ask(LIST).status, 200)
        for client in clients:
            bodies = [client.reply().body for _ in range(200)]
            self.assertEqual(bodies, ([b"short"] * 9 + [b""]) * 20)

    def test_half_closed(self) -> None:
        """Who says at once that it sends no more gets all replies, long ones as well."""
        self.client.send((ask_for(1) + SHORT) * 20)
        self.client.socket.shutdown(1)
        for _ in range(20):
            self.assertEqual(len(self.client.reply().body), SIZE)
            self.assertEqual(self.client.reply().body, b"short")
        self.assertTrue(self.client.at_end())

    def test_stop(self) -> None:
        """What had arrived when the server stops is answered, whatever was in front of it."""
        self.client.send((ask_for(1) + SHORT) * 20)
        self.let_it_work()
        self.server.stop()
        replies = [self.client.reply() for _ in range(40)]
        self.assertEqual({reply.status for reply in replies}, {200})
        self.assertEqual(replies[-1].headers["connection"], "close")
        self.assertTrue(self.client.at_end())


class RoomTest(TurnsTestCase):
    """A server whose clients may be owed little together."""

    options = {"max_owed": 4 * SIZE}

    def owe(self, *kinds: int) -> list[Client]:
        """Clients that are owed a body of their own each, or nearly."""
        clients = [self.connect().send(ask_for(kind) * 30) for kind in kinds]
        self.let_it_work()
        return clients

    def test_long_ones_wait(self) -> None:
        """When half of the room is taken long replies wait for it, short ones do not."""
        clients = self.owe(1, 2, 3)
        self.client.send(ask_for(9))
        self.let_it_work()
        self.assertTrue(self.client.is_quiet())
        clients[0].close()
        clients[1].close()
        self.assertEqual(self.client.reply().body, b"9" * SIZE)

    def test_all_wait(self) -> None:
        """When nothing is left of it the next requests wait unread, and are answered then."""
        self.client.ask(LIST)
        with mock.patch.object(self.server.ledger, "total", 5 * SIZE):
            self.client.send(LIST)
            self.assertRaises(TimeoutError, self.quiet_for_a_while)
        self.assertEqual(self.client.reply().status, 200)

    def quiet_for_a_while(self) -> None:
        self.client.socket.settimeout(0.2)
        try:
            self.client.socket.recv(1)
        finally:
            self.client.socket.settimeout(PATIENCE)


class HoldTest(unittest.TestCase):
    """Connections whose turn does not come in this iteration."""

    def test_behind_one_that_is_held(self) -> None:
        """One that reads is held, too, if one that is held already has come after it."""
        reading, held = mock.Mock(held=False), mock.Mock(held=True)
        turns = Turns(mock.Mock(), {reading, held}, 0)
        turns.ledger.total = 1  # no room
        turns.postpone([mock.Mock()], reading)
        turns.postpone([mock.Mock()], held)
        self.assertEqual(list(turns.long_ones()), [])
        reading.hold.assert_called_once_with()
        held.hold.assert_not_called()


class TLSTest(TurnsTestCase):
    """The same over TLS, where a record that was begun has to be sent as it was."""

    options = {"tls": TLS(CERTIFICATE)}

    def setUp(self) -> None:
        super().setUp()
        context = ssl.create_default_context(cafile=CERTIFICATE)
        tls = context.wrap_socket(self.client.socket, server_hostname="localhost")
        self.tls = self.enterContext(tls)

    def test_unread_replies(self) -> None:
        """Replies that were not taken at once arrive whole, short and long ones."""
        count = 8
        last = request_bytes("GET", "/short", None, "Connection: close")
        self.tls.sendall((ask_for(1) + SHORT + ask_for(2)) * count + last)
        wait_until(lambda: self.server.ledger.total)
        received = b"".join(iter(lambda: self.tls.recv(65536), b""))
        for body, number in ((b"1" * SIZE, count), (b"2" * SIZE, count), (b"\nshort", count + 1)):
            self.assertEqual(received.count(body), number)


if __name__ == "__main__":
    unittest.main()
