from __future__ import annotations

import random
import unittest

from gameserver.minesweeper.modes import Sum
from gameserver.minesweeper.replays import Difficulty
from gameserver.tournaments.standings import Standing, standings
from gameserver.tournaments.tournament import Score

EASY, HARD = Difficulty.BEGINNER, Difficulty.EXPERT
PLAYERS = {1: "ann", 2: "bob", 3: "cyd", 4: "dan"}


class StandingsTest(unittest.TestCase):
    def test_order(self):
        """Finished players by time, then the others by games and time, then those without."""
        scores = [
            Score(1, EASY, 900), Score(2, EASY, 300), Score(2, HARD, 500), Score(2, EASY, 400),
            Score(3, EASY, 10), Score(3, EASY, 20), Score(4, HARD, 600), Score(4, EASY, 100),
        ]  # fmt: skip
        self.assertEqual(
            standings(Sum("1+0+1"), {**PLAYERS, 5: "eve"}, scores),
            [
                Standing(1, "dan", 700, 2, True),
                Standing(2, "bob", 800, 2, True),
                Standing(3, "cyd", 10, 1, False),
                Standing(4, "ann", 900, 1, False),
                Standing(5, "eve", 0, 0, False),
            ],
        )

    def test_equal_results_share_a_rank(self):
        """Equal results share a rank, and the next rank counts them all."""
        scores = [Score(n, EASY, time) for n, time in ((1, 30), (2, 20), (3, 20), (4, 10))]
        table = standings(Sum("1+0+0"), PLAYERS, scores)
        self.assertEqual([line.rank for line in table], [1, 2, 2, 4])
        self.assertEqual([line.username for line in table], ["dan", "bob", "cyd", "ann"])

    def test_order_of_uploads_makes_no_difference(self):
        """The same games in any order give the same table."""
        chance = random.Random(5)
        scores = [
            Score(chance.randint(1, 4), chance.choice((EASY, HARD)), chance.randint(1, 50))
            for _ in range(60)
        ]
        table = standings(Sum("3+0+2"), PLAYERS, scores)
        for _ in range(20):
            chance.shuffle(scores)
            self.assertEqual(standings(Sum("3+0+2"), PLAYERS, scores), table)

    def test_scores_of_others_do_not_count(self):
        """Who is no player of the tournament is not in its table."""
        self.assertEqual(standings(Sum("1+0+0"), {}, [Score(1, EASY, 5)]), [])
