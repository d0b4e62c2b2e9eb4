"""Who a client is, and how much it may ask for."""

from __future__ import annotations

import random
import sys
import unittest

from gameserver.web.clients import MAX_CLIENTS, RateLimit, TrustedProxies, parse_networks
from tests.support import Clock, run_together


class RateLimitTest(unittest.TestCase):
    def setUp(self) -> None:
        self.clock = Clock(1000.0)
        self.limit = RateLimit(10, self.clock)

    def admitted(self, client: str, count: int) -> int:
        return sum(self.limit.admits(client) for _ in range(count))

    def test_burst_is_twice_the_rate(self) -> None:
        """A client that has been quiet may ask for two seconds' worth at once, and no more."""
        self.assertEqual(self.admitted("192.0.2.1", 100), 20)

    def test_refills_at_the_rate(self) -> None:
        """After the burst requests are admitted at the rate, however often the client tries."""
        self.admitted("192.0.2.1", 100)
        self.clock.now += 0.5
        self.assertEqual(self.admitted("192.0.2.1", 100), 5)
        self.clock.now += 1000
        self.assertEqual(self.admitted("192.0.2.1", 100), 20)

    def test_steady_client_is_never_refused(self) -> None:
        """Who asks exactly at the rate is always admitted."""
        for _ in range(1000):
            self.assertTrue(self.limit.admits("192.0.2.1"))
            self.clock.now += 0.1

    def test_never_more_than_rate_and_burst(self) -> None:
        """In any stretch of time no more is admitted than the rate allows, plus the burst."""
        rng = random.Random(7)
        start, admitted = self.clock.now, 0
        for _ in range(5000):
            self.clock.now += rng.expovariate(30)
            admitted += self.limit.admits("192.0.2.1")
        self.assertLessEqual(admitted, (self.clock.now - start) * 10 + 20)
        self.assertGreater(admitted, (self.clock.now - start) * 10 - 1)

    def test_threads_share_one_allowance(self) -> None:
        """Requests of a client in several threads do not get more than one thread would."""
        every = sys.getswitchinterval()
        self.addCleanup(sys.setswitchinterval, every)
        sys.setswitchinterval(1e-6)
        limit = RateLimit(5000, self.clock)
        admitted = run_together(
            lambda _: sum(limit.admits("192.0.2.1") for _ in range(3000)), 8
        )
        self.assertEqual(sum(admitted), 10_000)

    def test_clients_do_not_share(self) -> None:
        """Each address has an allowance of its own."""
        self.admitted("192.0.2.1", 100)
        self.assertEqual(self.admitted("192.0.2.2", 100), 20)

    def test_ipv6_counts_by_network(self) -> None:
        """All addresses of an IPv6 /64 share one allowance; the next network has its own."""
        self.admitted("2001:db8:0:1::1", 15)
        self.assertEqual(self.admitted("2001:db8:0:1:ffff::2", 100), 5)
        self.assertEqual(self.admitted("2001:db8:0:2::1", 100), 20)
        self.assertEqual(self.admitted("fe80::1%eth0", 100), 20)

    def test_remembers_a_bounded_number(self) -> None:
        """A flood of addresses makes the table forget the oldest, and keeps those that ask."""
        for number in range(MAX_CLIENTS + 1000):
            self.limit.admits(str(number))
            if number % 1000 == 0:
                self.limit.admits("busy")
        self.assertEqual(len(self.limit._full_at), MAX_CLIENTS)
        self.assertIn("busy", self.limit._full_at)


class TrustedProxiesTest(unittest.TestCase):
    def setUp(self) -> None:
        self.proxies = TrustedProxies(parse_networks("127.0.0.1, 10.0.0.0/8,2001:db8::/32"))

    def client(self, forwarded_for: str) -> str:
        return self.proxies.client("127.0.0.1", {"x-forwarded-for": forwarded_for})

    def test_knows_addresses_and_networks(self) -> None:
        """An address is trusted if it, or a network that it is in, was named."""
        for address in ("127.0.0.1", "10.255.0.1", "2001:db8::5"):
            self.assertIn(address, self.proxies)
        for address in ("127.0.0.2", "11.0.0.1", "::1", "", "unix:"):
            self.assertNotIn(address, self.proxies)

    def test_nobody_is_trusted_by_default(self) -> None:
        """Without the flag no address is a proxy."""
        self.assertNotIn("127.0.0.1", TrustedProxies())

    def test_takes_the_last_address_that_is_no_proxy(self) -> None:
        """What stands in front of the last foreign address may be invented and is ignored."""
        self.assertEqual(self.client("203.0.113.9"), "203.0.113.9")
        self.assertEqual(self.client("1.1.1.1, 203.0.113.9, 10.0.0.7"), "203.0.113.9")

    def test_addresses_are_parsed(self) -> None:
        """An address has one spelling, whatever the proxy wrote; a scope id is none's."""
        self.assertEqual(self.client("2001:DB9:0::0:1"), "2001:db9::1")
        self.assertEqual(self.client("::ffff:203.0.113.9"), "203.0.113.9")
        for scope in ("eth0", "x y 200", "\x1b[2J", "%"):
            with self.subTest(scope=scope):
                self.assertEqual(self.client(f"fe80::1%{scope}"), "127.0.0.1")

    def test_without_a_foreign_address_it_is_the_proxy(self) -> None:
        """A missing, empty, garbled or purely internal list leaves the proxy as the client."""
        for text in ("", "nonsense", "203.0.113.9, nonsense", "10.0.0.1, 10.0.0.2", ",,,"):
            with self.subTest(text=text):
                self.assertEqual(self.client(text), "127.0.0.1")
        self.assertEqual(self.proxies.client("127.0.0.1", {}), "127.0.0.1")

    def test_refuses_what_is_no_network(self) -> None:
        """A name, an empty part or a host inside a network's prefix is not taken."""
        for text in ("localhost", "", "10.0.0.1,", "10.0.0.1/8", "1.2.3"):
            with self.subTest(text=text), self.assertRaises(ValueError):
                parse_networks(text)


if __name__ == "__main__":
    unittest.main()
