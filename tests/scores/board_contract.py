"""What every store of scores promises of boards, to be made by a subclass."""

from __future__ import annotations

import random
import threading
import unittest
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any

from gameserver.errors import Refused
from gameserver.scores.score_store import ScoreStore
from gameserver.scores.values import SEVERAL, Limits, Outcome, Post, RequestId
from tests.scores.model import Model
from tests.support import Clock

MAX = 2**31 - 1
WEEK = 7 * 86_400
MONDAY = 1_700_438_400.0
"""The first moment of 2023-W47."""


class BoardContract(unittest.TestCase):
    """Boards. A subclass says how `make()` makes a store, and what a batch is.

    The store has the limits and the clock of the test.
    """

    limits = Limits(levels=50, scores=2_000, seasons=3)
    store: ScoreStore

    def make(self) -> Any:
        raise NotImplementedError

    def setUp(self) -> None:
        self.lock = threading.RLock()
        self.clock = Clock(MONDAY)
        self.store = self.make()
        self.outcomes: list[Outcome] = []

    def batch(self) -> AbstractContextManager[object]:
        """What the engine's batch holds."""
        return self.lock

    def restart(self) -> None:
        """Goes on with another store of the same state, where it outlives the process."""

    def configure(self, level_id: int, **changes: Any) -> None:
        with self.batch():
            self.store.configure(level_id, lambda settings: replace(settings, **changes))

    def answer(self, outcomes: Sequence[Outcome]) -> bytes:
        self.outcomes = list(outcomes)
        return repr(outcomes).encode()

    def post(self, user_id: int, *posts: Post, request: RequestId | None = None) -> bytes:
        with self.batch():
            return self.store.post(user_id, posts, self.answer, request)

    def submit(self, level_id: int, *scores: tuple[int, int]) -> None:
        for user_id, score in scores:
            with self.batch():
                self.store.submit(level_id, user_id, score)

    def users(self, level_id: int, season: str = "current") -> list[int]:
        with self.batch():
            return [entry.user_id for entry in self.store.page(level_id, season, 0, 999).entries]

    def ranks(self, level_id: int) -> list[int]:
        with self.batch():
            return [entry.rank for entry in self.store.page(level_id, limit=999).entries]

    def assert_refused(self, code: str, *arguments: Any, **more: Any) -> Refused:
        with self.assertRaises(Refused) as caught, self.batch():
            arguments[0](*arguments[1:], **more)
        self.assertEqual(caught.exception.code, code)
        return caught.exception


