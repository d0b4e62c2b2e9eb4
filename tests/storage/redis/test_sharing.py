"""What servers that share a Redis see of each other's scores."""

from __future__ import annotations

import random
import threading
import unittest
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import mock  # noqa: UP026 (the same mock on every Python)

from gameserver.errors import Busy, Refused, StartError
from gameserver.scores.audit import Author, Job
from gameserver.scores.moderation import Moderation
from gameserver.scores.values import Limits, Outcome, Post, RequestId
from gameserver.storage.redis.link.keys import key
from tests.redis_server import RedisServer, shared_redis
from tests.storage.redis.stores import milliseconds_left, open_server
from tests.support import Clock, run_together

ADMIN = Author("192.0.2.7", "admin")


def total(outcomes: Sequence[Outcome]) -> bytes:
    """An answer: what stands on the board now."""
    return b"%d" % outcomes[-1].best


class SharingTestCase(unittest.TestCase):
    """A Redis, and two servers."""

    def setUp(self) -> None:
        self.redis = shared_redis()
        self.clock, self.other_clock = Clock(), Clock()
        self.engine = open_server(self, self.redis.url, clock=self.clock)
        self.addCleanup(self.redis.ask, "CONFIG", "SET", "maxmemory", 0)
        self.other_engine = open_server(self, self.redis.url, clock=self.other_clock)
        self.store: Any = self.engine.scores
        self.other: Any = self.other_engine.scores

    def moderation(self, store: Any) -> Moderation:
        return Moderation(store, self.engine.batch, self.clock, lambda: 0.0, lambda _: None)


class RulesTest(SharingTestCase):
    """Settings and states bind all servers at once."""

    def test_settings(self) -> None:
        """A score counts as another server has just set, before anything was read."""
        self.other.submit(1, 7, 5)
        self.store.configure(2, lambda old: replace(old, keep="sum", order="asc", max=10))
        self.other.submit(2, 7, 5)
        self.other.submit(2, 7, 6)
        with self.assertRaises(Refused):
            self.other.submit(2, 8, 11)
        self.assertEqual(self.store.high_scores(2), b"7=11")
        self.assertEqual(self.other.high_scores(2), b"7=11")

    def test_same_settings(self) -> None:
        """Two servers that change the settings of a level at once lose neither's change."""

        def work(number: int) -> None:
            store = (self.store, self.other)[number % 2]
            store.configure(1, lambda old: replace(old, decimals=old.decimals + 1))

        run_together(work, 6)
        self.assertEqual(self.store.settings(1).decimals, 6)

    def test_ban(self) -> None:
        """Whoever is banned on one server posts on none."""
        self.other.submit(1, 7, 5)
        self.moderation(self.store).put_state(ADMIN, 7, "ban")
        with self.assertRaises(Refused):
            self.other.submit(1, 7, 9)
        self.assertEqual(self.other.state(7), "banned")
        self.assertEqual(self.other.high_scores(1), b"")


class NamesTest(SharingTestCase):
    """Names, which all servers know."""

    def test_any_name(self) -> None:
        """A name may be a word that scripts use."""
        for name in ("rules", "gone", "ok", "is", "%d", "[x", "Ω" * 32):
            self.store.rename(7, name)
            self.assertEqual((self.other.name(7), self.other.users(name)), (name, [(7, name)]))

    def test_at_once(self) -> None:
        """Of two names that servers give a user at once one remains, and is found."""
        run_together(lambda n: (self.store, self.other)[n % 2].rename(7, f"name {n}"), 6)
        name = self.store.name(7)
        self.assertEqual(self.other.users("name"), [(7, name)])


