"""A batch whose views ask a Redis that is only a function."""

from __future__ import annotations

import unittest
from collections.abc import Callable, Sequence
from typing import Any

import mock  # noqa: UP026 (the same mock on every Python)
from redis.exceptions import ResponseError

from gameserver.storage.redis.link import batch as batch_module
from gameserver.storage.redis.link.batch import Batch
from gameserver.storage.redis.link.link import Unavailable
from gameserver.storage.redis.link.questions import AGAIN, Pending
from tests.support import Clock


class Kind:
    """Questions whose command is their name and all items; each is answered with its own."""

    def __init__(self, name: str, writes: bool = False, final: bool = False) -> None:
        self.name = name
        self.writes = writes
        self.final = final
        self.again: set[Any] = set()
        """Items that are to be asked again, once."""

    def commands(self, items: Sequence[Any]) -> Sequence[Any]:
        return [(self.name, *items)]

    def answers(self, items: Sequence[Any], replies: Sequence[Any]) -> Sequence[Any]:
        (reply,) = replies
        answers = [AGAIN if item in self.again else (reply, item) for item in items]
        self.again -= set(items)
        return answers


class BatchTestCase(unittest.TestCase):
    """Views that ask; `self.sent` has what went to Redis, by round."""

    def setUp(self) -> None:
        self.clock = Clock(0.0)
        self.enterContext(mock.patch.object(batch_module, "time", mock.Mock(monotonic=self.clock)))
        self.enterContext(mock.patch.object(batch_module, "ROUND_SECONDS", 0.2))
        self.sent: list[list[Any]] = []
        self.replies: dict[str, Any] = {}
        """By command, instead of `ok`."""
        self.confirmed = True
        self.number = 1
        self.posts, self.lists = Kind("post", True, True), Kind("list", final=True)
        self.reads = Kind("read")
        self.batch = Batch(self.send, lambda: self.number)

    def send(self, commands: Sequence[Any], writes: bool, seconds: float) -> tuple[list[Any], bool]:
        self.sent.append(list(commands))
        return [self.replies.get(name, "ok") for name, *_ in commands], self.confirmed

    def run_views(self, *views: Callable[[], Any], clients: Sequence[int] = ()) -> list[Any]:
        """What the views return, or raise, each of a client of its own unless it is said."""
        results: dict[int, Any] = {}
        while len(results) < len(views):
            for at, view in enumerate(views):
                if at in results or not self.batch.turn(at, clients[at] if clients else at):
                    continue
                try:
                    results[at] = view()
                except Pending:
                    pass
                except Exception as error:
                    results[at] = error
            for at in self.batch.flush():
                del results[at]
        return [results[at] for at in range(len(views))]

    def asking(self, *questions: tuple[Kind, Any]) -> Callable[[], Any]:
        """A view that asks these, one after the other, and returns the last answer."""
        return lambda: [self.batch.answer(*each) for each in questions][-1]


