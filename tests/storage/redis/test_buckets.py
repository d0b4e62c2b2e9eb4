"""Buckets of levels: what lies where, what is one, and what a repeat completes."""

from __future__ import annotations

import random
import re
import unittest
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import mock  # noqa: UP026 (the same mock on every Python)

from gameserver.errors import Busy, Refused, StartError
from gameserver.scores.audit import Author, Job
from gameserver.scores.moderation import Moderation
from gameserver.scores.values import Outcome, Post, RequestId
from gameserver.storage.redis.link.keys import Bucket, key
from tests.redis_server import redis_url, require_redis, shared_redis
from tests.storage.redis.stores import milliseconds_left, open_buckets, open_server
from tests.support import Clock, run_together

ADMIN = Author("192.0.2.7", "admin")
BUCKETS = 3
LEVELS = range(1, 13)


def totals(outcomes: Sequence[Outcome]) -> bytes:
    """An answer: what stands on the boards now."""
    return " ".join(f"{each.level_id}:{each.best}" for each in outcomes).encode()


class BucketsTestCase(unittest.TestCase):
    """A Redis with three buckets, and two servers."""

    def setUp(self) -> None:
        self.redis = shared_redis()
        self.clock = Clock()
        self.engine, self.other_engine = self.open(), self.open()
        self.store: Any = self.engine.scores
        self.other: Any = self.other_engine.scores

    def open(self) -> Any:
        return open_buckets(self, self.redis.url, clock=self.clock, buckets=BUCKETS)

    def moderation(self, store: Any) -> Moderation:
        return Moderation(store, self.engine.batch, self.clock, lambda: 0.0, lambda _: None)

    def fill(self, users: int = 4) -> None:
        for level_id in LEVELS:
            for user_id in range(users):
                self.store.submit(level_id, user_id, 10 * level_id + user_id)

    def boards(self) -> list[bytes]:
        return [self.other.high_scores(level_id) for level_id in LEVELS]

    @contextmanager
    def cut(self, bucket: int) -> Iterator[None]:
        """Within it Redis is gone before it does anything in the buckets from this one on."""
        from gameserver.storage.redis.link.link import LinkLost
        from gameserver.storage.redis.link.links import Links

        send = Links.send

        def send_some(links: Any, commands: Any, *more: Any) -> Any:
            tags = {Bucket(number).tag for number in range(bucket, BUCKETS)}
            done = [each for each in commands if not tags & set(each)]
            if len(done) == len(commands):
                return send(links, commands, *more)
            if done:
                send(links, done, *more)
            raise links._lost(LinkLost("it is gone"))

        with (
            mock.patch.object(Links, "send", send_some),
            mock.patch.object(Links, "_probe"),
            self.assertLogs("gameserver"),
        ):
            yield
        self.engine._links._is_away = False

    def batch(self, *views: Callable[[], object]) -> list[object]:
        """What views return that are called in rounds, each for a client of its own."""
        answers: dict[int, object] = {}
        from gameserver.storage.redis.link.questions import Pending

        with self.engine.rounds.batch() as batch:
            while len(answers) < len(views):
                for at, view in enumerate(views):
                    if at not in answers and batch.turn(at, at):
                        try:
                            answers[at] = view()
                        except Pending:
                            continue
                        except Refused as error:
                            answers[at] = error.code
                for at in batch.flush():
                    del answers[at]
        return [answers[at] for at in range(len(views))]


