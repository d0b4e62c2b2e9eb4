"""Boards whose arrivals are numbered anew, some lines with each change: their order is as ever."""

from __future__ import annotations

import random
import unittest
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from gameserver.scores.audit import Author, Job
from gameserver.scores.moderation import Moderation
from gameserver.scores.values import Post
from gameserver.storage.redis.link.keys import key
from gameserver.storage.redis.link.questions import Pending
from gameserver.storage.redis.scores.ordering import parts_of
from tests.redis_server import shared_redis
from tests.storage.redis.stores import open_server
from tests.support import Clock

ADMIN = Author("192.0.2.7", "admin")
MANY = 2**31
"""As in `scripts/common.lua`."""


class RenumberingCase(unittest.TestCase):
    """Two servers, and a board of the level 1 on which as much has happened as a test says."""

    board = "1"

    def setUp(self) -> None:
        self.redis = shared_redis()
        self.clock = Clock()
        self.engines = [open_server(self, self.redis.url, clock=self.clock) for _ in range(2)]
        self.store, self.other = (engine.scores for engine in self.engines)

    def ask(self, *words: str | int) -> list[object]:
        found: list[object] = self.engines[0].rounds.read([words])  # type: ignore[attr-defined]
        return found

    def have_happened(self, changes: int) -> None:
        """So many changes of the board, which have left nothing."""
        self.ask("HSET", key("n"), self.board, changes)

    def changes(self) -> int:
        (n,) = self.ask("HGET", key("n"), self.board)
        return int(n or 0)  # type: ignore[call-overload,no-any-return]

    def is_renumbered(self) -> bool:
        """Whether its lines are being numbered anew."""
        return self.ask("HEXISTS", key("renumbered"), self.board) == [1]

    def finish(self) -> int:
        """Posts scores to the board until all is numbered; returns how many that took."""
        for count in range(10_000):
            if count and not self.is_renumbered():
                return count
            self.store.submit(1, 100_000 + count, 0)
        self.fail("it goes on for ever")

    def users(self) -> list[int]:
        return [entry.user_id for entry in self.store.page(1, limit=10**6).entries]

    def check(self) -> None:
        """All places are different ones, and the next arrival stands behind all others."""
        (found,) = self.ask("ZRANGE", key("b", self.board), 0, -1, "WITHSCORES")
        assert isinstance(found, list)
        places = [parts_of(float(place)) for place in found[1::2]]
        self.assertEqual(len(set(places)), len(places))
        self.assertLess(max((arrival for _, arrival in places), default=-1), self.changes())


class RandomTest(RenumberingCase):
    """Random posts, with many ties, against lines that are sorted by score and arrival."""

    def play(self, keep: str, order: str, seed: int, turns: int) -> int:
        """Returns how often all lines were numbered anew."""
        chance = random.Random(seed)
        self.store.configure(1, lambda old: replace(old, keep=keep, order=order))
        self.board = "1a" if order == "asc" else "1"
        known: dict[int, tuple[int, int]] = {}
        passes = 0
        for turn in range(turns):
            if self.changes() < MANY // 2:
                passes += 1
                self.have_happened(MANY - chance.randrange(20))
            user_id, score = chance.randrange(300), chance.choice((1, 2, 2, 2, 3, 4))
            store = chance.choice((self.store, self.other))
            store.post(user_id, [Post(1, score)], lambda _: b"")
            old = known.get(user_id)
            r = score if order == "asc" else -score
            if old is None or r < old[0] or (keep == "last" and r != old[0]):
                known[user_id] = r, turn
            if turn % 20 == 0:
                self.assertEqual(self.users(), sorted(known, key=known.__getitem__))
                self.check()
        return passes

    def test_best(self) -> None:
        """Only better scores count."""
        self.assertGreater(self.play("best", "desc", 1, 2000), 10)

    def test_last(self) -> None:
        """The last score counts: lines go up and down."""
        self.assertGreater(self.play("last", "asc", 2, 2000), 10)

    def test_plain(self) -> None:
        """Scores of the mini-game, many of them in one call."""
        chance = random.Random(3)
        known: dict[int, tuple[int, int]] = {}
        arrived = passes = 0
        for _ in range(60):
            if self.changes() < MANY // 2:
                passes += 1
                self.have_happened(MANY - chance.randrange(100))
            posts = [(chance.randrange(2000), chance.choice((1, 2, 2, 3))) for _ in range(64)]
            submit_together(self.engines[0], posts)
            for user_id, score in posts:
                arrived += 1
                if user_id not in known or -score < known[user_id][0]:
                    known[user_id] = -score, arrived
            self.assertEqual(self.users(), sorted(known, key=known.__getitem__))
            self.check()
        self.assertGreater(passes, 3)


