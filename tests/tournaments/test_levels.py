from __future__ import annotations

import unittest

from gameserver.numbers import MAX_NUMBER
from gameserver.tournaments.levels import MAX_LEVELS, Levels, settled
from gameserver.tournaments.modes import Result
from gameserver.tournaments.standings import Standing, standings
from gameserver.tournaments.tournament import Score

ANN, BOB, CYD, DAN, EVE = range(1, 6)
PLAYERS = {ANN: "ann", BOB: "bob", CYD: "cyd", DAN: "dan", EVE: "eve"}
MANY = "+".join(map(str, range(MAX_LEVELS)))


def of_one_order(order):
    """Levels that are all of this order."""
    return lambda _level: order


class LevelsTest(unittest.TestCase):
    def test_sums_the_best(self):
        """Of each level the best counts: the largest, or with `asc` the smallest."""
        values = {"7": [1, 2, 30], "8": [10, 20], "9": [500]}
        self.assertEqual(Levels("7+8").result(values), Result(True, 2, 50, True))
        self.assertEqual(Levels("7+8,asc").result(values), Result(True, 2, 11, False))

    def test_unfinished(self):
        """With fewer levels than are asked for, those that are there are summed."""
        self.assertEqual(Levels("7+8+9").result({"8": [0, 4]}), Result(False, 1, 4, True))
        self.assertEqual(Levels("7+8").result({}), Result(False, 0, 0, True))

    def test_zero(self):
        """A score of 0 is a score."""
        self.assertEqual(Levels("7").result({"7": [0]}), Result(True, 1, 0, True))

    def test_wants(self):
        """The levels that it names count, as they are written without zeros in front."""
        mode = Levels("7+0008")
        wanted = [name for name in ("7", "8", "0008", "9", "78", "", "7+8") if mode.wants(name)]
        self.assertEqual(wanted, ["7", "8"])

    def test_bad_modeparams(self):
        """Anything but distinct levels, and an order behind them, is refused with a word why."""
        for text, why in (
            ("", "levels"), ("7+", "levels"), ("+7", "levels"), ("7 +8", "levels"),
            ("7+-8", "levels"), ("7,8", "asc"), ("7+x", "levels"), ("7\n", "levels"),
            (f"{MAX_NUMBER + 1}", "levels"), ("\u0667", "levels"), ("7+8+7", "once"),
            ("7+07", "once"), (f"{MANY}+{MAX_LEVELS}", "at most 50"), ("7,", "asc"),
            ("7,up", "asc"), ("7,asc,asc", "asc"), ("7,ASC", "asc"),
        ):  # fmt: skip
            with self.assertRaisesRegex(ValueError, why, msg=text):
                Levels(text)

    def test_most(self):
        """As many levels as there may be, and the highest number."""
        result = Levels(MANY).result({str(level): [1] for level in range(MAX_LEVELS)})
        self.assertEqual(result, Result(True, MAX_LEVELS, MAX_LEVELS, True))
        self.assertEqual(Levels(str(MAX_NUMBER)).numbers, (MAX_NUMBER,))

    def test_entry_and_keys(self):
        """Players may enter while it runs, and keys are good until the end."""
        self.assertFalse(Levels.closes_entry_at_start)
        self.assertIsNone(Levels("7").key_expiry(0, 10))


class SettledTest(unittest.TestCase):
    def test_order(self):
        """The order of the levels is written down, where it is not the usual one."""
        for given, order, expected in (
            ("7+8", "desc", "7+8"), ("7+8,desc", "desc", "7+8"), ("07+8", "desc", "7+8"),
            ("7+8", "asc", "7+8,asc"), ("7+8,asc", "asc", "7+8,asc"),
        ):  # fmt: skip
            kept = settled(given, of_one_order(order))
            self.assertEqual(kept, expected)
            self.assertEqual(Levels(kept).order, order)
            self.assertEqual(settled(kept, of_one_order(order)), kept)

    def test_mixed(self):
        """Levels of two orders make no tournament."""
        orders = {7: "desc", 8: "asc", 9: "desc"}
        for text in ("7+8", "8+9", "7+8+9"):
            with self.assertRaisesRegex(ValueError, "one order"):
                settled(text, orders.__getitem__)
        self.assertEqual(settled("7+9", orders.__getitem__), "7+9")

    def test_another_order(self):
        """An order that is not that of the levels is refused."""
        for text, order in (("7,asc", "desc"), ("7,desc", "asc")):
            with self.assertRaisesRegex(ValueError, f",{order}"):
                settled(text, of_one_order(order))


class RankTest(unittest.TestCase):
    SCORES = [
        Score(ANN, "7", 10), Score(ANN, "7", 40), Score(ANN, "8", 20),
        Score(BOB, "8", 50), Score(BOB, "7", 10),
        Score(CYD, "7", 900),
        Score(DAN, "8", 800),
    ]  # fmt: skip

    def test_larger(self):
        """Who has all levels stands first, by sum; equal sums share a rank; then the others."""
        self.assertEqual(
            standings(Levels("7+8"), PLAYERS, self.SCORES),
            [
                Standing(1, "ann", 60, 2, True), Standing(1, "bob", 60, 2, True),
                Standing(3, "cyd", 900, 1, False), Standing(4, "dan", 800, 1, False),
                Standing(5, "eve", 0, 0, False),
            ],
        )  # fmt: skip

    def test_smaller(self):
        """The same where the smaller is the better."""
        self.assertEqual(
            standings(Levels("7+8,asc"), PLAYERS, self.SCORES),
            [
                Standing(1, "ann", 30, 2, True), Standing(2, "bob", 60, 2, True),
                Standing(3, "dan", 800, 1, False), Standing(4, "cyd", 900, 1, False),
                Standing(5, "eve", 0, 0, False),
            ],
        )  # fmt: skip


if __name__ == "__main__":
    unittest.main()
