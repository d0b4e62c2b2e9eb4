"""Accepting clients: what counts as one of them."""

from __future__ import annotations

import unittest

import mock  # noqa: UP026 (the same mock on every Python)

from gameserver.server.acceptor import Acceptor
from gameserver.server.loop import Loop


class LimitTest(unittest.TestCase):
    """A limit of two connections for each client."""

    def setUp(self) -> None:
        self.enterContext(mock.patch("gameserver.server.acceptor.MAX_CONNECTIONS_PER_ADDRESS", 2))
        loop = Loop()
        self.addCleanup(loop.close)
        self.taken: list[bool] = []
        self.acceptor = Acceptor(loop, [], 100, self.take)

    def take(self, client: object, address: str, within_limit: bool) -> None:
        self.taken.append(within_limit)

    def connect(self, *addresses: str) -> list[bool]:
        """Whether each of these clients is within the limit."""
        del self.taken[:]
        clients = [(mock.Mock(), (address, 4711)) for address in addresses]
        listener = mock.Mock()
        listener.accept.side_effect = [*clients, BlockingIOError]
        self.acceptor.accept(listener)
        return self.taken

    def test_ipv4(self) -> None:
        """Each IPv4 address is a client."""
        found = self.connect("192.0.2.1", "192.0.2.1", "192.0.2.1", "192.0.2.2")
        self.assertEqual(found, [True, True, False, True])

    def test_ipv6(self) -> None:
        """So is each /64 network of IPv6: who has one address of it has all."""
        self.assertEqual(
            self.connect("2001:db8::1", "2001:db8::2", "2001:db8::3", "2001:db8:0:1::1"),
            [True, True, False, True],
        )
        found = self.connect("fe80::1%eth0", "fe80::2%eth0", "fe80::3")
        self.assertEqual(found, [True, True, False])

    def test_those_that_leave(self) -> None:
        """The place of a client that leaves is free for the next one of its network."""
        self.connect("2001:db8::1", "2001:db8::2", "2001:db8::3")
        for address in ("2001:db8::1", "2001:db8::2", "2001:db8::3"):
            self.acceptor.left(address)
        self.assertEqual(self.connect("2001:db8::4"), [True])


if __name__ == "__main__":
    unittest.main()