class PostTests(BoardContract):
    """Outcomes, and what refuses a post."""

    def test_outcome(self) -> None:
        """A post says what stands on the board now, and where; a worse one changes nothing."""
        self.submit(1, (1, 50), (2, 40))
        self.post(3, Post(1, 45))
        self.assertEqual(self.outcomes, [Outcome(1, "all", 45, 45, 2, None, True)])
        self.post(3, Post(1, 60))
        self.assertEqual(self.outcomes, [Outcome(1, "all", 60, 60, 1, 2, True)])
        self.post(3, Post(1, 7))
        self.assertEqual(self.outcomes, [Outcome(1, "all", 7, 60, 1, 1, False)])

    def test_ascending(self) -> None:
        """Where the lowest stands first, a lower score is the better one."""
        self.configure(1, order="asc")
        self.submit(1, (1, 50), (2, 40), (1, 60), (3, 40), (2, 41))
        self.assertEqual(self.users(1), [2, 3, 1])
        self.post(1, Post(1, 30))
        self.assertEqual(self.outcomes, [Outcome(1, "all", 30, 30, 1, 3, True)])
        self.assertEqual(self.store.high_scores(1), b"1=30,2=40,3=40")

    def test_last(self) -> None:
        """Where the newest counts it replaces any other; an equal one keeps its place."""
        self.configure(1, keep="last")
        self.submit(1, (1, 50), (2, 40), (3, 40))
        self.post(2, Post(1, 40, b"{}"))
        self.assertEqual(self.outcomes, [Outcome(1, "all", 40, 40, 2, 2, False)])
        self.assertIsNone(self.store.page(1).entries[1].meta)
        self.post(1, Post(1, 30))
        self.assertEqual(self.outcomes, [Outcome(1, "all", 30, 30, 3, 1, False)])
        self.assertEqual(self.users(1), [2, 3, 1])

    def test_sum(self) -> None:
        """Where posts are added up the board has the total, at most 2147483647."""
        self.configure(1, keep="sum")
        self.submit(1, (1, MAX - 1), (2, MAX))
        self.post(1, Post(1, 1))
        self.assertEqual(self.outcomes, [Outcome(1, "all", 1, MAX, 2, 2, True)])
        self.post(1, Post(1, 0))
        self.assert_refused("out_of_bounds", self.store.submit, 1, 1, 1)
        self.assert_refused("out_of_bounds", self.store.post, 1, [Post(1, 1)], self.answer)
        self.assertEqual(self.store.high_scores(1), b"2=2147483647,1=2147483647")

    def test_bounds(self) -> None:
        """`min` and `max` judge each post, whatever has stood there before."""
        self.submit(1, (1, 5))
        self.configure(1, min=10, max=20, keep="best")
        self.submit(1, (2, 10), (3, 20))
        for score in (0, 9, 21, MAX):
            self.assert_refused("out_of_bounds", self.store.submit, 1, 4, score)
            self.assert_refused("out_of_bounds", self.store.post, 4, [Post(1, score)], self.answer)
        self.assertEqual(self.users(1), [3, 2, 1])

    def test_notes(self) -> None:
        """Metadata and moment are those of the post that last changed the score."""
        self.configure(1, times=True)
        self.post(1, Post(1, 10, b'{"a": 1}'))
        self.clock.now += 5
        self.post(1, Post(1, 9, b'{"b": 1}'))
        (entry,) = self.store.page(1).entries
        self.assertEqual((entry.meta, entry.at), (b'{"a": 1}', int(MONDAY) * 1_000_000))
        self.post(1, Post(1, 11))
        self.restart()
        (entry,) = self.store.page(1).entries
        self.assertEqual((entry.meta, entry.at), (None, int(MONDAY + 5) * 1_000_000))
        self.post(2, Post(2, 5, b"{}"))
        self.restart()
        self.assertEqual(self.store.page(2).entries[0][4:], (b"{}", None))

    def test_several(self) -> None:
        """Several posts happen in their order, or none of them."""
        self.configure(2, max=10)
        self.configure(3, keep="sum")
        self.submit(1, (7, 5), (8, 5))
        before = self.users(1), self.store.high_scores(3), self.store.gauges()
        posts = [Post(1, 6, b"{}"), Post(3, 5), Post(3, 5), Post(9, 1), Post(2, 11)]
        self.assert_refused("out_of_bounds", self.store.post, 8, posts, self.answer)
        self.assertEqual((self.users(1), self.store.high_scores(3), self.store.gauges()), before)
        self.post(8, *posts[:-1])
        self.assertEqual([outcome.best for outcome in self.outcomes], [6, 5, 10, 1])
        self.restart()
        self.assertEqual(self.users(1), [8, 7])
        self.assertEqual(self.store.high_scores(3), b"8=10")

    def test_answer_that_fails(self) -> None:
        """Where no answer can be made, nothing has happened."""

        def fail(outcomes: Sequence[Outcome]) -> bytes:
            raise ZeroDivisionError

        self.submit(1, (7, 5))
        for posts in ([Post(1, 9)], [Post(2, 9)]):
            with self.assertRaises(ZeroDivisionError), self.batch():
                self.store.post(7, posts, fail)
        self.assertEqual(self.store.high_scores(1), b"7=5")
        self.assertEqual(self.store.levels().total, 1)

    def test_rates(self) -> None:
        """Of more posts a minute than a level takes, the next is refused until the minute ends."""
        self.configure(1, rate_user=2, rate_level=3)
        self.clock.now += 50
        self.submit(1, (7, 1), (7, 2))
        error = self.assert_refused("too_many_requests", self.store.submit, 1, 7, 3)
        self.assertEqual(error.wait, 10_000_000)
        self.submit(1, (8, 1))
        self.assert_refused("too_many_requests", self.store.submit, 1, 9, 3)
        self.clock.now += 10
        self.submit(1, (7, 3), (7, 4), (8, 1))

    def test_full(self) -> None:
        """Beyond the limits no new score and no new level is taken; better scores still are."""
        self.submit(1, *((user_id, 1) for user_id in range(1_960)))
        for level_id in range(2, 41):
            self.submit(level_id, (1, 1))
        for level_id in range(41, 51):
            self.configure(level_id, times=True)
        for level_id in (51, 52):
            self.assert_refused("full", self.store.submit, level_id, 1, 1)
            self.assert_refused("full", self.store.configure, level_id, lambda settings: settings)
        self.submit(41, (5, 1))
        for level_id in (1, 2, 42):
            self.assert_refused("full", self.store.submit, level_id, 5_000, 1)
            posts = [Post(2, 9), Post(level_id, 1)]
            self.assert_refused("full", self.store.post, 5_000, posts, self.answer)
        self.submit(1, (0, 9))
        self.assertEqual(self.store.high_scores(1)[:7], b"0=9,1=1")
        self.assertEqual(self.store.gauges(), {"levels": 50, "scores": 2_000})
        with self.batch():
            self.store.remove(1, 0)
        self.submit(42, (6, 1))


