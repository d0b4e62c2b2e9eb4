"""Asking a real Redis, in a batch and at once."""

from __future__ import annotations

import threading
import unittest
from collections.abc import Sequence
from typing import Any

import mock  # noqa: UP026 (the same mock on every Python)

from gameserver.errors import Refused
from gameserver.storage.redis.link.address import parse_address
from gameserver.storage.redis.link.link import Command, Link, Unavailable
from gameserver.storage.redis.link.links import Links
from gameserver.storage.redis.link.questions import AGAIN, Change, Pending, Read
from gameserver.storage.redis.link.rounds import Rounds
from tests.redis_server import RedisServer, shared_redis
from tests.support import PATIENCE, run_together, wait_until


class RoundsTestCase(unittest.TestCase):
    replicas = 0

    def setUp(self) -> None:
        self.redis = shared_redis()
        self.links = Links(lambda: Link(parse_address(self.redis.url)))
        self.addCleanup(self.links.close)
        self.rounds = Rounds(self.links, self.replicas)

    def add_one(self, read: Read) -> Change:
        (value,) = read([("GET", "n")])
        return Change([("SET", "n", int(value or 0) + 1)], int(value or 0) + 1)


class RoundsTest(RoundsTestCase):
    def test_outside_of_a_batch(self) -> None:
        """Whoever is in no batch has the answer at once."""
        self.assertEqual(self.rounds.ask([("SET", "a", 1), ("GET", "a")]), [b"OK", b"1"])

    def test_in_a_batch(self) -> None:
        """In a batch a view is called twice, and other threads are not held up."""
        self.rounds.at_once([("SET", "a", 1)], writes=True)
        with self.rounds.batch() as batch:
            self.assertTrue(batch.turn(0, 0))
            with self.assertRaises(Pending):
                self.rounds.ask([("GET", "a")])
            answers: list[Any] = []
            thread = threading.Thread(target=lambda: answers.append(self.rounds.ask([("PING",)])))
            thread.start()
            thread.join()
            self.assertEqual(answers, [[b"PONG"]])
            batch.flush()
            self.assertTrue(batch.turn(0, 0))
            self.assertEqual(self.rounds.ask([("GET", "a")]), [b"1"])

    def test_at_once_in_a_batch(self) -> None:
        """From what is done at once on, everything is."""
        with self.rounds.batch() as batch:
            batch.turn(0, 0)
            self.assertEqual(self.rounds.at_once([("INCR", "n")], writes=True), [1])
            self.assertEqual(self.rounds.ask([("GET", "n")]), [b"1"])
            self.assertTrue(batch.has_written)

    def test_presumes(self) -> None:
        """Views go on with what is known in a batch, until they ask at once."""
        self.assertFalse(self.rounds.presumes)
        with self.rounds.batch() as batch:
            batch.turn(0, 0)
            self.assertTrue(self.rounds.presumes)
            self.rounds.begin_at_once()
            self.assertFalse(self.rounds.presumes)

    def test_transact(self) -> None:
        """A rule that races with others is called again until it has won."""
        results = run_together(lambda _: self.rounds.transact(["n"], self.add_one), 16)
        self.assertEqual(sorted(results), list(range(1, 17)))

    def test_transact_lost(self) -> None:
        """A transaction that was not done has not changed anything, so its view may begin again."""
        others = iter(["first"])

        def rule(read: Read) -> Change:
            read([("GET", "n")])
            for value in others:
                self.redis.ask("SET", "n", value)
                return Change([("SET", "n", "mine")])
            self.assertFalse(batch.has_written)
            return Change(())

        with self.rounds.batch() as batch:
            batch.turn(0, 0)
            self.rounds.transact(["n"], rule)
            self.assertFalse(batch.has_written)
            self.rounds.transact(["n"], self.set_one)
            self.assertTrue(batch.has_written)

    def set_one(self, read: Read) -> Change:
        return Change([("SET", "n", 1)])

    def test_transact_refused(self) -> None:
        """A rule that refuses, or has nothing to do, changes nothing, and its link is as good."""

        def refuse(read: Read) -> Change:
            read([("GET", "n")])
            raise Refused("no")

        with self.assertRaises(Refused):
            self.rounds.transact(["n"], refuse)
        self.assertEqual(self.rounds.transact(["n"], lambda read: Change((), 5)), 5)
        self.assertEqual(self.rounds.transact(["n"], self.add_one), 1)

    def test_again(self) -> None:
        """What has to be asked again is asked again at once."""

        class Twice:
            writes = final = False
            answered = 0

            def commands(self, items: Sequence[Any]) -> Sequence[Command]:
                return [("PING",)]

            def answers(self, items: Sequence[Any], replies: Sequence[Any]) -> Sequence[Any]:
                self.answered += 1
                return [AGAIN if self.answered == 1 else self.answered]

        self.assertEqual(self.rounds.collect(Twice(), 0), 2)

    def test_full(self) -> None:
        """A Redis without room can still be read."""
        self.redis.ask("CONFIG", "SET", "maxmemory", 1)
        self.addCleanup(self.redis.ask, "CONFIG", "SET", "maxmemory", 0)
        with self.assertRaises(Unavailable):
            self.rounds.at_once([("SET", "a", 1)], writes=True)
        with self.assertRaises(Unavailable):
            self.rounds.transact(["n"], self.add_one)
        self.assertEqual(self.rounds.ask([("GET", "a")]), [None])


class ReplicaTest(RoundsTestCase):
    """What is written has to be on a replica, too."""

    replicas = 1

    def test_without_one(self) -> None:
        """Without one nothing is acknowledged; reading goes on."""
        with self.assertRaises(Unavailable):
            self.rounds.at_once([("SET", "a", 1)], writes=True)
        with self.assertRaises(Unavailable):
            self.rounds.transact(["n"], self.add_one)
        self.assertEqual(self.rounds.ask([("PING",)]), [b"PONG"])

    def test_nothing_presumed(self) -> None:
        """What this server knows of scores the replica may not have."""
        with self.rounds.batch() as batch:
            batch.turn(0, 0)
            self.assertFalse(self.rounds.presumes)

    def test_with_one(self) -> None:
        """With one, it is there by the time of the answer."""
        self.enterContext(
            mock.patch("gameserver.storage.redis.link.rounds.WAIT_MS", 1000 * PATIENCE)
        )
        replica = RedisServer("--replicaof", f"127.0.0.1 {self.redis.port}")
        self.addCleanup(replica.close)
        wait_until(lambda: b"state=online" in self.redis.ask("INFO", "replication"))
        self.assertEqual(self.rounds.at_once([("SET", "a", 1)], writes=True), [b"OK"])
        self.assertEqual(self.rounds.transact(["n"], self.add_one), 1)
        self.assertEqual(replica.ask("GET", "n"), b"$1\r\n1\r\n")


if __name__ == "__main__":
    unittest.main()
