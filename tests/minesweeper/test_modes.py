from __future__ import annotations

import unittest

from gameserver.minesweeper.modes import MODES, Sum, SumTimelimit
from gameserver.minesweeper.replays import Difficulty
from gameserver.times import MINUTE
from gameserver.tournaments.modes import Result

BEGINNER, MIDDLE, EXPERT = Difficulty.BEGINNER, Difficulty.INTERMEDIATE, Difficulty.EXPERT


class SumTest(unittest.TestCase):
    def test_sums_the_best(self):
        """The result is the sum of the best times of each level, as many as are asked for."""
        result = Sum("2+1+0").result({BEGINNER: [1, 2, 3], MIDDLE: [10, 20], EXPERT: [100]})
        self.assertEqual(result, Result(True, 3, 13))

    def test_unfinished(self):
        """With fewer games than are asked for, those that are there are summed."""
        self.assertEqual(Sum("2+1+1").result({BEGINNER: [5], EXPERT: [7]}), Result(False, 2, 12))
        self.assertEqual(Sum("1+1+1").result({}), Result(False, 0, 0))

    def test_wants_what_it_asks_for(self):
        """A level of which no game is asked for does not count, nor does a custom board."""
        mode = Sum("1+0+2")
        self.assertEqual([mode.wants(level) for level in Difficulty], [True, False, True, False])

    def test_bad_modeparams(self):
        """Anything but three numbers, one of them not 0, is refused."""
        for text in (
            "", "0+0+0", "1+1", "1+1+1+1", "-1+1+1", "1+1+x", " 1+1+1", "1+1+1 ", "1+1+1\n",
            "1000+0+0", "1+1+\u0661", "1,1,1", "1+1+1,5",
        ):  # fmt: skip
            with self.assertRaises(ValueError, msg=text):
                Sum(text)

    def test_no_personal_limit(self):
        """Keys do not expire before the end."""
        self.assertIsNone(Sum("1+1+1").key_expiry(0, 10))


class SumTimelimitTest(unittest.TestCase):
    def test_expiry(self):
        """A key expires after so many minutes, but not later than the tournament ends."""
        mode = SumTimelimit("1+0+0,90")
        self.assertEqual(mode.key_expiry(7, 1000 * MINUTE), 7 + 90 * MINUTE)
        self.assertEqual(mode.key_expiry(7, 60 * MINUTE), 60 * MINUTE)

    def test_bad_modeparams(self):
        """Anything but the counts, a comma and a number of minutes is refused."""
        for text in (
            "1+0+0", "1+0+0,", "1+0+0,0", "1+0+0,-5", "1+0+0,1.5", "0+0+0,5", "1+0+0,5,5",
            "1+0+0,1000000", "1+0+0, 5", "1+0+0,\u0665",
        ):  # fmt: skip
            with self.assertRaises(ValueError, msg=text):
                SumTimelimit(text)

    def test_counts_like_sum(self):
        """The result is that of the mode `sum`."""
        times = {BEGINNER: [3, 4]}
        self.assertEqual(SumTimelimit("1+0+0,5").result(times), Sum("1+0+0").result(times))


class RankKeyTest(unittest.TestCase):
    def test_order(self):
        """Finished before unfinished, then more games, then less time."""
        ordered = [
            Result(True, 3, 10), Result(True, 3, 11),
            Result(False, 2, 90), Result(False, 2, 91), Result(False, 1, 5), Result(False, 0, 0),
        ]  # fmt: skip
        backwards = ordered[::-1]
        self.assertEqual(sorted(backwards, key=lambda result: result.rank_key), ordered)


class RegistryTest(unittest.TestCase):
    def test_names(self):
        """The modes that clients know are there under their names."""
        self.assertEqual(MODES, {"sum": Sum, "sum_timelimit": SumTimelimit})