class KeysTest(BucketsTestCase):
    """What lies where."""

    def keys(self) -> dict[str, set[str]]:
        """The names of all keys, by what is in the braces."""
        found: dict[str, set[str]] = {}
        text = self.redis.ask("KEYS", "*").decode(errors="replace")
        for name in re.findall(r"\r\n(gs:.*?)\r\n", text.replace("\r\n", "\r\n\r\n")):
            match = re.fullmatch(r"gs:\{([0-9]+)\}:(.+)", name, re.DOTALL)
            assert match, name
            found.setdefault(match[1], set()).add(match[2])
        return found

    def test_tags(self) -> None:
        """A level's keys have the tag of its bucket, and so has all that goes with them."""
        self.fill()
        self.store.configure(20, lambda old: replace(old, keep="sum", reset="daily", runs=True))
        self.store.configure(21, lambda old: replace(old, keep="last", times=True))
        self.store.rename(1, "Ann")
        request = RequestId(21, "a", b"d" * 16)
        self.store.post(1, [Post(21, 5, b"{}"), Post(2, 999)], totals, request)
        moderation = self.moderation(self.store)
        moderation.put_state(ADMIN, 2, "ban")
        moderation.purge(ADMIN, Job("remove", user=3), {})
        found = self.keys()
        self.assertEqual(set(found), {"0", "1", "2"})
        for bucket, names in found.items():
            boards = {int(name[2:].split(":")[0]) for name in names if name.startswith("b:")}
            expected = {level for level in (*LEVELS, 21) if level % BUCKETS == int(bucket)}
            self.assertEqual(boards, expected)
            common = {"book", "rules", "rules:since", "rules:changed", "names", "folded", "states",
                      "busiest", "audit", "audit:ids", "n"}  # fmt: skip
            self.assertLessEqual(common, names)
        self.assertEqual({bucket for bucket, names in found.items() if "settings" in names},
                         {"0", "2"})  # fmt: skip
        for name in ("layout", "secrets"):
            self.assertEqual([b for b, names in found.items() if name in names], ["0"])

    def test_people(self) -> None:
        """What is no level's lies in the bucket 0."""
        from gameserver.auth.claim_store import Claim

        self.engine.claims.put(7, Claim(b"a" * 16, 1_700_000_000_001))
        self.engine.throttle.begin("ann", 0)
        self.engine.replace_signing_secret()
        found = self.keys()
        self.assertLessEqual({"claims", "secrets"}, found["0"])
        self.assertEqual(found["1"], found["2"])
        self.assertLessEqual(found["1"], {"book", "rules", "rules:since"})

    def test_layout(self) -> None:
        """A server that spreads levels over another number of buckets does not start."""
        with self.assertRaises(StartError) as caught:
            open_server(self, self.redis.url)
        self.assertRegex(str(caught.exception), "in 3 buckets, .* in 1:")
        url = redis_url()
        open_server(self, url)
        with self.assertRaises(StartError) as caught:
            open_buckets(self, url, buckets=16)
        self.assertRegex(str(caught.exception), "in 1 buckets, .* in 16:")