class VersionTest(SharingTestCase):
    """Versions, which servers have in common."""

    def test_same(self) -> None:
        """All servers say the same version of the same, and a new one after a change on any."""
        seen = set()
        for store in (self.store, self.other, self.store):
            store.submit(1, 7, len(seen) + 5)
            seen.add(self.store.version(1))
            self.assertEqual(self.store.version(1), self.other.version(1))
            self.assertEqual(self.store.overall_version(), self.other.overall_version())
        self.assertEqual(len(seen), 3)

    def test_another_redis(self) -> None:
        """After Redis has started again, or another has taken over, no version comes again."""
        redis = RedisServer("--appendonly", "no")
        self.addCleanup(redis.close)
        versions = set()
        for _ in range(2):
            store: Any = open_server(self, redis.url).scores
            store.submit(1, 7, 5)
            versions |= {store.version(1), store.overall_version()}
            redis.kill()
            redis.start()
        self.assertEqual(len(versions), 4)

    def test_list(self) -> None:
        """A list is the same object until it changes, on any server."""
        self.store.submit(1, 7, 5)
        before = self.other.high_scores(1)
        self.assertIs(self.other.high_scores(1), before)
        for user_id in range(20):
            self.store.submit(1, 100 + user_id, 6)
        self.assertNotEqual(self.other.high_scores(1), before)
        top = self.other.high_scores(1)
        self.store.submit(1, 8, 5)  # the last
        self.assertIs(self.other.high_scores(1), top)


