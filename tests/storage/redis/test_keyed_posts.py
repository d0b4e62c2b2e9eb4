"""A post with a tournament's key on Redis: on the boards and in the tournament, or in neither."""

from __future__ import annotations

import threading
import unittest
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import mock  # noqa: UP026 (the same mock on every Python)

from gameserver.assembly import make_services
from gameserver.scores.values import Post
from gameserver.storage.engine import Engine
from gameserver.storage.redis.link.link import Command, Link, LinkLost
from gameserver.storage.redis.scores.post_calls import PostCalls
from gameserver.views.keyed_posts import with_key
from tests.people import Reply
from tests.redis_server import shared_redis
from tests.storage.redis.stores import open_server
from tests.support import run_together
from tests.tournaments.keyed import KeyedTestCase

SUMS, BESTS = 7, 8


class SharedCase(KeyedTestCase):
    """A server, a tournament on a level that adds up and another one, and a player's key."""

    is_durable = True

    def setUp(self) -> None:
        self.redis = shared_redis()
        self.url = self.redis.url
        super().setUp()
        self.configure(SUMS, keep="sum")
        self.cup_id = self.cup(f"{SUMS}+{BESTS}")
        self.player_key = self.key(self.cup_id)

    def open_engine(self) -> Engine:
        return open_server(self, self.url, clock=self.clock)

    def state(self) -> tuple[Any, ...]:
        """What the boards and the tournament say."""
        kept = self.engine.tournaments.scores(self.cup_id, 2**62)
        return *self.boards()[:2], self.table(self.cup_id), len(kept)

    def play_both(self, score: int, name: str) -> Reply:
        return self.play_all(self.player_key, (SUMS, score), (BESTS, score), id=name)

    def meanwhile(self, work: Callable[[], object]) -> Any:
        """For `with`: something that happens when a post has been judged, before it is done."""
        todo = [work]
        real = PostCalls.commands

        def commands(calls: PostCalls, items: Sequence[Any]) -> Sequence[Command]:
            made = real(calls, items)
            if todo:
                thread = threading.Thread(target=todo.pop())
                thread.start()
                thread.join()
            return made

        return mock.patch.object(PostCalls, "commands", commands)


class DyingTest(SharedCase):
    """A server that is killed, or loses its link, behind any of the commands that it sends."""

    def cut_behind(self, count: int) -> Any:
        """For `with`: Redis does so many commands more, and nobody hears of the last one."""
        left = count
        real = Link._send

        def send(link: Link, commands: Sequence[Command]) -> list[Any]:
            nonlocal left
            if len(commands) < left:
                left -= len(commands)
                return real(link, commands)
            if left:
                real(link, commands[:left])
                left = 0
            link.close()
            raise LinkLost("cut")

        return mock.patch.object(Link, "_send", send)

    def test_behind_each_command(self) -> None:
        """All of the post counts or nothing, and the same post again makes it all, once."""
        self.enterContext(self.assertLogs("gameserver.storage.redis.link.links", "ERROR"))
        seen = []
        for count in range(1, 100):
            before = self.state()
            with self.cut_behind(count):
                reply = self.play_both(count, str(count))
            if reply.status == 200:
                break
            self.assertEqual(reply.status, 503)
            self.restart()
            after = self.state()
            again = self.play_both(count, str(count))
            whole = self.state()
            self.assertIn(after, (before, whole))
            seen.append(after == whole)
            total = count * (count + 1) // 2
            self.assertEqual(whole[:2], (b"7=%d" % total, b"7=%d" % count))
            self.assertEqual(whole[2], [(1, "ann", 2 * count, 2)])
            self.assertEqual((again.status, again), (200, self.play_both(count, str(count))))
            self.assertEqual(self.state(), whole)
        self.assertEqual(set(seen), {False, True})
        self.assertGreater(len(seen), 8)


class OthersTest(SharedCase):
    """What other servers do between the steps in which a post is judged and done."""

    def setUp(self) -> None:
        super().setUp()
        self.other = open_server(self, self.url, clock=self.clock)

    def test_posts(self) -> None:
        """Posts of several servers with one key all count, each as a whole."""
        scores = range(1, 25)
        engines = [open_server(self, self.url, clock=self.clock) for _ in range(3)]
        servers = [make_services(each, clock=self.clock) for each in engines]

        def post(number: int) -> bytes:
            posts = [Post(level, scores[number]) for level in (SUMS, BESTS)]
            services = servers[number % len(servers)]
            return with_key(services, self.player_key, 7, posts, lambda _: b"done", None)

        self.assertEqual(run_together(post, len(scores)), [b"done"] * len(scores))
        state = self.state()
        self.assertEqual(state[:2], (b"7=%d" % sum(scores), b"7=24"))
        self.assertEqual(state[2], [(1, "ann", 48, 2)])

    def test_key_ended(self) -> None:
        """A key that ends meanwhile refuses the whole post."""
        before = self.state()
        with self.meanwhile(lambda: self.other.tournaments.end_keys(self.accounts["ann"])):
            self.assertEqual(self.play_both(5, "a").status, 400)
        self.assertEqual(self.state(), before)

    def test_removed(self) -> None:
        """What a host removes meanwhile is judged again without it."""
        self.play_both(50, "a")
        with self.meanwhile(lambda: self.remove(self.cup_id)):
            self.assertEqual(self.play_both(5, "b").status, 200)
        self.assertEqual(self.table(self.cup_id), [(1, "ann", 10, 2)])

    def test_settings(self) -> None:
        """Settings that another server changes meanwhile hold: what they refuse counts nowhere."""
        before = self.state()

        def change() -> None:
            self.other.scores.configure(BESTS, lambda settings: replace(settings, max=4))

        with self.meanwhile(change):
            self.assertEqual(self.play_both(5, "a").status, 400)
        self.assertEqual(self.state(), before)
        self.assertEqual(self.play_both(4, "a").status, 200)
        self.assertEqual(self.table(self.cup_id), [(1, "ann", 8, 2)])

    def test_scripts_forgotten(self) -> None:
        """Scripts that Redis has forgotten are loaded again."""
        self.redis.ask("SCRIPT", "FLUSH")
        self.assertEqual(self.play_both(5, "a").status, 200)
        self.assertEqual(self.table(self.cup_id), [(1, "ann", 10, 2)])

    def test_full(self) -> None:
        """A Redis without room takes nothing."""
        before = self.state()
        self.redis.ask("CONFIG", "SET", "maxmemory", 1)
        self.addCleanup(self.redis.ask, "CONFIG", "SET", "maxmemory", 0)
        self.assertEqual(self.play_both(5, "a").status, 503)
        self.assertEqual(self.state(), before)


if __name__ == "__main__":
    unittest.main()