class PostsTest(BucketsTestCase):
    """Posts to levels of several buckets."""

    posts = [Post(1, 5), Post(2, 6), Post(3, 7), Post(4, 8)]
    request = RequestId(-1, "a", b"d" * 16)

    def setUp(self) -> None:
        super().setUp()
        for level_id in LEVELS:
            self.store.configure(level_id, lambda old: replace(old, keep="sum"))
        self.store.overall_version()  # now it knows the settings

    def post(self, store: Any, request: RequestId | None = None) -> bytes:
        return bytes(store.post(7, self.posts, totals, request))

    def test_cut_short(self) -> None:
        """What was done in some of the buckets only is completed by the repeat, and counts once."""
        for bucket in (1, 2):
            request = self.request._replace(id=str(bucket))
            with self.cut(bucket), self.assertRaises(Refused) as caught:
                self.post(self.store, request)
            self.assertEqual(caught.exception.code, "overloaded")
            self.assertTrue(self.other.is_answered(7, request))
            first = self.post(self.other, request)
            self.assertEqual(self.post(self.store, request), first)
            expected = b" ".join(b"%d:%d" % (p.level_id, bucket * p.score) for p in self.posts)
            self.assertEqual(first, expected)
        self.assertEqual(self.boards()[:4], [b"7=10", b"7=12", b"7=14", b"7=16"])

    def test_one_round(self) -> None:
        """All buckets are asked in one pipeline, for several views together."""
        from gameserver.storage.redis.link.links import Links

        with mock.patch.object(Links, "send", autospec=True, side_effect=Links.send) as sent:
            self.batch(*[lambda: self.post(self.store)] * 5)
        self.assertEqual(sent.call_count, 1)
        self.assertEqual(len(sent.call_args.args[1]), BUCKETS)
        self.assertEqual(self.boards()[:4], [b"7=25", b"7=30", b"7=35", b"7=40"])

    def test_rules_of_one_bucket(self) -> None:
        """Where the settings of one bucket have changed, its part is done by the new ones, and
        what the others have entered counts once.
        """
        self.other.configure(2, lambda old: replace(old, keep="last"))
        self.assertEqual(self.post(self.store), b"1:5 2:6 3:7 4:8")
        self.other.configure(2, lambda old: replace(old, min=1))
        views = [lambda: self.post(self.store), lambda: self.store.high_scores(1)]
        self.assertEqual(self.batch(*views), [b"1:10 2:6 3:14 4:16", b"7=10"])
        self.assertEqual(self.boards()[:4], [b"7=10", b"7=6", b"7=14", b"7=16"])

    def test_rules_that_change_again(self) -> None:
        """However often they change meanwhile, what has been entered is not entered again."""
        from gameserver.storage.redis.link.links import Links

        send, sent = Links.send, []

        def send_late(links: Any, commands: Any, *more: Any) -> Any:
            if links is self.engine._links:
                sent.append(commands)
                if len(sent) < 8:
                    self.other.configure(2, lambda old: replace(old, title=f"{len(sent)}"))
            return send(links, commands, *more)

        with mock.patch.object(Links, "send", send_late):
            self.assertEqual(self.batch(lambda: self.post(self.store)), [b"1:5 2:6 3:7 4:8"])
        self.assertGreater(len(sent), 8)
        self.assertEqual(self.boards()[:4], [b"7=5", b"7=6", b"7=7", b"7=8"])

    def test_all_rules(self) -> None:
        """Where those of all buckets have, it is asked again as a whole."""
        self.moderation(self.other).put_state(ADMIN, 9, "ban")
        self.assertEqual(self.batch(lambda: self.post(self.store)), [b"1:5 2:6 3:7 4:8"])
        self.moderation(self.other).put_state(ADMIN, 7, "ban")
        self.assertEqual(self.batch(lambda: self.post(self.store)), ["banned"])
        self.assertEqual(self.boards()[:4], [b""] * 4)

    def test_refused_by_rules(self) -> None:
        """What the settings refuse enters nothing anywhere, whichever server has just made them."""
        self.other.configure(2, lambda old: replace(old, max=5))
        for request in (None, self.request):
            with self.assertRaises(Refused) as caught:
                self.post(self.store, request)
            self.assertEqual(caught.exception.code, "out_of_bounds")
        self.assertEqual(self.boards()[:4], [b""] * 4)
        self.other.configure(2, lambda old: replace(old, max=6))
        self.assertEqual(self.post(self.store, self.request), b"1:5 2:6 3:7 4:8")

    def test_refused_by_a_bucket(self) -> None:
        """What a bucket alone can refuse is taken back in the others; with an id it is completed
        by the repeat.
        """
        self.store.configure(2, lambda old: replace(old, rate_level=1))
        self.store.submit(2, 8, 1)
        for _ in range(2):
            with self.assertRaises(Refused) as caught:
                self.post(self.store)
            self.assertEqual(caught.exception.code, "too_many_requests")
            self.assertEqual(self.boards()[:4], [b"", b"8=1", b"", b""])
        with self.assertRaises(Refused):
            self.post(self.store, self.request)
        self.clock.now += 60
        self.assertEqual(self.post(self.store, self.request), b"1:5 2:6 3:7 4:8")
        self.assertEqual(self.boards()[:4], [b"7=5", b"7=6,8=1", b"7=7", b"7=8"])

    def test_refused_and_changed(self) -> None:
        """Where one bucket refuses and the rules of another have changed, nothing is entered."""
        self.store.configure(2, lambda old: replace(old, rate_level=1))
        self.store.submit(2, 8, 1)
        self.other.configure(1, lambda old: replace(old, title="One"))
        with self.assertRaises(Refused) as caught:
            self.post(self.store)
        self.assertEqual(caught.exception.code, "too_many_requests")
        self.assertEqual(self.boards()[:4], [b"", b"8=1", b"", b""])

    def test_hidden(self) -> None:
        """Of a user who is hidden nothing is shown, whatever refuses a part of the posts."""
        self.store.configure(2, lambda old: replace(old, rate_level=1))
        self.store.submit(1, 7, 3)
        self.moderation(self.store).put_state(ADMIN, 7, "hide")
        self.store.submit(2, 8, 1)
        with self.assertRaises(Refused):
            self.post(self.store)
        self.assertEqual(self.boards()[:4], [b"", b"8=1", b"", b""])


