"""Random play in tournaments on levels, against a model that keeps every post and looks at all."""

from __future__ import annotations

import random
import unittest
from typing import Any, NamedTuple

from tests.tournaments.keyed import HOUR, KeyedTestCase

LEVELS = (7, 8, 9)
OPERATIONS = 400
SEEDS = range(4)


class Played(NamedTuple):
    """A post that was accepted, and counts until it is removed."""

    cup: int
    name: str
    level_id: int
    score: int
    moment: float


class Model:
    """What the tables must say: found out anew each time."""

    def __init__(self) -> None:
        self.levels: dict[int, tuple[int, ...]] = {}
        self.is_ascending: dict[int, bool] = {}
        self.ends: dict[int, float] = {}
        self.players: dict[int, list[str]] = {}
        self.played: list[Played] = []

    def table(self, cup: int) -> list[tuple[Any, ...]]:
        """Rank, name, score and number of levels, best first."""
        results = []
        for place, name in enumerate(sorted(self.players[cup])):
            best = [b for level in self.levels[cup] if (b := self._best(cup, name, level)) >= 0]
            total = sum(best)
            key = -len(best), total if self.is_ascending[cup] else -total
            results.append((key, place, name, total, len(best)))
        results.sort()
        return [
            (1 + sum(other[0] < key for other in results), name, total, games)
            for key, _, name, total, games in results
        ]

    def _best(self, cup: int, name: str, level: int) -> int:
        scores = [
            each.score
            for each in self.played
            if (each.cup, each.name, each.level_id) == (cup, name, level)
            and each.moment < self.ends[cup]
        ]
        pick = min if self.is_ascending[cup] else max
        return pick(scores, default=-1)


class RandomTest(KeyedTestCase):
    """In memory."""

    def play_at_random(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.model = Model()
        self.keys: dict[tuple[int, str], str] = {}
        self.is_ascending = self.chance.random() < 0.5
        for level_id in LEVELS:
            keep = self.chance.choice(("best", "last"))
            self.configure(level_id, order="asc" if self.is_ascending else "desc", keep=keep)
        operations = (self.post_one, self.post_several, self.take_away, self.wait, self.stop,
                      self.make, self.restart_it)  # fmt: skip
        weights = (60, 20, 5, 10, 1, 3, 4)
        self.make()
        for number in range(OPERATIONS):
            self.chance.choices(operations, weights)[0]()
            for cup in self.model.levels:
                self.assertEqual(self.table(cup), self.model.table(cup), (seed, number, cup))

    def make(self) -> None:
        if len(self.model.levels) == 4:
            return
        wanted = tuple(self.chance.sample(LEVELS, self.chance.randint(1, 3)))
        cup = self.cup("+".join(map(str, wanted)))
        self.model.levels[cup] = wanted
        self.model.is_ascending[cup] = self.is_ascending
        self.model.ends[cup] = self.clock.now + HOUR
        self.model.players[cup] = ["ann", "bob"]
        for name in self.model.players[cup]:
            self.keys[cup, name] = self.key(cup, name)

    def draw_post(self, cup: int, name: str) -> Played:
        level_id, score = self.chance.choice(LEVELS), self.chance.randrange(30)
        return Played(cup, name, level_id, score, self.clock.now)

    def enter(self, posts: list[Played], status: int) -> None:
        """Takes posts into the model if they may count; the status must say the same."""
        counts = all(
            each.level_id in self.model.levels[each.cup]
            and each.moment < self.model.ends[each.cup]
            for each in posts
        )
        self.assertEqual(status, 200 if counts else 403)
        self.model.played += posts if counts else []

    def post_one(self) -> None:
        (cup, name), key = self.chance.choice(list(self.keys.items()))
        post = self.draw_post(cup, name)
        if self.chance.random() < 0.5:
            reply = self.play(key, post.level_id, post.score)
        else:
            name_of_it = f"&id={self.chance.random()}" if self.chance.random() < 0.5 else ""
            more = f"&key={key}{name_of_it}"
            reply = self.submit(post.level_id, self.session, post.score, more)
            if name_of_it and reply.status == 200:
                self.submit(post.level_id, self.session, post.score, more)
        self.enter([post], reply.status)

    def post_several(self) -> None:
        (cup, name), key = self.chance.choice(list(self.keys.items()))
        posts = [self.draw_post(cup, name) for _ in range(self.chance.randint(1, 3))]
        before = self.boards()
        reply = self.play_all(key, *((each.level_id, each.score) for each in posts))
        self.enter(posts, reply.status)
        if reply.status != 200:
            self.assertEqual(self.boards(), before)

    def take_away(self) -> None:
        cup, name = self.chance.choice(list(self.keys))
        if any((each.cup, each.name) == (cup, name) for each in self.model.played):
            self.assertGreater(self.remove(cup, name), 0)
        self.model.played = [
            each for each in self.model.played if (each.cup, each.name) != (cup, name)
        ]

    def wait(self) -> None:
        self.later(self.chance.choice((0.000001, 1, 300)))

    def stop(self) -> None:
        cup = self.chance.choice(list(self.model.levels))
        if self.clock.now < self.model.ends[cup]:
            self.services.tournaments.stop(cup, self.accounts["host"])
            self.model.ends[cup] = self.clock.now

    def restart_it(self) -> None:
        self.restart()
        self.session = self.log_in(7)

    def test_random(self) -> None:
        """After each of many random operations the tables are those of the model."""
        for seed in SEEDS:
            with self.subTest(seed=seed):
                self.play_at_random(seed)
                self.doCleanups()
                self.setUp()


class DurableRandomTest(RandomTest):
    """With a data file, and restarts."""

    is_durable = True


if __name__ == "__main__":
    unittest.main()
