"""A Redis in cluster mode, of which one node has all slots."""

from __future__ import annotations

import unittest
from typing import Any

import mock  # noqa: UP026 (the same mock on every Python)

from gameserver.errors import Refused, StartError
from gameserver.storage.engine import Engine, open_engine
from gameserver.storage.redis.link.keys import key
from gameserver.storage.redis.opening import check_redis
from tests.redis_server import ClusterNode, RedisServer, require_redis, shared_cluster
from tests.storage import contracts
from tests.storage.redis import test_copying, test_maintenance
from tests.storage.redis.stores import keep_scripts_in_slots, open_server
from tests.support import free_port, wait_until


class CheckTest(unittest.TestCase):
    """What is looked at before it is used."""

    def test_all_slots(self) -> None:
        """A node that has all of them takes levels in 16 buckets, and the layout says so."""
        redis = shared_cluster()
        with self.assertNoLogs("gameserver"):
            check_redis(redis.url)
        engine: Any = open_server(self, redis.url)
        self.assertEqual(len(engine.askings), 16)
        self.assertEqual(redis.ask("GET", key("layout")), b"$4\r\n1 16\r\n")

    def test_some_slots(self) -> None:
        """A node that has some of them, or none, is refused in one line that says what is right."""
        require_redis()
        redis = RedisServer("--cluster-enabled", "yes", "--cluster-port", str(free_port()))
        self.addCleanup(redis.close)
        for slots in (0, 4096):
            if slots:
                redis.ask("CLUSTER", "ADDSLOTSRANGE", 0, slots - 1)
            with self.assertRaises(StartError) as caught:
                check_redis(redis.url)
            self.assertRegex(str(caught.exception), f"has {slots:,} of its 16,384 slots: .* all")

    def test_right(self) -> None:
        """A user who may not ask for the slots is refused in one line that names the command."""
        redis = shared_cluster()
        redis.ask("ACL", "SETUSER", "limited", "on", ">secret", "~*", "&*", "+@all", "-cluster")
        self.addCleanup(redis.ask, "ACL", "DELUSER", "limited")
        with self.assertRaisesRegex(StartError, "cluster.*command") as caught:
            check_redis(redis.url.replace("//", "//limited:secret@"))
        self.assertNotIn("secret", str(caught.exception))

    def test_database(self) -> None:
        """A cluster has no databases but the first: one line says so."""
        with self.assertRaisesRegex(StartError, "SELECT is not allowed in cluster mode"):
            check_redis(shared_cluster().url.replace("/0", "/1"))


class SlotsTest(unittest.TestCase):
    """Slots that go elsewhere, and come back."""

    def test_gone(self) -> None:
        """While a node lacks slots a server refuses for now, and goes on when they are back."""
        redis = ClusterNode()
        self.addCleanup(redis.close)
        store: Any = open_server(self, redis.url).scores
        for level_id in range(16):
            store.submit(level_id, 7, 5)
        redis.ask("CLUSTER", "DELSLOTSRANGE", 0, 16383)

        def works() -> bool:
            try:
                return all(store.high_scores(level_id) for level_id in range(16))
            except Refused as error:
                self.assertEqual(error.code, "overloaded")
                return False

        with self.assertLogs("gameserver") as logged:
            wait_until(lambda: not works())
            redis.ask("CLUSTER", "ADDSLOTSRANGE", 0, 16383)
            wait_until(works)
        self.assertEqual(len(logged.output), 2, logged.output)

    def test_elsewhere(self) -> None:
        """A node that says that another one has the keys cannot be used for now."""
        from redis.exceptions import MovedError, ResponseError

        from gameserver.storage.redis.link.link import Link, Unavailable
        from gameserver.storage.redis.link.questions import checked

        # Which of them it is depends on the version of the package.
        for error in (MovedError("1 127.0.0.1:1"), ResponseError("MOVED 1 127.0.0.1:1")):
            store: Any = open_server(self, shared_cluster().url).scores
            with (
                self.subTest(error=error),
                mock.patch.object(Link, "send", return_value=[error]),
                self.assertLogs("gameserver"),
                self.assertRaises(Unavailable),
            ):
                store.submit(1, 7, 5)
            with self.assertRaises(Unavailable):
                checked([error])


class ReplicasTest(unittest.TestCase):
    """`--redis_wait`."""

    def test_too_few(self) -> None:
        """What no replica confirms is refused for now, in one bucket and in several."""
        url = shared_cluster().url
        open_server(self, url)  # the first one has written the layout
        engine: Any = open_engine(store=url, redis_wait=1)
        self.addCleanup(engine.close)
        for call in (
            lambda: engine.scores.submit(1, 7, 5),
            lambda: engine.scores.rename(7, "Ann"),
        ):
            with self.assertRaises(Refused) as caught:
                call()
            self.assertEqual(caught.exception.code, "overloaded")
        self.assertEqual(engine.scores.gauges()["scores"], 1)


class AccountsTest(contracts.AccountsContract):
    """Accounts."""

    def make_engine(self) -> Engine:
        return open_engine(store=shared_cluster().url)


class TournamentsTest(contracts.TournamentsContract):
    """Tournaments."""

    def make_engine(self) -> Engine:
        return open_engine(store=shared_cluster().url, clock=lambda: 0.0)


class CopyTest(test_copying.CopyTest):
    """Everything is copied there, and back."""

    def empty_redis(self) -> str:
        keep_scripts_in_slots(self)
        return shared_cluster().url


class NewSecretTest(test_maintenance.NewSecretTest):
    """`new-secret`."""

    def empty_redis(self) -> str:
        return shared_cluster().url


if __name__ == "__main__":
    unittest.main()