class JobsTest(RenumberingCase):
    """What an admin does to a board whose lines are numbered anew."""

    def setUp(self) -> None:
        super().setUp()
        for user_id in range(400):
            self.store.submit(1, user_id, 5)
        self.have_happened(MANY + 1)
        engine = self.engines[0]
        self.moderation = Moderation(
            engine.scores, engine.batch, self.clock, lambda: 0.0, lambda _: None
        )

    def test_old_place(self) -> None:
        """A line that comes back before its score is reached stands where it stood."""
        self.moderation.remove_score(ADMIN, 1, 300)
        self.store.submit(1, 1000, 9)
        self.assertTrue(self.is_renumbered())
        self.moderation.undo(ADMIN, self.last_entry())
        self.assertEqual(self.users(), [1000, *range(400)])
        self.finish()
        self.assertEqual(self.users()[:401], [1000, *range(400)])
        self.check()

    def test_behind(self) -> None:
        """One that comes back later stands behind those that were there, before those to come."""
        self.moderation.remove_score(ADMIN, 1, 300)
        entry = self.last_entry()
        self.finish()
        self.store.submit(1, 1000, 5)
        self.moderation.undo(ADMIN, entry)
        self.store.submit(1, 1001, 5)
        expected = [*range(300), *range(301, 400), 1000, 300, 1001]
        self.assertEqual(self.users()[:402], expected)
        self.finish()
        self.assertEqual(self.users()[:402], expected)
        self.check()
        self.assertLess(self.changes(), MANY)

    def test_meanwhile(self) -> None:
        """One that comes back when its score is done stands behind those that are there."""
        self.have_happened(MANY - 2)
        for user_id in (1000, 1001):
            self.store.submit(1, user_id, 9)
        self.moderation.remove_score(ADMIN, 1, 1000)
        self.store.submit(1, 1002, 9)
        self.assertTrue(self.is_renumbered())
        self.moderation.undo(ADMIN, self.last_entry())
        self.finish()
        self.check()
        self.store.submit(1, 1003, 9)
        self.assertEqual(self.users()[:4], [1001, 1002, 1000, 1003])

    def test_whole_level(self) -> None:
        """A level that is taken away and brought back has its order."""
        _, entry = self.moderation.remove_level(ADMIN, 1)
        self.assertEqual(self.users(), [])
        self.moderation.undo(ADMIN, entry)
        self.assertEqual(self.users(), list(range(400)))
        self.finish()
        self.assertEqual(self.users()[:400], list(range(400)))
        self.check()

    def test_amid_a_job(self) -> None:
        """A job gets all lines, though others are numbered between its steps."""
        entry = self.store.write_down(ADMIN, "purge", {}, {}, Job("remove", level=1, max=5))
        moved = 0
        for lines in self.store.work(entry):
            moved += lines
            for user_id in range(1000, 1100):
                self.other.submit(1, user_id + moved, 6)
        self.assertEqual(moved, 400)
        self.assertEqual({entry.score for entry in self.store.page(1, limit=999).entries}, {6})

    def last_entry(self) -> int:
        return self.store.audit(0, 1)[0].id


def submit_together(engine: Any, posts: Sequence[tuple[int, int]]) -> None:
    """Scores of users on the level 1, in one round of a batch."""
    with engine.rounds.batch() as batch:
        for at, (user_id, score) in enumerate(posts):
            batch.turn(at, at)
            with suppress(Pending):
                engine.scores.submit(1, user_id, score)
        batch.flush()


if __name__ == "__main__":
    unittest.main()