class BatchTest(BatchTestCase):
    """What is asked when, and who is told what."""

    def test_together(self) -> None:
        """What several views ask goes to Redis together, and each has its own answer."""
        views = [self.asking((self.reads, n)) for n in range(3)]
        self.assertEqual(self.run_views(*views), [("ok", 0), ("ok", 1), ("ok", 2)])
        self.assertEqual(self.sent, [[("read", 0, 1, 2)]])

    def test_rounds(self) -> None:
        """The second questions go together as well; nothing is asked twice."""
        views = [self.asking((self.reads, n), (self.reads, n + 10)) for n in range(2)]
        self.assertEqual(self.run_views(*views), [("ok", 10), ("ok", 11)])
        self.assertEqual(self.sent, [[("read", 0, 1)], [("read", 10, 11)]])

    def test_nothing_asked(self) -> None:
        """A batch that asks nothing does not trouble Redis."""
        self.assertEqual(self.run_views(lambda: 1, lambda: 2), [1, 2])
        self.assertEqual(self.sent, [])

    def test_order_on_a_connection(self) -> None:
        """What is pipelined keeps its order: each list shows the posts before it, no others."""
        views = [self.asking((kind, n)) for n, kind in enumerate([self.posts, self.lists] * 2)]
        self.run_views(*views, clients=[7, 7, 7, 7])
        self.assertEqual(self.sent, [[("post", 0), ("list", 1), ("post", 2), ("list", 3)]])

    def test_order_between_connections(self) -> None:
        """Between connections there is none, so the kinds go together."""
        views = [self.asking((kind, n)) for n, kind in enumerate([self.posts, self.lists] * 2)]
        self.run_views(*views)
        self.assertEqual(self.sent, [[("post", 0, 2), ("list", 1, 3)]])

    def test_more_to_ask(self) -> None:
        """A view that may ask more holds up those behind it on its connection, and no others."""
        views = [
            self.asking((self.reads, 1), (self.posts, 1)),
            self.asking((self.lists, 2)),
            self.asking((self.lists, 3)),
        ]
        self.run_views(*views, clients=[7, 7, 8])
        self.assertEqual(self.sent, [[("read", 1), ("list", 3)], [("post", 1), ("list", 2)]])

    def test_again(self) -> None:
        """What is to be asked again is, with the reads behind it on its connection."""
        self.posts.again = {1}
        views = [self.asking((self.posts, 1)), self.asking((self.lists, 2))]
        other = self.asking((self.posts, 3))
        self.run_views(*views, other, clients=[7, 7, 8])
        self.assertEqual(self.sent, [[("post", 1, 3), ("list", 2)], [("post", 1), ("list", 2)]])

    def presuming(self, kind: Kind, item: Any, presumed: Any) -> mock.Mock:
        """A view that asks this, and goes on with what it presumes until it knows."""
        return mock.Mock(side_effect=lambda: self.batch.answer(kind, item, presumed))

    def test_presumed(self) -> None:
        """A view that presumes what is right is called once; it is asked all the same."""
        found = ("ok", 1)
        with mock.patch.object(self.lists, "answers", lambda items, replies: [found]):
            view = self.presuming(self.lists, 1, found)
            self.assertEqual(self.run_views(view), [found])
        self.assertEqual(view.call_count, 1)
        self.assertEqual(self.sent, [[("list", 1)]])

    def test_presumed_wrong(self) -> None:
        """One that was wrong is called again with the answer, and asks nothing twice."""
        views = [self.presuming(self.lists, n, "old") for n in (1, 2)]
        self.assertEqual(self.run_views(*views), [("ok", 1), ("ok", 2)])
        self.assertEqual([view.call_count for view in views], [2, 2])
        self.assertEqual(self.sent, [[("list", 1, 2)]])

    def test_presumed_again(self) -> None:
        """What is to be asked again is, and so is what was presumed behind it."""
        self.posts.again = {1}
        found = ("ok", 2)
        with mock.patch.object(self.lists, "answers", lambda items, replies: [found]):
            views = [self.presuming(self.posts, 1, False), self.presuming(self.lists, 2, found)]
            self.assertEqual(self.run_views(*views, clients=[7, 7]), [("ok", 1), found])
        self.assertEqual(self.sent, [[("post", 1), ("list", 2)]] * 2)

    def test_away_on_another_way(self) -> None:
        """A view that would ask something else by now is told that Redis cannot be asked."""
        self.send = mock.Mock(side_effect=Unavailable)  # type: ignore[method-assign]
        self.batch = Batch(self.send, lambda: self.number)
        kinds = iter([self.reads, self.posts])
        (found,) = self.run_views(lambda: self.batch.answer(next(kinds), 1))
        self.assertIsInstance(found, Unavailable)

    def test_presumes(self) -> None:
        """A view that has asked something goes the same way when it is called again."""
        found = []

        def view() -> Any:
            found.append(self.batch.presumes)
            return self.batch.answer(self.reads, 1)

        self.run_views(view)
        self.assertEqual(found, [True, False])

    def test_presumed_away(self) -> None:
        """What Redis cannot be asked for is not taken for true."""
        self.send = mock.Mock(side_effect=Unavailable)  # type: ignore[method-assign]
        self.batch = Batch(self.send, lambda: self.number)
        (found,) = self.run_views(self.presuming(self.lists, 1, "old"))
        self.assertIsInstance(found, Unavailable)

    def test_presumed_by_one_that_has_asked(self) -> None:
        """A view may presume the last of several answers, and is called again with them all."""

        def view() -> Any:
            first = self.batch.answer(self.reads, 1)
            return first, self.batch.answer(self.lists, 2, "old")

        self.assertEqual(self.run_views(view), [(("ok", 1), ("ok", 2))])
        self.assertEqual(self.sent, [[("read", 1)], [("list", 2)]])

    def test_error(self) -> None:
        """An error is raised by the views that have asked for it, and no others."""
        self.replies["post"] = ResponseError("what is that?")
        failed, listed = self.run_views(self.asking((self.posts, 1)), self.asking((self.lists, 2)))
        self.assertIsInstance(failed, ResponseError)
        self.assertEqual(listed, ("ok", 2))

    def test_full(self) -> None:
        """Where Redis has no room who posts is told to wait; others get their answers."""
        self.replies["post"] = ResponseError("OOM command not allowed")
        failed, listed = self.run_views(self.asking((self.posts, 1)), self.asking((self.lists, 2)))
        self.assertIsInstance(failed, Unavailable)
        self.assertEqual(listed, ("ok", 2))

    def test_away(self) -> None:
        """Where Redis is away all that asked are told so."""
        self.batch = Batch(mock.Mock(side_effect=Unavailable), lambda: 1)
        failed, well = self.run_views(self.asking((self.reads, 1)), lambda: "well")
        self.assertIsInstance(failed, Unavailable)
        self.assertEqual(well, "well")

    def test_seconds_of_a_round(self) -> None:
        """A round that begins late has less time."""
        given: list[float] = []

        def slow(commands: Sequence[Any], writes: bool, seconds: float) -> tuple[list[Any], bool]:
            given.append(seconds)
            self.clock.now += 0.19
            return ["ok"], True

        self.batch = Batch(slow, lambda: 1)
        self.run_views(self.asking((self.reads, 1), (self.posts, 1)))
        self.assertEqual(given[0], 0)
        self.assertAlmostEqual(given[1], 0.37)

    def test_seconds_left(self) -> None:
        """What is asked at once has less time, the later it is; what comes too late is refused."""
        self.enterContext(mock.patch.object(batch_module, "SLOW_SECONDS", 0))
        self.assertEqual(self.batch.seconds_left(), 0)
        self.clock.now += 0.3
        self.assertAlmostEqual(self.batch.seconds_left(), 0.26)
        self.clock.now += 0.3
        with self.assertRaises(Unavailable):
            self.batch.seconds_left()

    def test_too_late(self) -> None:
        """Nobody waits for round after round of a slow Redis."""

        def slow(commands: Sequence[Any], writes: bool, seconds: float) -> tuple[list[Any], bool]:
            self.clock.now += 0.21
            return ["ok"], True

        self.batch = Batch(slow, lambda: 1)
        first, second = self.run_views(
            self.asking((self.reads, 1)), self.asking((self.reads, 2), (self.posts, 2))
        )
        self.assertEqual(first, ("ok", 1))
        self.assertIsInstance(second, Unavailable)

    def test_many_rounds(self) -> None:
        """Who sends a lot on one connection gets all answers, in many rounds that are short."""

        def fast(commands: Sequence[Any], writes: bool, seconds: float) -> tuple[list[Any], bool]:
            self.clock.now += 0.005
            return ["ok"], True

        self.batch = Batch(fast, lambda: 1)
        views = [self.asking((self.reads, n)) for n in range(100)]
        answers = self.run_views(*views, clients=[7] * 100)
        self.assertEqual(answers, [("ok", n) for n in range(100)])

    def test_not_confirmed(self) -> None:
        """Where too few replicas have what was written, those are told so who wrote."""
        self.confirmed = False
        failed, listed = self.run_views(self.asking((self.posts, 1)), self.asking((self.lists, 2)))
        self.assertIsInstance(failed, Unavailable)
        self.assertEqual(listed, ("ok", 2))

    def test_at_once(self) -> None:
        """A view that is about to change something is not called again from there on."""
        calls = []

        def view() -> bool:
            self.batch.answer(self.reads, 1)
            self.batch.begin_at_once()
            calls.append(self.batch.at_once)
            return True

        self.run_views(view)
        self.assertEqual(calls, [True])

    def test_at_once_behind_others(self) -> None:
        """It waits for what stands before it on its connection."""
        order: list[str] = []

        def change() -> None:
            self.batch.begin_at_once()
            order.append(f"change after {len(self.sent)}")

        self.run_views(self.asking((self.posts, 1)), change, change, clients=[7, 7, 8])
        self.assertEqual(order, ["change after 0", "change after 1"])

    def test_begin_again(self) -> None:
        """A view that begins again forgets its answers; one that has written goes on."""
        seen: list[int] = []

        def view(has_written: bool) -> None:
            self.batch.answer(self.reads, self.batch.numbers)
            self.batch.has_written = has_written
            seen.append(self.batch.numbers)
            if self.number == 1 or has_written:
                self.number = 2
                self.batch.begin_again()
            seen.append(self.batch.numbers)

        self.run_views(lambda: view(False))
        self.assertEqual((seen, self.sent), ([1, 2, 2], [[("read", 1)], [("read", 2)]]))
        seen.clear()
        self.number = 1
        self.batch = Batch(self.send, lambda: self.number)
        self.run_views(lambda: view(True))
        self.assertEqual(seen, [1, 2])

    def test_another_way(self) -> None:
        """An answer is never taken for one to another kind of question."""
        ways = iter([self.reads, self.lists, self.lists, self.lists])
        (answer,) = self.run_views(lambda: self.batch.answer(next(ways), 5))
        self.assertEqual((answer, self.sent), (("ok", 5), [[("read", 5)], [("list", 5)]]))

    def test_number(self) -> None:
        """All views of a round are called with the same rules, whatever is read meanwhile."""
        numbers: list[int] = []

        def view() -> None:
            numbers.append(self.batch.numbers)
            self.number += 1
            self.batch.answer(self.reads, 1)

        self.run_views(view, view)
        self.assertEqual(numbers, [1, 1, 3, 3])


if __name__ == "__main__":
    unittest.main()
