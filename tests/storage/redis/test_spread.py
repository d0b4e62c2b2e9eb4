"""Questions to several buckets, in batches whose Redis is only a function."""

from __future__ import annotations

import unittest
from functools import partial
from typing import Any

from gameserver.storage.redis.buckets.spread import Parts, Spread, together
from gameserver.storage.redis.link.questions import AGAIN
from tests.storage.redis.test_batch import BatchTestCase, Kind


class TogetherTest(BatchTestCase):
    """`together`."""

    def setUp(self) -> None:
        super().setUp()
        self.buckets = [Kind(f"read {n}") for n in range(3)]

    def asking_all(self, item: Any) -> Any:
        """A view that asks all buckets."""
        return lambda: together([partial(self.batch.answer, kind, item) for kind in self.buckets])

    def test_one_round(self) -> None:
        """Each view has the answers of all buckets after one round, in their order."""
        answers = self.run_views(self.asking_all(5), self.asking_all(6))
        self.assertEqual(answers, [[("ok", 5)] * 3, [("ok", 6)] * 3])
        self.assertEqual(self.sent, [[(f"read {n}", 5, 6) for n in range(3)]])

    def test_again(self) -> None:
        """Where one of them has to be asked again, all are."""
        self.buckets[1].again = {5}
        answers = self.run_views(self.asking_all(5), self.asking_all(6))
        self.assertEqual(answers, [[("ok", 5)] * 3, [("ok", 6)] * 3])
        self.assertEqual(self.sent[1], [(f"read {n}", 5) for n in range(3)])

    def test_behind_a_question(self) -> None:
        """They may come behind another question of the view, and before the next one."""

        def view() -> Any:
            first = self.batch.answer(self.reads, 1)
            return first, *self.asking_all(2)(), self.batch.answer(self.reads, 3)

        (answer,) = self.run_views(view)
        self.assertEqual(answer, (("ok", 1), *[("ok", 2)] * 3, ("ok", 3)))
        self.assertEqual(len(self.sent), 3)

    def test_another_way(self) -> None:
        """A view that goes another way when it is called again asks nothing of the old one."""
        first = [partial(self.batch.answer, self.lists, 2)]

        def view() -> Any:
            return first.pop()() if first else self.asking_all(3)()

        (answer,) = self.run_views(view)
        self.assertEqual(answer, [("ok", 3)] * 3)
        self.assertEqual(self.sent, [[("list", 2)], [(f"read {n}", 3) for n in range(3)]])


class SpreadTest(BatchTestCase):
    """`Spread`."""

    def setUp(self) -> None:
        super().setUp()
        self.buckets = [Kind(f"write {n}", True) for n in range(3)]
        self.spread = Spread(self.buckets)

    def test_parts(self) -> None:
        """A call goes to each bucket that is concerned, and each question has its own answers."""
        one, other = Parts({0: "a", 2: "b"}), Parts({2: "c"})
        answers = self.run_views(self.asking((self.spread, one)), self.asking((self.spread, other)))
        self.assertEqual(answers, [{0: ("ok", "a"), 2: ("ok", "b")}, {2: ("ok", "c")}])
        self.assertEqual(self.sent, [[("write 0", "a"), ("write 2", "b", "c")]])

    def test_left_out(self) -> None:
        """What has to be asked again is left out where another part was done, as that one stays."""
        self.buckets[0].again = {"a", "c"}
        items = [Parts({0: "a", 1: "b"}), Parts({0: "c"})]
        replies = ["ok"] * len(self.spread.commands(items))
        self.assertEqual(self.spread.answers(items, replies), [{1: ("ok", "b")}, AGAIN])


if __name__ == "__main__":
    unittest.main()