class PostsTest(SharingTestCase):
    """Posts that come by way of several servers."""

    def test_request(self) -> None:
        """A request that comes to another server the second time counts once."""
        self.store.configure(1, lambda old: replace(old, keep="sum"))

        def work(number: int) -> bytes:
            store = (self.store, self.other)[number % 2]
            return bytes(store.post(7, [Post(1, 5)], total, RequestId(1, "a", b"d" * 16)))

        self.assertEqual(run_together(work, 8), [b"5"] * 8)
        self.assertEqual(self.store.high_scores(1), b"7=5")

    def test_remembered_requests(self) -> None:
        """Of requests as many are kept as can be repeated: eight of a user, none older than a day.

        Of too many the oldest go, whoever's they are.
        """
        for number in range(20):
            self.clock.now += 1
            for user_id in (7, 8):
                request = RequestId(1, f"{number}", b"d" * 16)
                self.store.post(user_id, [Post(1, 5)], total, request)
        self.assertEqual(self.redis.ask("ZCARD", key("requests")), b":16\r\n")
        self.store.posts._limits = self.store.posts._limits.replace("1000000", "10")
        for number in range(6):
            self.clock.now += 1
            self.store.post(9, [Post(1, 5)], total, RequestId(2, f"{number}", b"d" * 16))
        self.assertEqual(self.redis.ask("ZCARD", key("requests")), b":10\r\n")
        self.store.forget(9)
        self.assertEqual(self.redis.ask("ZCARD", key("requests")), b":4\r\n")
        self.clock.now += 86_400
        for number in range(4):
            self.store.post(10, [Post(1, 5)], total, RequestId(1, f"{number}", b"d" * 16))
        self.assertEqual(self.redis.ask("ZCARD", key("requests")), b":4\r\n")
        self.assertEqual(self.redis.ask("EXISTS", key("q", 7), key("q", 8)), b":0\r\n")

    def test_runs(self) -> None:
        """A run that one server has drawn is good on another one, once."""
        self.store.configure(1, lambda old: replace(old, runs=True))
        drawn: list[str] = []

        def keep(run: Any) -> bytes:
            drawn.append(run.text)
            return b""

        self.store.draw_run(1, 7, keep)
        self.other.post(7, [Post(1, 5, run=drawn[0])], total)
        with self.assertRaises(Refused) as caught:
            self.store.post(7, [Post(1, 6, run=drawn[0])], total)
        self.assertEqual(caught.exception.code, "run_used")

    def test_rates(self) -> None:
        """Of all servers together a level takes as many posts as it says."""
        self.store.configure(1, lambda old: replace(old, rate_user=4))
        for store in (self.store, self.other) * 2:
            store.submit(1, 7, 5)
        for store in (self.store, self.other):
            with self.assertRaises(Refused):
                store.submit(1, 7, 6)

    def test_clocks_that_differ(self) -> None:
        """A post counts in the season that its server is in; both are read on both servers."""
        self.store.configure(1, lambda old: replace(old, reset="hourly"))
        end = self.store.summary(1).season.end / 1_000_000
        self.clock.now, self.other_clock.now = end + 1, end - 1
        self.store.submit(1, 7, 5)
        self.other.submit(1, 8, 6)
        self.assertEqual((self.store.high_scores(1), self.other.high_scores(1)), (b"7=5", b"8=6"))
        names = {store.summary(1).season.name for store in (self.store, self.other)}
        for name in names:
            pages = [store.page(1, name).entries for store in (self.store, self.other)]
            self.assertEqual(pages[0], pages[1])
        self.assertEqual(len(names), 2)
        self.other_clock.now = end + 1
        self.other.submit(1, 8, 6)
        self.assertEqual(self.store.high_scores(1), b"8=6,7=5")
        self.assertEqual(self.store.levels().levels[0].players, 2)

    def test_full(self) -> None:
        """The limits are those of all servers together, to the last score."""
        stores = [
            open_server(self, self.redis.url, Limits(levels=3, scores=20), self.clock).scores
            for _ in range(2)
        ]

        def work(number: int) -> int:
            entered = 0
            for user_id in range(10):
                try:
                    stores[number % 2].submit(1 + user_id % 5, number * 10 + user_id, 5)
                    entered += 1
                except Refused as error:
                    self.assertEqual(error.code, "full")
            return entered

        self.assertEqual(sum(run_together(work, 6)), 20)
        self.assertEqual(self.store.gauges(), {"levels": 3, "scores": 20})

    def test_arrivals_run_out(self) -> None:
        """Where the numbers of arrivals run out they are given anew, and no line moves."""
        for user_id in range(3000):
            self.store.submit(1, user_id, user_id % 7)
        before = [entry.user_id for entry in self.store.page(1, limit=5000).entries]
        version = self.store.version(1)
        self.redis.ask("HSET", key("n"), 1, 2**31 - 10)
        self.other.submit(1, 5000, 3)
        self.other.post(5001, [Post(1, 3)], total)
        for user_id in range(6000, 6190):  # with each of them some more are numbered
            self.store.submit(1, user_id, 3)
            self.other.submit(1, user_id, 4)
        entries = self.store.page(1, limit=5000).entries
        after = [entry.user_id for entry in entries if entry.user_id < 6000]
        self.assertEqual(after.index(5001), after.index(5000) + 1)
        better = sum(entry.score > 3 for entry in entries)
        self.assertEqual(self.store.rank_of(1, 4), better + 1)
        self.assertEqual([user_id for user_id in after if user_id < 5000], before)
        self.assertNotEqual(self.store.version(1), version)
        self.assertLess(int(self.redis.ask("HGET", key("n"), 1).split()[1]), 1000)

    def test_remove_from_seasons(self) -> None:
        """A score is taken off a past season; from one that there is not, that is refused."""
        self.store.configure(1, lambda old: replace(old, reset="hourly"))
        self.store.submit(1, 7, 5)
        past = self.store.summary(1).season.name
        self.clock.now += 3600
        self.assertFalse(self.store.remove(1, 7))
        self.assertTrue(self.store.remove(1, 7, past))
        with self.assertRaises(Refused):  # its only score is gone, and so is the season
            self.store.remove(1, 7, past)

    def test_first_of_a_season(self) -> None:
        """Who is the first in a season is found there, also when an old board has just gone."""
        store = open_server(self, self.redis.url, Limits(seasons=1), self.clock).scores
        store.configure(1, lambda old: replace(old, reset="hourly"))
        for user in (7, 9, 9, 7):  # with the third one the first season goes, and its users with it
            store.submit(1, user, 5)
            self.clock.now += 3600
        self.clock.now -= 3600
        self.assertEqual([each.level_id for each in store.scores_of(7)], [1])
        store.forget(7)
        self.assertEqual(store.summary(1).players, 0)

    def test_users_of_seasons_that_are_gone(self) -> None:
        """Whoever played only in seasons that are kept no longer leaves nothing behind."""
        store = open_server(self, self.redis.url, Limits(seasons=1), self.clock).scores
        store.configure(1, lambda old: replace(old, reset="hourly"))
        for hour in range(4):
            for user_id in range(30):
                store.submit(1, 100 * hour + user_id, 5)
            store.submit(1, 7777, 5)
            self.clock.now += 3600
        self.assertEqual(store.gauges()["scores"], 62)
        members = self.redis.ask("SMEMBERS", key("u", 100 // 8))
        self.assertEqual(members, b"*0\r\n")
        self.assertEqual(len(store.scores_of(7777)), 2)
        self.assertEqual(store.scores_of(100), [])
        self.assertEqual([len(store.scores_of(user_id)) for user_id in (200, 329)], [1, 1])


class HistoryTest(SharingTestCase):
    """What becomes of many posts at once, by way of several servers."""

    def test_sums(self) -> None:
        """Every post counts once, though each is sent to two servers."""
        self.store.configure(1, lambda old: replace(old, keep="sum", times=True))

        def work(number: int) -> list[bytes]:
            stores, answers = (self.store, self.other), []
            for turn in range(40):
                request = RequestId(1, f"{turn}", bytes([number] * 16))
                for store in stores[:: 1 if number % 2 else -1]:
                    answers.append(store.post(number, [Post(1, turn)], total, request))
            return answers

        for answers in run_together(work, 6):
            sums = [sum(range(turn + 1)) for turn in range(40) for _ in range(2)]
            self.assertEqual(answers, [b"%d" % each for each in sums])
        self.assertEqual({entry.score for entry in self.other.page(1).entries}, {780})

    def test_ties(self) -> None:
        """Of equal scores the one reached first stands first, whichever server took it."""
        posted: list[tuple[int, int]] = []
        lock = threading.Lock()

        def work(number: int) -> None:
            chance = random.Random(number)
            for user_id in range(100 * number, 100 * number + 60):
                with lock:  # so that it is known which is the first
                    score = chance.randrange(5)
                    (self.store, self.other)[chance.randrange(2)].submit(1, user_id, score)
                    posted.append((-score, user_id))

        run_together(work, 5)
        entries = self.store.page(1, limit=999).entries
        expected = [user_id for _, user_id in sorted(posted, key=lambda each: each[0])]
        self.assertEqual([entry.user_id for entry in entries], expected)
        self.assertEqual([entry.rank for entry in entries], list(range(1, 301)))


def before_of(users: Sequence[int], score: int) -> int:
    """How many of the users have the score."""
    return sum(user_id % 7 == score for user_id in users)


class JobsTest(SharingTestCase):
    """Jobs that several servers do."""

    def setUp(self) -> None:
        super().setUp()
        for user_id in range(300):
            self.store.submit(1, user_id, user_id)

    def test_taken_over(self) -> None:
        """A job that one server has begun, and has not finished, is finished by another."""
        job = Job("remove", level=1, min=100)
        entry = self.store.write_down(ADMIN, "purge", {}, {}, job)
        steps = self.store.work(entry)
        next(steps)
        self.moderation(self.other).finish()
        self.assertEqual(self.store.gauges()["scores"], 100)
        self.assertEqual(self.other.audit_entry(entry).scores, 200)
        self.assertEqual(sum(steps), 0)

    def test_together(self) -> None:
        """A job that two servers do at once moves every score once."""
        job = Job("remove", level=1)
        entry = self.store.write_down(ADMIN, "remove_level", {"level": 1}, {"settings": {}}, job)
        moved = run_together(lambda n: sum((self.store, self.other)[n].work(entry)), 2)
        self.assertEqual(sum(moved), 300)
        self.assertEqual(self.store.audit_entry(entry).scores, 300)
        self.assertEqual(self.moderation(self.other).undo(ADMIN, entry), 300)
        self.assertEqual(len(self.store.page(1, limit=999).entries), 300)

    def test_step_of_a_job_that_is_done(self) -> None:
        """What is left of a job after another server has finished it does nothing."""
        for level_id in range(2, 60):
            self.store.submit(level_id, 7, 5)
        entry = self.store.write_down(ADMIN, "ban", {}, {}, Job("withhold", user=7))
        self.store.put_state(7, "banned")
        steps = self.store.work(entry)
        next(steps)
        self.moderation(self.other).put_state(ADMIN, 7, "unban")
        self.assertEqual(sum(steps), 0)
        self.assertEqual(len(self.store.scores_of(7)), 59)


class FullTest(SharingTestCase):
    """A Redis that takes nothing more."""

    def test_full(self) -> None:
        """What would be written is refused as a whole, what is read is answered; then all goes on.

        So it is with a score of any kind, a name, settings, and what an admin does.
        """
        self.store.configure(2, lambda old: replace(old, keep="sum", times=True, rate_user=99))
        for level_id in (1, 2):
            self.store.submit(level_id, 7, 5)
        request = RequestId(2, "a", b"d" * 16)
        calls: list[Callable[[], object]] = [
            lambda: self.store.submit(1, 8, 9), lambda: self.store.submit(2, 7, 9),
            lambda: self.store.post(7, [Post(1, 9), Post(2, 9, b"{}")], total, request),
            lambda: self.store.rename(7, "Ann"),
            lambda: self.store.configure(3, lambda old: replace(old, title="Three")),
            lambda: self.moderation(self.store).put_state(ADMIN, 7, "ban"),
        ]  # fmt: skip
        before = self.state()
        self.redis.ask("CONFIG", "SET", "maxmemory", 1)
        for call in calls:
            with self.assertRaises(Refused) as caught:
                call()
            self.assertEqual(caught.exception.code, "overloaded")
            self.assertEqual(self.state(), before)
        self.redis.ask("CONFIG", "SET", "maxmemory", 0)
        for call in calls:
            call()
        self.assertEqual(self.store.high_scores(1), b"8=9")

    def state(self) -> tuple[object, ...]:
        """What can be read."""
        boards = [self.store.page(level_id) for level_id in (1, 2, 3)]
        return boards, self.store.gauges(), self.store.levels(), self.store.scores_of(7)


class TurnsTest(SharingTestCase):
    """Admins at work on two servers."""

    def test_away(self) -> None:
        """A server that starts while Redis cannot be asked leaves what was interrupted to later."""
        from gameserver.storage.redis.link.link import Unavailable
        from gameserver.storage.redis.link.links import Links

        with mock.patch.object(Links, "send", side_effect=Unavailable):
            self.moderation(self.store).finish()

    def test_turns(self) -> None:
        """While it is one server's turn another one waits, then says so; or does not wait."""
        waits: list[float] = []
        self.other._turns._sleep = waits.append
        with self.store.turn():
            with self.assertRaises(Busy):
                self.moderation(self.other).put_state(ADMIN, 7, "ban")
            self.assertAlmostEqual(sum(waits), 4.9)
            self.moderation(self.other).finish()  # leaves it to the one whose turn it is
        self.assertAlmostEqual(sum(waits), 4.9)
        self.moderation(self.other).put_state(ADMIN, 7, "ban")

    def test_wait(self) -> None:
        """A server whose turn comes goes on."""
        turn = self.store.turn()
        turn.__enter__()
        self.other._turns._sleep = lambda _: turn.__exit__(None, None, None)
        self.moderation(self.other).put_state(ADMIN, 7, "ban")
        self.assertEqual(self.store.state(7), "banned")

    def test_expiry(self) -> None:
        """The turn of a server that is gone ends by itself; a job that goes on prolongs it."""
        self.store.submit(1, 7, 5)
        entry = self.store.write_down(ADMIN, "purge", {}, {}, Job("remove", level=1))
        turn = self.store.turn()
        turn.__enter__()
        self.assertIn(milliseconds_left(self.redis, key("turn")), range(5_001, 10_001))
        self.redis.ask("PEXPIRE", key("turn"), 5_000)
        next(self.store.work(entry))
        self.assertIn(milliseconds_left(self.redis, key("turn")), range(5_001, 10_001))
        self.redis.ask("DEL", key("turn"))
        with self.other.turn():
            turn.__exit__(None, None, None)  # is another's by now
            with self.assertRaises(Busy), self.store.turn(wait=False):
                pass

    def test_ban_and_unban(self) -> None:
        """Whatever comes of bans and their ends at once, scores stand where the state says."""
        for level_id in range(40):
            self.store.submit(level_id, 7, 5)

        def work(number: int) -> None:
            moderation = self.moderation((self.store, self.other)[number % 2])
            for action in ("ban", "unban") * 3:
                moderation.put_state(ADMIN, 7, action)  # type: ignore[arg-type]

        run_together(work, 4)
        shown = 40 if self.store.state(7) == "ok" else 0
        self.assertEqual(len(self.store.scores_of(7)), shown)


class LayoutTest(unittest.TestCase):
    """The version of the layout."""

    def test_another_layout(self) -> None:
        """A Redis with scores in another layout is refused in one line that says so."""
        redis = shared_redis()
        open_server(self, redis.url)
        redis.ask("SET", key("layout"), "2 8")
        with self.assertRaises(StartError) as caught:
            open_server(self, redis.url)
        self.assertRegex(str(caught.exception), r"layout 2 .*layout 1")


if __name__ == "__main__":
    unittest.main()