class LevelsTest(BucketsTestCase):
    """All levels, put together."""

    def test_busiest(self) -> None:
        """The busiest levels come in order, on every page, and each once."""
        chance = random.Random(5)
        players = {level_id: chance.randrange(5) for level_id in range(40)}
        for level_id, count in players.items():
            self.store.configure(level_id, lambda old: replace(old, title="Some level"))
            for user_id in range(count):
                self.store.submit(level_id, user_id, 5)
        expected = sorted(players, key=lambda level_id: (-players[level_id], level_id))
        for q in ("", "me lev"):
            for limit in (1, 7, 40, 100):
                found: list[int] = []
                while page := self.other.levels(len(found), limit, q).levels:
                    found += [each.level_id for each in page]
                    self.assertEqual([each.players for each in page],
                                     [players[each.level_id] for each in page])  # fmt: skip
                self.assertEqual(found, expected)
            self.assertEqual(self.other.levels(0, 1, q).total, 40)
        self.assertEqual([each.level_id for each in self.other.levels(0, 9, "17").levels], [17])

    def test_together(self) -> None:
        """In a batch all buckets are asked in the same round: a list of levels takes two."""
        from gameserver.storage.redis.link.links import Links

        self.fill()
        views = [self.store.gauges, self.store.levels, self.store.overall_version]
        with mock.patch.object(Links, "send", autospec=True, side_effect=Links.send) as sent:
            gauges, levels, version = self.batch(*views)
        self.assertEqual(sent.call_count, 2)
        self.assertEqual(gauges, {"levels": 12, "scores": 48})
        self.assertEqual(levels, self.other.levels())
        self.assertEqual(version, self.other.overall_version())

    def test_rules_change_meanwhile(self) -> None:
        """Where the rules of a bucket have changed all are asked again, and a view goes on."""
        self.fill()
        self.other.configure(2, lambda old: replace(old, title="Two"))
        self.other.configure(3, lambda old: replace(old, times=True))
        (levels, keeps) = self.batch(self.store.levels, lambda: self.store.keeps_times(None))
        self.assertEqual(levels, self.other.levels())
        self.assertIs(keeps, True)

    def test_overall_version(self) -> None:
        """A change in any bucket makes another version."""
        versions = [self.other.overall_version()]
        for level_id in range(1, 1 + BUCKETS):
            self.store.submit(level_id, 7, 5)
            versions.append(self.other.overall_version())
        self.assertEqual(len(set(versions)), 1 + BUCKETS)
        self.assertRegex(versions[0], r"\A[a-z0-9.-]+\Z")

    def test_scores_of(self) -> None:
        """A user's scores come by level, in stretches of so many levels."""
        self.fill()
        found: list[int] = []
        while page := self.other.scores_of(3, found[-1] + 1 if found else 0, 5):
            found += [each.level_id for each in page]
            self.assertLessEqual(len(page), 5)
        self.assertEqual(found, list(LEVELS))