class RepeatTests(BoardContract):
    """Requests that may be repeated."""

    def repeat(
        self, request_id: str, digest: bytes = b"d", user_id: int = 7, level: int = 1
    ) -> bytes:
        return self.post(user_id, Post(1, 5), request=RequestId(level, request_id, digest))

    def setUp(self) -> None:
        super().setUp()
        self.configure(1, keep="sum")

    def total(self, user_id: int = 7) -> int:
        (entry,) = self.store.entries(1, [user_id])
        return entry.score

    def test_repeated(self) -> None:
        """A request that is repeated counts once and gets its first answer, after a restart too."""
        first = self.repeat("a")
        self.assertEqual(self.repeat("a"), first)
        self.restart()
        self.assertEqual(self.repeat("a"), first)
        self.assertEqual(self.total(), 5)
        self.assertNotEqual(self.repeat("b"), first)
        self.assertEqual(self.total(), 10)

    def test_is_answered(self) -> None:
        """It can be asked whether a request would get its first answer; that changes nothing."""
        request, other = RequestId(1, "a", b"d"), RequestId(1, "a", b"other")
        self.assertFalse(self.store.is_answered(7, request))
        self.post(7, Post(1, 5), request=request)
        self.assertTrue(self.store.is_answered(7, request))
        self.restart()
        self.assertTrue(self.store.is_answered(7, request))
        self.assertFalse(self.store.is_answered(8, request))
        self.assertFalse(self.store.is_answered(7, RequestId(2, "a", b"d")))
        self.assert_refused("id_reused", self.store.is_answered, 7, other)

    def test_another_request(self) -> None:
        """The same id with another digest is refused; other users and levels have their own."""
        self.repeat("a")
        request = RequestId(1, "a", b"other")
        self.assert_refused("id_reused", self.store.post, 7, [Post(1, 5)], self.answer, request)
        self.repeat("a", b"other", level=SEVERAL)
        self.repeat("a", b"other", user_id=8)
        self.assertEqual((self.total(), self.total(8)), (10, 5))

    def test_refused_is_not_remembered(self) -> None:
        """A post that was refused may come again with the same id, and another body."""
        request = RequestId(1, "a", b"d")
        self.assert_refused(
            "out_of_bounds", self.store.post, 7, [Post(1, 5), Post(1, MAX)], self.answer, request
        )
        self.repeat("a", b"other")
        self.assertEqual(self.total(), 5)

    def test_eight(self) -> None:
        """Of each user at each level the last eight are remembered."""
        for number in range(9):
            self.repeat(str(number))
            self.repeat(str(number), user_id=8)
        self.repeat("8")
        self.repeat("1")
        self.assertEqual(self.total(), 45)
        self.repeat("0")
        self.assertEqual(self.total(), 50)

    def test_a_day(self) -> None:
        """They are remembered for 24 hours."""
        self.repeat("a")
        self.clock.now += 86_399
        self.repeat("a")
        self.assertEqual(self.total(), 5)
        self.clock.now += 1
        self.repeat("a", b"other")
        self.assertEqual(self.total(), 10)


