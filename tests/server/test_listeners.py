"""Listening sockets."""

from __future__ import annotations

import errno
import socket
import unittest
from typing import Any

import mock  # noqa: UP026 (the same mock on every Python)

from gameserver.errors import StartError
from gameserver.server.listeners import open_listeners


def has_ipv6() -> bool:
    """Whether this machine has `::1`."""
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


class ListenerTest(unittest.TestCase):
    """What a host name and a port lead to."""

    def open(self, host: str, port: int = 0) -> list[socket.socket]:
        listeners = open_listeners(host, port)
        for listener in listeners:
            self.addCleanup(listener.close)
        return listeners

    def resolve_to(self, *addresses: tuple[socket.AddressFamily, str]) -> None:
        """From now on every name has these addresses."""
        found = [(family, socket.SOCK_STREAM, 6, "", (address, 0)) for family, address in addresses]
        patch = mock.patch("socket.getaddrinfo", return_value=found)
        patch.start()
        self.addCleanup(patch.stop)

    def test_every_address(self) -> None:
        """A name is listened to on all of its addresses, on one port."""
        self.resolve_to((socket.AF_INET, "127.0.0.1"), (socket.AF_INET, "127.0.0.2"))
        names = [listener.getsockname()[:2] for listener in self.open("localhost")]
        self.assertEqual([address for address, _ in names], ["127.0.0.1", "127.0.0.2"])
        self.assertEqual(len({port for _, port in names}), 1)
        self.assertGreater(names[0][1], 0)

    def test_address_twice(self) -> None:
        """An address that a name has twice is listened to once."""
        self.resolve_to((socket.AF_INET, "127.0.0.1"), (socket.AF_INET, "127.0.0.1"))
        self.assertEqual(len(self.open("localhost")), 1)

    @unittest.skipUnless(has_ipv6(), "there is no ::1")
    def test_every_address_of_both_families(self) -> None:
        """`::` means all addresses, those of IPv4 as well, on one port."""
        for host in ("::", "[::]"):
            listeners = self.open(host)
            port = listeners[0].getsockname()[1]
            for address in ("127.0.0.1", "::1"):
                with self.subTest(host=host, address=address):
                    socket.create_connection((address, port)).close()

    @unittest.skipUnless(has_ipv6(), "there is no ::1")
    def test_address_as_in_a_url(self) -> None:
        """An IPv6 address may stand in brackets."""
        (listener,) = self.open("[::1]")
        self.assertEqual(listener.getsockname()[0], "::1")

    def test_missing_address(self) -> None:
        """An address that the machine does not have is left out, as long as one is there."""
        self.resolve_to((socket.AF_INET, "192.0.2.1"), (socket.AF_INET, "127.0.0.1"))
        (listener,) = self.open("localhost")
        self.assertEqual(listener.getsockname()[0], "127.0.0.1")

    def test_no_address(self) -> None:
        """If none is there, that is a reason not to start."""
        self.resolve_to((socket.AF_INET, "192.0.2.1"))
        with self.assertRaisesRegex(StartError, "cannot listen on localhost, port 8080"):
            open_listeners("localhost", 8080)

    def test_port_in_use(self) -> None:
        """A port that is in use is a reason not to start, and nothing stays open."""
        (first,) = self.open("127.0.0.1")
        port = first.getsockname()[1]
        self.resolve_to((socket.AF_INET, "127.0.0.2"), (socket.AF_INET, "127.0.0.1"))
        with self.assertRaisesRegex(StartError, f"cannot listen on localhost, port {port}: "):
            open_listeners("localhost", port)
        with socket.create_server(("127.0.0.2", port)):
            pass

    def test_free_port_on_all_addresses(self) -> None:
        """A port that turns out to be taken on the second address is not insisted on."""
        self.resolve_to((socket.AF_INET, "127.0.0.1"), (socket.AF_INET, "127.0.0.2"))
        ports = []

        class Socket(socket.socket):
            def bind(self, address: Any) -> None:
                ports.append(address[1])
                if len(ports) == 2:
                    raise OSError(errno.EADDRINUSE, "in use")
                super().bind(address)

        with mock.patch("socket.socket", Socket):
            self.assertEqual(len(self.open("localhost")), 2)
        self.assertEqual([bool(port) for port in ports], [False, True, False, True])

    def test_no_name_is_looked_up_backwards(self) -> None:
        """Opening asks no name server for the name of an address."""
        with mock.patch("socket.getfqdn") as getfqdn, mock.patch("socket.gethostbyaddr") as by:
            self.open("127.0.0.1")
        getfqdn.assert_not_called()
        by.assert_not_called()

    def test_names_that_do_not_resolve(self) -> None:
        """A name that leads nowhere is a reason not to start."""
        for host in ("host.invalid", "a..b", "", "a" * 300, "1.2.3.4.5", "::g"):
            with self.assertRaisesRegex(StartError, "^cannot resolve the host .+: .+"):
                open_listeners(host, 0)

    def test_sockets(self) -> None:
        """Accepted sockets send at once, and accepting never waits."""
        (listener,) = self.open("127.0.0.1")
        self.assertTrue(listener.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        with self.assertRaises(BlockingIOError):
            listener.accept()


if __name__ == "__main__":
    unittest.main()
