"""The links to a Redis that comes and goes."""

from __future__ import annotations

import os
import signal
import threading
import unittest
from collections.abc import Sequence
from typing import Any

import mock  # noqa: UP026 (the same mock on every Python)

from gameserver.storage.redis.link import link as link_module
from gameserver.storage.redis.link import links as links_module
from gameserver.storage.redis.link.address import parse_address
from gameserver.storage.redis.link.link import (
    Command,
    Link,
    LinkLost,
    LinkTimedOut,
    Unavailable,
    make_script,
)
from gameserver.storage.redis.link.links import Links
from tests.procfs import stop_process
from tests.redis_server import RedisServer, require_redis, shared_redis
from tests.support import PATIENCE, ROOT, free_port, wait_until

CERTIFICATE = ROOT / "tests" / "localhost.pem"
COUNT = make_script("count", "return redis.call('INCR', KEYS[1])")


class LinkTest(unittest.TestCase):
    """One link to a real Redis."""

    def setUp(self) -> None:
        self.redis = shared_redis()
        self.link = Link(parse_address(self.redis.url), [COUNT])
        self.addCleanup(self.link.close)

    def test_send(self) -> None:
        """A pipeline has a reply for each command; an error is one of them."""
        replies = self.link.send([("SET", "a", 5), ("INCR", "a"), ("LPUSH", "a", 1), ("GET", "a")])
        self.assertEqual((replies[:2], replies[3]), ([b"OK", 6], b"6"))
        self.assertIn("wrong kind of value", str(replies[2]))

    def test_script(self) -> None:
        """A script is there, even after Redis has forgotten all of them."""
        self.assertEqual(self.link.send([COUNT.call(["n"])]), [1])
        self.redis.ask("SCRIPT", "FLUSH")
        self.assertEqual(self.link.send([COUNT.call(["n"]), ("GET", "n")]), [2, b"2"])

    def test_closed(self) -> None:
        """A link that is closed never opens again."""
        self.link.close()
        with self.assertRaises(LinkLost):
            self.link.send([("PING",)])

    def test_stale(self) -> None:
        """A link that Redis has closed meanwhile is known by that, after a pause."""
        self.assertFalse(self.link.is_stale())
        self.redis.ask("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
        with mock.patch("gameserver.storage.redis.link.link.PAUSE_SECONDS", 0):
            wait_until(self.link.is_stale)

    def test_left(self) -> None:
        """All that is sent has to be answered within the seconds that are left."""
        self.link.left = PATIENCE
        self.assertEqual(self.link.send([("PING",)]), [b"PONG"])
        self.assertLess(self.link.left, PATIENCE)
        self.link.left = 0.05
        with self.assertRaises(LinkTimedOut):
            self.link.send([("BLPOP", "nothing", 0.5)])

    def test_nothing_left(self) -> None:
        """Nothing is sent when there is no time for the answer."""
        self.link.left = 0.0
        with self.assertRaises(LinkTimedOut):
            self.link.send([("SET", "a", 1)])
        self.assertEqual(self.redis.ask("GET", "a"), b"$-1\r\n")

    def test_left_again(self) -> None:
        """A link is as patient as ever with what is sent next."""
        self.link.left = 0.5
        self.link.send([("PING",)])
        self.link.left = None
        self.assertEqual(self.link.send([("BLPOP", "nothing", 0.6)]), [None])


class TLSTest(unittest.TestCase):
    """A link by TLS (`rediss://`)."""

    def setUp(self) -> None:
        require_redis()
        port, file = free_port(), str(CERTIFICATE)
        options = ["--tls-port", str(port), "--tls-cert-file", file, "--tls-key-file", file,
                   "--tls-ca-cert-file", file, "--tls-auth-clients", "no"]  # fmt: skip
        self.addCleanup(RedisServer(*options).close)
        self.address = parse_address(f"rediss://localhost:{port}/0")

    def test_link(self) -> None:
        """It works where the certificate is trusted."""
        with mock.patch.dict("os.environ", SSL_CERT_FILE=str(CERTIFICATE)):
            link = Link(self.address, [COUNT])
        self.addCleanup(link.close)
        self.assertEqual(link.send([COUNT.call(["n"]), ("GET", "n")]), [1, b"1"])

    def test_not_trusted(self) -> None:
        """It fails where the certificate is nobody's that is trusted."""
        with self.assertRaisesRegex(LinkLost, "certificate"):
            Link(self.address)


class FakeLink:
    """A link whose answer takes some of the seconds that it is given, though nobody waits."""

    def __init__(self, takes: float, answer: list[bytes] | LinkLost) -> None:
        self.left = self.given = 0.0
        self._takes = takes
        self._answer = answer

    def send(self, commands: Sequence[Command]) -> list[bytes]:
        self.given = self.left
        self.left -= self._takes
        if isinstance(self._answer, LinkLost):
            raise self._answer
        return self._answer

    def close(self) -> None:
        """Nothing."""


class LinksTest(unittest.TestCase):
    """A Redis of one's own, with all that can become of it."""

    def setUp(self) -> None:
        require_redis()
        self.enterContext(mock.patch.object(links_module, "PROBE_SECONDS", 0.01))
        for module in (link_module, links_module):
            self.enterContext(mock.patch.object(module, "ANSWER_SECONDS", 1.0))
        self.redis = RedisServer()
        self.addCleanup(self.redis.close)
        address = parse_address(self.redis.url)
        self.opened: list[str] = []

        def open_link() -> Link:
            self.opened.append(threading.current_thread().name)
            return Link(address)

        self.links = Links(open_link)
        self.addCleanup(self.links.close)
        self.links.send([("SET", "a", 1)])

    def assert_away(self) -> None:
        """The first one may have to wait; whoever comes next is told at once."""
        with (
            self.assertLogs("gameserver.storage.redis", "ERROR") as logged,
            self.assertRaises(Unavailable),
        ):
            self.links.send([("GET", "a")])
        self.assertEqual(len(logged.output), 1)
        with mock.patch.object(Link, "send") as send:
            for _ in range(3):
                with self.assertRaises(Unavailable):
                    self.links.send([("GET", "a")])
        send.assert_not_called()

    def assert_back(self) -> None:
        def works() -> Any:
            try:
                return self.links.send([("PING",)])
            except Unavailable:
                return None

        self.assertEqual(wait_until(works), [b"PONG"])

    def test_gone(self) -> None:
        """A Redis that is gone, and then back."""
        self.redis.kill()
        self.assert_away()
        with self.assertLogs("gameserver.storage.redis", "WARNING"):
            self.redis.start()
            self.assert_back()

    def test_stopped(self) -> None:
        """A Redis that hangs, though it still lets others connect."""
        stop_process(self.redis.pid)
        self.addCleanup(os.kill, self.redis.pid, signal.SIGCONT)
        self.assert_away()
        with self.assertLogs("gameserver.storage.redis", "WARNING"):
            os.kill(self.redis.pid, signal.SIGCONT)
            self.assert_back()

    def test_replica(self) -> None:
        """A Redis that has become a replica, and the primary again."""
        self.redis.ask("REPLICAOF", "127.0.0.1", "1")
        with (
            self.assertLogs("gameserver.storage.redis", "ERROR"),
            self.assertRaises(Unavailable),
        ):
            self.links.send([("SET", "a", 2)])
        with self.assertLogs("gameserver.storage.redis", "WARNING"):
            self.redis.ask("REPLICAOF", "NO", "ONE")
            self.assert_back()

    def test_closed_meanwhile(self) -> None:
        """A link that Redis has closed is no reason to be away: another one is opened."""
        self.redis.ask("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
        self.assertEqual(self.links.send([("GET", "a")]), [b"1"])
        self.assertEqual(len(self.opened), 2)

    def test_opened_elsewhere(self) -> None:
        """Links are opened in threads: to look up a name may take long."""
        self.assertNotIn(threading.main_thread().name, self.opened)

    def test_opening_takes_long(self) -> None:
        """Nobody waits longer for a link than for an answer; the one that comes late is closed."""
        gate, late = threading.Event(), mock.Mock()

        def open_link() -> Any:
            gate.wait(PATIENCE)
            return late

        links = Links(open_link)
        self.addCleanup(links.close)
        with self.assertLogs("gameserver.storage.redis"), self.assertRaises(Unavailable):
            links.send([("PING",)])
        links.close()
        gate.set()
        wait_until(lambda: late.close.called)

    def test_one_time_for_all(self) -> None:
        """A link that is cut late leaves so much less time for the next one."""
        self.enterContext(mock.patch.object(links_module, "ANSWER_SECONDS", PATIENCE))
        links = [FakeLink(0.25, LinkLost("cut")), FakeLink(0.0, [b"PONG"])]
        first, second = links
        opening = Links(lambda: links.pop(0))  # type: ignore[arg-type,return-value]
        self.addCleanup(opening.close)
        self.assertEqual(opening.send([("PING",)]), [b"PONG"])
        self.assertLessEqual(first.given, PATIENCE)
        self.assertLessEqual(second.given, first.given - 0.25)

    def test_no_time_for_another(self) -> None:
        """Where no time is left no other link is opened."""
        links = [FakeLink(PATIENCE, LinkLost("cut")), FakeLink(0.0, [b"PONG"])]
        opening = Links(lambda: links.pop(0))  # type: ignore[arg-type,return-value]
        self.addCleanup(opening.close)
        with (
            mock.patch.object(opening, "_probe"),
            self.assertLogs("gameserver.storage.redis"),
            self.assertRaises(Unavailable),
        ):
            opening.send([("PING",)])
        self.assertEqual(len(links), 1)

    def test_as_many_as_needed(self) -> None:
        """Threads that ask at the same time have links of their own, which are used again."""
        with self.links.borrowed() as one, self.links.borrowed() as other:
            self.assertIsNot(one, other)
        with self.links.borrowed() as again:
            self.assertIn(again, (one, other))
        self.assertEqual(len(self.opened), 2)

    def test_when_back(self) -> None:
        """It is told when Redis is back, before anybody else can ask."""
        asked: list[int] = []

        def told() -> None:
            with self.assertRaises(Unavailable):
                self.links.send([("PING",)])
            asked.append(1)

        self.links.when_back = told
        self.redis.kill()
        self.assert_away()
        with self.assertLogs("gameserver.storage.redis", "WARNING"):
            self.redis.start()
            self.assert_back()
        self.assertEqual(asked, [1])


if __name__ == "__main__":
    unittest.main()