class UsersTest(BucketsTestCase):
    """Names and states, which all buckets have."""

    def names(self, store: Any) -> list[str | None]:
        return [store.page(level_id).entries[0].name for level_id in LEVELS]

    def test_name(self) -> None:
        """A name is found, and shown on all boards of all servers; so is its end."""
        self.fill(users=1)
        for name in ("Ann", "Bob", None):
            self.store.rename(0, name)
            self.assertEqual(self.names(self.other), [name] * len(LEVELS))
            self.assertEqual(self.other.name(0), name)
        self.store.rename(0, "Zoë")
        self.assertEqual(self.other.users("zo"), [(0, "Zoë")])
        self.assertEqual(self.other.users("ann"), [])

    def test_names_at_once(self) -> None:
        """Of names that servers give a user at once the same one remains everywhere."""
        self.fill(users=1)
        for _ in range(5):
            run_together(lambda n: (self.store, self.other)[n % 2].rename(0, f"name {n}"), 6)
            name = self.store.name(0)
            self.assertEqual(self.names(self.other), [name] * len(LEVELS))
            self.assertEqual(self.other.users("name"), [(0, name)])

    def test_name_that_is_overtaken(self) -> None:
        """A name that another server replaces before it has come to all buckets comes to none."""
        self.fill(users=1)
        rename = self.store._first.rename

        def rename_both(user_id: int, name: str) -> None:
            rename(user_id, name)
            self.other.rename(user_id, "Bob")

        with mock.patch.object(self.store._first, "rename", rename_both):
            self.store.rename(0, "Ann")
        self.assertEqual(self.names(self.other), ["Bob"] * len(LEVELS))
        self.assertEqual(self.other.users("ann"), [])

    def test_name_cut_short(self) -> None:
        """A name that has come to some of the buckets only comes to all with the repeat."""
        self.fill(users=1)
        self.store.rename(0, "Ann")
        with self.cut(1), self.assertRaises(Refused):
            self.store.rename(0, "Bob")
        self.assertEqual(self.other.name(0), "Bob")
        self.assertEqual(set(self.names(self.other)), {"Ann", "Bob"})
        self.other.rename(0, "Bob")
        self.assertEqual(self.names(self.store), ["Bob"] * len(LEVELS))

    def test_forget(self) -> None:
        """Nothing of a user remains anywhere, also where it was cut short and repeated."""
        self.fill(users=2)
        self.store.rename(0, "Ann")
        with self.cut(1), self.assertRaises(Refused):
            self.store.forget(0)
        self.assertTrue(self.other.is_known(0))
        self.other.forget(0)
        self.assertFalse(self.store.is_known(0))
        self.assertEqual(self.store.scores_of(0), [])
        self.assertEqual(self.boards(), [b"1=%d" % (10 * n + 1) for n in LEVELS])

    def test_ban(self) -> None:
        """Whoever is banned on one server posts on none, in no bucket."""
        self.fill(users=1)
        self.moderation(self.store).put_state(ADMIN, 0, "ban")
        for level_id in LEVELS:
            with self.assertRaises(Refused) as caught:
                self.other.submit(level_id, 0, 999)
            self.assertEqual(caught.exception.code, "banned")
        self.assertEqual(self.boards(), [b""] * len(LEVELS))
        self.moderation(self.other).put_state(ADMIN, 0, "unban")
        self.assertEqual(self.boards(), [b"0=%d" % (10 * n) for n in LEVELS])


    def test_hide_instead(self) -> None:
        """A ban that becomes less, which takes no job, does so in all buckets."""
        self.fill(users=1)
        self.moderation(self.store).put_state(ADMIN, 0, "ban")
        self.moderation(self.store).put_state(ADMIN, 0, "hide")
        for level_id in LEVELS:
            self.other.submit(level_id, 0, 999)
        self.assertEqual(self.boards(), [b""] * len(LEVELS))