class ReadingTests(BoardContract):
    """Pages, cursors, neighbours, ranks, histograms."""

    def setUp(self) -> None:
        super().setUp()
        self.submit(1, *((user_id, 100 - user_id // 2) for user_id in range(30)))

    def test_empty(self) -> None:
        """A level that nobody has played reads as an empty board, and stays unknown."""
        page = self.store.page(9)
        self.assertEqual(
            (page.players, page.offset, list(page.entries), page.next), (0, 0, [], None)
        )
        self.assertIsNone(self.store.around(9, 1))
        self.assertEqual(self.store.entries(9, [1, 2]), [])
        self.assertEqual(self.store.rank_of(9, 0), 1)
        self.assertEqual(self.store.histogram(9)[1:], ((), {}))
        self.assertEqual([one.season.name for one in self.store.seasons(9)], ["all"])
        self.assertEqual(self.store.summary(9)[2:], (("all", 0, None), None, 0, None))
        self.assertFalse(self.store.remove(9, 1))
        self.assertEqual(self.store.levels().total, 1)

    def test_page(self) -> None:
        """A page has its lines, wherever it lies; beyond the end it has none."""
        for offset, limit in ((0, 15), (0, 30), (29, 5), (30, 5), (1000, 5), (7, 0)):
            page = self.store.page(1, offset=offset, limit=limit)
            wanted = list(range(30))[offset : offset + limit]
            self.assertEqual([entry.user_id for entry in page.entries], wanted)
            self.assertEqual([entry.rank for entry in page.entries], [n + 1 for n in wanted])
            self.assertEqual((page.players, page.offset), (30, offset))
            self.assertEqual(page.next is None, offset + limit >= 30 or not limit)

    def test_cursor(self) -> None:
        """Cursors lead through the whole board, also while others come, go and improve."""
        seen: list[int] = []
        page = self.store.page(1, limit=7)
        for newcomer in range(100, 200):
            seen += [entry.user_id for entry in page.entries]
            if page.next is None:
                break
            self.assertRegex(page.next, r"\A[A-Za-z0-9._~-]+\Z")
            self.submit(1, (newcomer, 1000), (29, 200 + newcomer))
            with self.batch():
                self.store.remove(1, 0)
                page = self.store.after(1, page.next, limit=7)
            self.assertEqual(page.entries[0].rank, page.offset + 1)
        self.assertEqual(seen, list(range(29)))

    def test_no_cursor(self) -> None:
        """A text that is no cursor is refused, and so is one of another season."""
        for text in ("", "1", "-", "x-1", "0-", "0-1 ", "0-11111111111111111", "0-\u0661", "0--1"):
            error = self.assert_refused("invalid_data", self.store.after, 1, text)
            self.assertEqual(error.field, "after")
        self.assert_refused("no_such_season", self.store.after, 1, "77-1")
        self.assert_refused("invalid_data", self.store.after, 1, "77-1", "all")

    def test_around(self) -> None:
        """A user stands in the middle of the neighbours; at the ends the window is shifted."""
        for user_id, count, first, last in (
            (10, 2, 8, 12), (0, 2, 0, 4), (1, 2, 0, 4), (29, 2, 25, 29), (28, 2, 25, 29),
            (10, 0, 10, 10), (10, 14, 0, 28), (25, 14, 1, 29), (10, 15, 0, 29), (10, 500, 0, 29),
        ):  # fmt: skip
            with self.subTest(user_id=user_id, count=count):
                found = self.store.around(1, user_id, count=count)
                assert found
                self.assertEqual((found.entry.user_id, found.entry.rank), (user_id, user_id + 1))
                users = [entry.user_id for entry in found.page.entries]
                self.assertEqual(users, list(range(first, last + 1)))
        self.assertIsNone(self.store.around(1, 77, count=2))

    def test_users(self) -> None:
        """The lines of some users come in rank order, each once."""
        entries = self.store.entries(1, [20, 77, 3, 20, 29])
        self.assertEqual([(entry.rank, entry.user_id) for entry in entries],
                         [(4, 3), (21, 20), (30, 29)])  # fmt: skip

    def test_rank_of(self) -> None:
        """The rank that a score would have is the one that it gets."""
        for score in (0, 86, 93, 94, 100, 101, MAX):
            expected = self.store.rank_of(1, score)
            self.post(500, Post(1, score))
            self.assertEqual(self.outcomes[0].rank, expected)
            with self.batch():
                self.store.remove(1, 500)

    def test_shared_ranks(self) -> None:
        """Shared ties change the ranks that are shown, on every page, and nothing else."""
        self.configure(1, ties="shared")
        self.assertEqual(self.ranks(1), [n // 2 * 2 + 1 for n in range(30)])
        self.assertEqual(self.users(1), list(range(30)))
        self.assertEqual(self.store.page(1, offset=7, limit=2).entries[0].rank, 7)
        self.assertEqual(self.store.entries(1, [7])[0].rank, 7)
        self.assertEqual(self.store.rank_of(1, 100), 1)
        self.assertEqual(self.store.rank_of(1, 99), 3)
        self.assertEqual(self.store.scores_of(7)[0].rank, 7)
        self.post(40, Post(1, 99))
        self.assertEqual(self.outcomes[0].rank, 3)

    def test_histogram(self) -> None:
        """Buckets cover all scores without a gap; percentiles are scores that one needs."""
        for order in ("desc", "asc"):
            self.configure(2, order=order)
            scores = [3, 3, 10, 11, 12, 50, 51, 52, 99, 100]
            self.submit(2, *enumerate(scores))
            for count in (1, 2, 5, 20, 200):
                found = self.store.histogram(2, count)
                self.assertLessEqual(len(found.buckets), count)
                self.assertEqual((found.buckets[0].first, found.buckets[-1].last), (3, 100))
                for bucket, following in zip(found.buckets, found.buckets[1:], strict=False):
                    self.assertEqual(bucket.last + 1, following.first)
                for bucket in found.buckets:
                    within = [s for s in scores if bucket.first <= s <= bucket.last]
                    self.assertEqual(bucket.players, len(within))
            ranked = sorted(scores, reverse=order == "desc")
            for percent, score in found.percentiles.items():
                # The last in rank order of whom 100 * (n - rank + 1) / n >= percent.
                reached = [s for n, s in enumerate(ranked) if 10 * (10 - n) >= percent]
                self.assertEqual(score, reached[-1])
            with self.batch():
                for user_id in range(10):
                    self.store.remove(2, user_id)

    def test_version(self) -> None:
        """The version is the same while a board reads the same, and else another one."""
        versions = [self.store.version(1)]
        self.submit(1, (0, 5))
        self.assertEqual(self.store.version(1), versions[0])

        def assert_new() -> None:
            self.assertNotIn(self.store.version(1), versions)
            versions.append(self.store.version(1))

        self.submit(1, (0, 500))
        assert_new()
        self.submit(1, (77, 5))
        assert_new()
        self.configure(1, title="One")
        assert_new()
        with self.batch():
            self.store.rename(5, "Ann")
        assert_new()
        with self.batch():
            self.store.remove(1, 77)
        assert_new()
        self.submit(2, (1, 1))
        self.assertEqual(self.store.version(1), versions[-1])

    def test_version_of_a_level_that_begins_anew(self) -> None:
        """A board that was emptied and filled again is another one."""
        versions = set()
        for _ in range(3):
            self.submit(5, (1, 1))
            versions.add(self.store.version(5))
            with self.batch():
                self.store.remove(5, 1)
            versions.add(self.store.version(5))
        self.assertEqual(len(versions), 6)

    def test_overall_version(self) -> None:
        """It changes with every score, setting, name and season."""
        self.configure(3, reset="hourly")
        versions = [self.store.overall_version()]
        self.assertEqual(self.store.overall_version(), versions[0])
        self.submit(1, (0, 500))
        versions.append(self.store.overall_version())
        self.configure(1, title="One")
        versions.append(self.store.overall_version())
        with self.batch():
            self.store.rename(5, "Ann")
        versions.append(self.store.overall_version())
        self.clock.now += 3600
        versions.append(self.store.overall_version())
        self.assertEqual(len(set(versions)), 5)


class SeasonTests(BoardContract):
    """Boards that start afresh."""

    def test_weekly(self) -> None:
        """A post counts in the season of its moment; the past one stays as it ended."""
        self.clock.now = MONDAY - 0.001
        self.configure(1, reset="weekly")
        self.submit(1, (1, 50), (2, 60))
        self.clock.now = MONDAY
        self.assertEqual(self.store.high_scores(1), b"")
        self.submit(1, (1, 10))
        self.restart()
        self.assertEqual(self.store.high_scores(1), b"1=10")
        self.assertEqual(self.users(1, "2023-W46"), [2, 1])
        self.assertEqual(self.users(1, "2023-W47"), [1])
        found = [(one.season.name, one.players, one.best) for one in self.store.seasons(1)]
        self.assertEqual(found, [("2023-W47", 1, 10), ("2023-W46", 2, 60)])
        summary = self.store.summary(1)
        self.assertEqual((summary.players, summary.best), (1, 10))
        self.assertEqual(summary.resets_in, WEEK * 1_000_000)

    def test_no_such_season(self) -> None:
        """A season that the level does not have is refused."""
        self.configure(1, reset="weekly")
        self.submit(1, (1, 50))
        for season in ("all", "2023-W46", "2023-W48", "2023-11", "", "Current"):
            self.assert_refused("no_such_season", self.store.page, 1, season)
        self.assert_refused("no_such_season", self.store.version, 2, "2023-W46")
        self.assertEqual(self.users(2, "all"), [])

    def test_kept(self) -> None:
        """The last three past seasons with scores are kept, and no others."""
        self.configure(1, reset="hourly")
        for hour in range(8):
            self.clock.now = MONDAY + 3600 * hour
            self.submit(1, *((user_id, hour) for user_id in range(100)))
        names = [f"2023-11-20T{hour:02}" for hour in (7, 6, 5, 4)]
        for _ in range(2):
            self.assertEqual([one.season.name for one in self.store.seasons(1)], names)
            self.assertEqual(self.store.gauges()["scores"], 400)
            self.assertEqual(len(self.store.scores_of(5)), 4)
            self.restart()
        self.assert_refused("no_such_season", self.store.page, 1, "2023-11-20T03")

    def test_cursor_of_a_past_season(self) -> None:
        """A cursor goes on in its season after that has ended."""
        self.configure(1, reset="weekly")
        self.submit(1, *((user_id, 100 - user_id) for user_id in range(5)))
        cursor = self.store.page(1, limit=2).next
        assert cursor
        self.clock.now += WEEK
        self.submit(1, (77, 1))
        page = self.store.after(1, cursor, limit=2)
        self.assertEqual(page.season.name, "2023-W47")
        self.assertEqual([entry.user_id for entry in page.entries], [2, 3])
        self.assert_refused("invalid_data", self.store.after, 1, cursor, "2023-W48")

    def test_clock_set_back(self) -> None:
        """A season that has ended does not begin again when the clock is set back."""
        self.configure(1, reset="hourly")
        self.submit(1, (1, 5))
        self.clock.now -= 1
        self.submit(1, (2, 5))
        self.assertEqual(self.users(1, "2023-11-20T00"), [1, 2])

    def test_busiest_after_a_turn(self) -> None:
        """After the end of a season a level has no players, until somebody plays it."""
        self.configure(1, reset="hourly")
        self.submit(1, (1, 5), (2, 5), (3, 5))
        self.submit(2, (1, 5), (2, 5))
        self.assertEqual([(one.level_id, one.players) for one in self.store.levels().levels],
                         [(1, 3), (2, 2)])  # fmt: skip
        self.clock.now += 3600
        self.assertEqual([(one.level_id, one.players) for one in self.store.levels().levels],
                         [(2, 2), (1, 0)])  # fmt: skip
        self.submit(1, (1, 5))
        self.restart()
        self.assertEqual([(one.level_id, one.players) for one in self.store.levels().levels],
                         [(2, 2), (1, 1)])  # fmt: skip


class LevelTests(BoardContract):
    """Settings and the list of levels."""

    def test_settings(self) -> None:
        """Settings are kept as they were given, over a restart, too."""
        changes = {
            "title": "Été", "order": "asc", "keep": "last", "reset": "monthly",
            "reset_offset": 90, "min": 1, "max": 99, "ties": "shared",
            "tiers": (("gold", 1), ("silver", 12.5)), "times": True, "format": "time",
            "decimals": 3, "rate_user": 5, "rate_level": 50, "writes": "trusted", "runs": True,
            "min_seconds": 86_399,
        }  # fmt: skip
        self.configure(1, **changes)
        self.restart()
        self.assertEqual(self.store.settings(1).members(), changes)
        self.configure(1, title=None, tiers=())
        self.restart()
        self.assertEqual(self.store.settings(1).members(), {**changes, "title": None, "tiers": ()})
        self.assertEqual(self.store.settings(2).changed(), {})

    def test_has_scores(self) -> None:
        """What decides how scores count cannot change under them, in no season."""
        self.submit(1, (1, 5))
        for changes in ({"order": "asc"}, {"keep": "sum"}, {"reset": "daily"}):
            self.assert_refused(
                "has_scores", self.store.configure, 1, lambda s, c=changes: replace(s, **c)
            )
        self.configure(1, title="One", min=3)
        with self.batch():
            self.store.remove(1, 1)
        self.configure(1, order="asc", reset="daily", reset_offset=5)
        self.submit(1, (1, 9), (2, 8))
        self.assertEqual(self.users(1), [2, 1])
        self.clock.now += 86_400
        self.assert_refused(
            "has_scores", self.store.configure, 1, lambda s: replace(s, reset_offset=6)
        )

    def test_rule_that_refuses(self) -> None:
        """A rule that raises leaves no trace."""

        def rule(settings: Any) -> Any:
            return replace(settings, decimals=7)

        self.assert_refused("invalid_data", self.store.configure, 1, rule)
        self.assertEqual(self.store.levels().total, 0)

    def test_search(self) -> None:
        """A level is found by a part of its title, whatever the case, and by its number."""
        for level_id, title in ((12, "Speed 7"), (7, "Straße"), (8, None), (9, "speedy")):
            self.configure(level_id, title=title)
        self.submit(9, (1, 1))
        self.submit(77, (1, 1), (2, 1))
        for q, expected in (
            ("", [77, 9, 7, 8, 12]), ("7", [7, 12]), ("77", [77]), ("SPEED", [9, 12]),
            ("STRASSE", [7]), ("8", [8]), ("x", []), ("99999999999", []), ("\u0668", []),
        ):  # fmt: skip
            with self.subTest(q):
                found = self.store.levels(q=q)
                self.assertEqual([one.level_id for one in found.levels], expected)
                self.assertEqual(found.total, len(expected))
                for offset in range(3):
                    part = self.store.levels(offset, 1, q).levels
                    self.assertEqual([n.level_id for n in part], expected[offset : offset + 1])


class UserTests(BoardContract):
    """Names, a user's scores, forgetting a user."""

    def rename(self, user_id: int, name: str | None) -> None:
        with self.batch():
            self.store.rename(user_id, name)

    def test_names(self) -> None:
        """A name stands on every board; it can be changed and taken away."""
        self.submit(1, (7, 5))
        for name in ("Ann", "Änn", None, "Bob"):
            self.rename(7, name)
            self.restart()
            self.assertEqual(self.store.name(7), name)
            self.assertEqual(self.store.page(1).entries[0].name, name)
        self.assertIsNone(self.store.name(8))

    def test_search(self) -> None:
        """Users are found by the beginning of their name, whatever the case."""
        for user_id, name in enumerate(("Ann", "anna", "ANN", "Bob", "an", "Straße")):
            self.rename(user_id, name)
        self.rename(0, "Zoe")
        self.restart()
        for q, expected in (("ann", {1, 2}), ("AN", {1, 2, 4}), ("z", {0}), ("strasse", {5})):
            self.assertEqual({user_id for user_id, _ in self.store.users(q)}, expected)
        self.assertEqual(len(self.store.users("", 4)), 4)
        self.assertEqual(self.store.users("b"), [(3, "Bob")])

    def test_scores_of(self) -> None:
        """All scores of a user are found, in every season that is kept."""
        self.configure(2, reset="hourly", times=True)
        self.submit(1, (7, 5), (8, 9))
        self.submit(2, (7, 1), (8, 1))
        self.clock.now += 3600
        self.submit(2, (7, 2))
        self.submit(3, (8, 2))
        self.restart()
        found = [(one.level_id, one.season.name, one.rank, one.score, one.is_current)
                 for one in self.store.scores_of(7)]  # fmt: skip
        self.assertEqual(found, [
            (1, "all", 2, 5, True), (2, "2023-11-20T01", 1, 2, True),
            (2, "2023-11-20T00", 1, 1, False),
        ])  # fmt: skip
        self.assertEqual(self.store.scores_of(9), [])

    def test_scores_of_some_levels(self) -> None:
        """They can be read a few levels at a time."""
        self.configure(5, reset="hourly")
        for _ in range(2):
            self.submit(5, (7, 1))
            self.clock.now += 3600
        for level_id in (0, 3, MAX):
            self.submit(level_id, (7, 1), (8, 1), (6, 1), (5, 1), (9, 1))
        for first, limit, expected in (
            (0, 9, [0, 3, 5, 5, MAX]), (0, 2, [0, 3]), (1, 2, [3, 5, 5]), (4, 1, [5, 5]),
            (6, 5, [MAX]), (0, 0, []),
        ):  # fmt: skip
            found = [one.level_id for one in self.store.scores_of(7, first, limit)]
            self.assertEqual(found, expected)

    def test_forget(self) -> None:
        """Nothing is left of a user who is forgotten."""
        self.configure(2, reset="hourly")
        self.rename(7, "Ann")
        self.submit(1, (7, 5), (8, 5))
        self.submit(2, (7, 5))
        self.submit(3, (7, 5))
        self.post(7, Post(1, 9, b"{}"), request=RequestId(1, "a", b"d"))
        self.clock.now += 3600
        with self.batch():
            self.store.forget(7)
            self.store.forget(99)
        for _ in range(2):
            self.assertEqual(self.store.scores_of(7), [])
            self.assertEqual(self.store.users("a"), [])
            self.assertEqual(self.users(1), [8])
            self.assertEqual(self.store.gauges(), {"levels": 2, "scores": 1})
            self.restart()
        self.post(7, Post(1, 1), request=RequestId(1, "a", b"other"))
        self.assertIsNone(self.outcomes[0].previous_rank)


class RandomOperationsTests(BoardContract):
    """A store under random operations is what a naive model is."""

    kinds: tuple[dict[str, Any], ...] = (
        {},
        {"order": "asc"},
        {"keep": "last", "ties": "shared"},
        {"keep": "sum", "order": "asc", "times": True},
        {"reset": "hourly", "times": True},
        {"reset": "weekly", "reset_offset": 61, "keep": "last", "order": "asc", "ties": "shared"},
    )

    def test_random_operations(self) -> None:
        self.chance = random.Random(11)
        self.model = Model(self.clock, self.limits.seasons)
        for level_id, changes in enumerate(self.kinds):
            if changes:
                self.configure(level_id, **changes)
                self.model.configure(level_id, **changes)
        operations = (self.do_post, self.do_remove, self.do_forget, self.do_wait, self.do_rename)
        for _ in range(60):
            with self.batch():
                for _ in range(self.chance.randrange(40)):
                    self.chance.choices(operations, (60, 6, 1, 2, 2))[0]()
            if not self.chance.randrange(4):
                self.restart()
            with self.batch():
                self.compare()

    def do_post(self) -> None:
        level_id, user_id = self.chance.randrange(len(self.kinds)), self.chance.randrange(40)
        score, meta = self.chance.randrange(30), self.chance.choice((None, None, b"{}"))
        if not self.chance.randrange(3):
            changed = self.store.submit(level_id, user_id, score)
            self.assertEqual(changed, self.model.post(level_id, user_id, score))
            return
        self.store.post(user_id, [Post(level_id, score, meta)], self.answer)
        self.model.post(level_id, user_id, score, meta)
        lines = self.model.lines(level_id, self.model.season(level_id))
        (line,) = [line for line in lines if line[1] == user_id]
        self.assertEqual((self.outcomes[0].rank, self.outcomes[0].best), (line[0], line[3]))

    def do_remove(self) -> None:
        level_id, user_id = self.chance.randrange(len(self.kinds)), self.chance.randrange(40)
        seasons = [season for level, season in self.model.boards if level == level_id]
        if seasons:
            season = self.chance.choice(seasons)
            removed = self.store.remove(level_id, user_id, season)
            self.assertEqual(removed, self.model.remove(level_id, season, user_id))

    def do_forget(self) -> None:
        user_id = self.chance.randrange(40)
        self.store.forget(user_id)
        self.model.forget(user_id)

    def do_wait(self) -> None:
        self.clock.now += self.chance.choice((1, 600, 3600, 86_400, WEEK))

    def do_rename(self) -> None:
        user_id = self.chance.randrange(40)
        self.model.names[user_id] = name = f"user {self.chance.randrange(100)}"
        self.store.rename(user_id, name)

    def compare(self) -> None:
        for level_id in range(len(self.kinds)):
            kept = [season for level, season in self.model.boards if level == level_id]
            for season in {self.model.season(level_id), *kept}:
                self.compare_board(level_id, season)
            found = {one.season.name: one.players for one in self.store.seasons(level_id)}
            expected = {season: len(self.model.boards[level_id, season]) for season in kept}
            self.assertEqual(found, {self.model.season(level_id): 0, **expected})
        levels = [(one.level_id, one.players) for one in self.store.levels().levels]
        self.assertEqual(levels, self.model.levels())
        self.compare_user(self.chance.randrange(40))

    def compare_board(self, level_id: int, season: str) -> None:
        lines = self.model.lines(level_id, season)
        offset, limit = self.chance.randrange(30), self.chance.randrange(30)
        page = self.store.page(level_id, season, offset, limit)
        self.assertEqual([tuple(entry) for entry in page.entries], lines[offset : offset + limit])
        if page.next:
            following = self.store.after(level_id, page.next, season, 5)
            end = offset + limit
            self.assertEqual([tuple(entry) for entry in following.entries], lines[end : end + 5])
            self.assertEqual(following.offset, end)
        if lines:
            line, count = self.chance.choice(lines), self.chance.randrange(6)
            found = self.store.around(level_id, line[1], season, count)
            assert found
            self.assertEqual(tuple(found.entry), line)
            self.assertEqual(len(found.page.entries), min(2 * count + 1, len(lines)))
        if season == self.model.season(level_id):
            csv = ",".join(f"{line[1]}={line[3]}" for line in lines[:15])
            self.assertEqual(self.store.high_scores(level_id), csv.encode())

    def compare_user(self, user_id: int) -> None:
        found = {(one.level_id, one.season.name): (one.rank, one.score, one.at)
                 for one in self.store.scores_of(user_id)}  # fmt: skip
        self.assertEqual(found, {
            board: (line[0], line[3], line[5])
            for board in self.model.boards
            for line in self.model.lines(*board)
            if line[1] == user_id
        })  # fmt: skip


CONTRACTS = (
    PostTests, RepeatTests, ReadingTests, SeasonTests, LevelTests, UserTests, RandomOperationsTests,
)  # fmt: skip