class ModerationTest(BucketsTestCase):
    """Jobs over all levels."""

    def test_undo(self) -> None:
        """What was removed from all levels comes back, and the audit adds it up."""
        self.fill()
        before = self.boards()
        removed, entry = self.moderation(self.store).purge(ADMIN, Job("remove", max=80), {})
        found = self.other.audit_entry(entry)
        self.assertEqual((found.scores, found.kept), (removed, removed))
        self.assertGreater(removed, 20)
        self.assertNotEqual(self.boards(), before)
        self.assertEqual(self.moderation(self.other).undo(ADMIN, entry), removed)
        self.assertEqual(self.boards(), before)
        self.assertEqual([each.is_undone for each in self.store.audit(0, 9)], [False, True])

    def test_undo_of_one_level(self) -> None:
        """What a removal has taken from one bucket comes back, though all have its entry."""
        self.fill()
        before = self.boards()
        for level_id in (3, 4, 5):
            entry = self.moderation(self.store).remove_score(ADMIN, level_id, 1)
            removed, other = self.moderation(self.store).remove_level(ADMIN, level_id)
            self.assertEqual(removed, 3)
            for each in (other, entry):
                self.moderation(self.other).undo(ADMIN, each)
            self.assertEqual(self.boards(), before)

    def test_begun_by_a_server_that_died(self) -> None:
        """A ban that is known in the bucket 0 alone is completed in all by the next server."""
        self.fill(users=2)
        what = {"user": 0, "state": "banned"}
        before = {"state": "ok"}
        first = self.store._first
        entry = first.write_down(ADMIN, "ban", what, before, Job("withhold", user=0))
        first.put_state(0, "banned")
        self.other.submit(1, 0, 999)  # is known in no other bucket yet
        self.moderation(self.other).finish()
        for level_id in LEVELS:
            with self.assertRaises(Refused):
                self.store.submit(level_id, 0, 999)
        self.assertEqual(self.boards(), [b"1=%d" % (10 * n + 1) for n in LEVELS])
        self.assertEqual(self.store.audit_entry(entry).scores, len(LEVELS))
        self.moderation(self.store).undo(ADMIN, entry)
        self.assertIn(b"0=999", self.boards()[0])

    def test_removal_by_a_server_that_died(self) -> None:
        """So is a removal, wherever it was when its server died; no step is done twice."""
        self.fill()
        count = 0
        for steps in range(40):
            entry = self.store.write_down(ADMIN, "purge", {}, {}, Job("remove", max=10**6))
            work = self.store.work(entry)
            count = sum(1 for _, _ in zip(range(steps), work, strict=False))
            work.close()
            self.moderation(self.other).finish()
            self.assertEqual(self.boards(), [b""] * len(LEVELS))
            self.assertEqual(self.other.audit_entry(entry).scores, 4 * len(LEVELS))
            undone = self.moderation(self.other).undo(ADMIN, entry)
            self.assertEqual(undone, 4 * len(LEVELS))
            if count < steps:
                break
        self.assertGreaterEqual(count, len(LEVELS))

    def test_other_entries(self) -> None:
        """Entries without a job have ids of the same row, and need no other bucket."""
        with mock.patch.object(type(self.store._first), "copy_entry") as copied:
            first = self.store.write_down(ADMIN, "configure", {"level": 2})
            second = self.other.write_down(ADMIN, "configure", {"level": 1})
        self.assertEqual((first, second, copied.call_count), (1, 2, 0))
        self.assertEqual([each.id for each in self.store.audit(0, 9)], [2, 1])

    def test_counts_anew(self) -> None:
        """What was removed of a level that counts in another way since does not come back."""
        for level_id in (1, 2):
            self.store.submit(level_id, 7, 5)
        _, entry = self.moderation(self.store).purge(ADMIN, Job("remove", user=7), {})
        self.other.configure(2, lambda old: replace(old, keep="sum"))
        self.assertEqual(self.moderation(self.store).undo(ADMIN, entry), 1)
        self.assertEqual(self.boards()[:2], [b"7=5", b""])

    def test_turn(self) -> None:
        """A job in any bucket prolongs the turn, which is kept in the bucket 0."""
        for user_id in range(600):
            self.store.submit(1, user_id, 5)
        entry = self.store.write_down(ADMIN, "purge", {}, {}, Job("remove", level=1))
        with self.store.turn():
            self.redis.ask("PEXPIRE", key("turn"), 5_000)
            for _ in self.store.work(entry):
                pass
            self.assertIn(milliseconds_left(self.redis, key("turn")), range(5_001, 10_001))
            with self.assertRaises(Busy), self.other.turn(wait=False):
                pass


if __name__ == "__main__":
    require_redis()
    unittest.main()
