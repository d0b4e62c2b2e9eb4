"""One level's board, checked against a naive model."""

import random
import unittest

from gameserver.scores.board import Board
from gameserver.scores.rank_key import Line

MAX = 2147483647
LAST_ARRIVAL = 2**33 - 1


class Model:
    """What a board must do, the slow and obvious way."""

    def __init__(self):
        self.entries = {}  # user -> (score, number of the submission that reached it)
        self.submissions = 0

    def submit(self, user_id, score):
        self.submissions += 1
        improved = user_id not in self.entries or score > self.entries[user_id][0]
        if improved:
            self.entries[user_id] = (score, self.submissions)
        return improved

    def ranking(self):
        rows = [(-score, n, user_id) for user_id, (score, n) in self.entries.items()]
        return [(user_id, -score) for score, _, user_id in sorted(rows)]

    def csv(self):
        return ",".join(f"{user_id}={score}" for user_id, score in self.ranking()[:15]).encode()


def board_of(*rows):
    """A board to which each (user_id, score) was submitted."""
    board = Board()
    for row in rows:
        board.submit(*row)
    return board


class SubmitTest(unittest.TestCase):
    def test_empty_board(self):
        """A board without scores has no best, no rank, no top and an empty list."""
        board = Board()
        board._check()
        self.assertEqual((len(board), board.top(15), board.csv()), (0, [], b""))
        self.assertIsNone(board.best(1))
        self.assertIsNone(board.rank(1))

    def test_first_score_counts(self):
        """A user's first score is kept, be it 0."""
        board = Board()
        self.assertTrue(board.submit(4711, 0))
        self.assertEqual((board.best(4711), board.rank(4711), len(board)), (0, 1, 1))

    def test_best_is_kept(self):
        """Only a higher score replaces the user's best; an equal or a lower one changes nothing."""
        board = board_of((1, 100))
        for score, improved, best in ((100, False, 100), (99, False, 100), (101, True, 101)):
            with self.subTest(score=score):
                self.assertIs(board.submit(1, score), improved)
                self.assertEqual(board.best(1), best)
        self.assertEqual(len(board), 1)

    def test_edge_values(self):
        """Users and scores of 0 and 2147483647 are kept exactly, and ranked."""
        board = board_of((0, 0), (MAX, MAX), (1, MAX), (2, 0))
        board._check()
        self.assertEqual(list(board), [(MAX, MAX), (1, MAX), (0, 0), (2, 0)])
        self.assertEqual(board.csv(), b"2147483647=2147483647,1=2147483647,0=0,2=0")
        self.assertTrue(board.submit(0, MAX))
        self.assertEqual(board.rank(0), 3)

    def test_out_of_range(self):
        """A number that does not fit 31 bits is refused and changes nothing."""
        board = board_of((1, 100))
        for user_id, score in ((1, MAX + 1), (2, -1), (2, MAX + 1), (-1, 5), (MAX + 1, 5)):
            with self.subTest(user_id=user_id, score=score), self.assertRaises(ValueError):
                board.submit(user_id, score)
        board._check()
        self.assertEqual(list(board), [(1, 100)])


class RankTest(unittest.TestCase):
    def test_ties(self):
        """Among equal scores, who reached the score first stands first."""
        board = board_of((3, 50), (1, 50), (2, 40), (3, 50), (2, 50))
        self.assertEqual(list(board), [(3, 50), (1, 50), (2, 50)])
        self.assertEqual([board.rank(user_id) for user_id in (3, 1, 2)], [1, 2, 3])

    def test_user_who_comes_to_a_tie_by_improving(self):
        """An old user who improves to a score that others hold stands behind them."""
        board = board_of((1, 10), (2, 20), (3, 20), (1, 20))
        self.assertEqual(list(board), [(2, 20), (3, 20), (1, 20)])

    def test_top(self):
        """The top holds as many entries as asked for, or all there are."""
        board = board_of((1, 10), (2, 20), (3, 30))
        self.assertEqual(board.top(2), [(3, 30), (2, 20)])
        self.assertEqual(board.top(0), [])
        self.assertEqual(board.top(99), [(3, 30), (2, 20), (1, 10)])


class CsvTest(unittest.TestCase):
    def setUp(self):
        self.board = board_of(*((user_id, 1000 - user_id) for user_id in range(15)))
        self.before = self.board.csv()

    def test_format(self):
        """The list is `user=score`, comma-separated, by descending score."""
        self.assertEqual(board_of((131, 1220), (4711, 1500)).csv(), b"4711=1500,131=1220")

    def test_sixteenth_score_below(self):
        """A score below the last of a full top, or equal to it, leaves the same bytes."""
        self.board.submit(15, 985)
        self.board.submit(16, 986)
        self.assertIs(self.board.csv(), self.before)
        self.assertEqual(self.board.rank(16), 16)

    def test_sixteenth_score_above(self):
        """A score above the last of a full top takes its place."""
        self.board.submit(15, 987)
        self.assertTrue(self.board.csv().endswith(b",13=987,15=987"))
        self.assertEqual(self.board.rank(14), 16)

    def test_improvement_within_the_top(self):
        """A better score of a user who is in the top shows, even where no place changes."""
        self.board.submit(0, 5000)
        self.assertTrue(self.board.csv().startswith(b"0=5000,1=999,"))

    def test_improvement_below_the_top(self):
        """A user outside the top who improves and stays outside leaves the same bytes."""
        self.board.submit(15, 5)
        self.board.submit(15, 6)
        self.assertIs(self.board.csv(), self.before)

    def test_changes_exactly_with_the_top(self):
        """After every operation the bytes are the model's, and new only when the top is."""
        rng = random.Random(5)
        for scores, users in ((30, 20), (10**9, 60), (5, 40)):
            board, model = Board(block_size=8), Model()
            for _ in range(600):
                user_id, score = rng.randrange(users), rng.randrange(scores)
                csv, expected = board.csv(), model.csv()
                board.submit(user_id, score)
                model.submit(user_id, score)
                self.assertEqual(board.csv(), model.csv())
                self.assertEqual(board.csv() is csv, model.csv() == expected)


class LoadTest(unittest.TestCase):
    def test_round_trip(self):
        """Loading what iteration gives, or submitting it, reproduces the order, ties included."""
        rng = random.Random(6)
        board = Board(block_size=8)
        for _ in range(2_000):
            board.submit(rng.randrange(300), rng.randrange(20))
        submitted = Board(block_size=16)
        for row in board:
            submitted.submit(*row)
        for copy in (Board.load(board, block_size=8), submitted):
            copy._check()
            self.assertEqual(list(copy), list(board))
            self.assertEqual(copy.csv(), board.csv())

    def test_loaded_board_goes_on(self):
        """A score after loading stands behind the loaded ones that equal it."""
        board = Board.load([(1, 50), (2, 50)])
        board.submit(3, 50)
        self.assertEqual(list(board), [(1, 50), (2, 50), (3, 50)])

    def test_no_rows(self):
        """Loading nothing gives an empty board."""
        self.assertEqual(list(Board.load(iter(()))), [])

    def test_bad_rows(self):
        """Rows out of order, a user named twice and numbers out of range are refused."""
        for rows in (
            [(1, 10), (2, 20)],
            [(1, 20), (1, 10)],
            [(1, MAX + 1)],
            [(1, -1)],
            [(MAX + 1, 5)],
            [(-1, 5)],
        ):
            with self.subTest(rows=rows), self.assertRaises(ValueError):
                Board.load(rows)


class ArrivalNumberTest(unittest.TestCase):
    def test_numbering_anew_keeps_the_order(self):
        """When arrival numbers run out, no rank, no tie and no byte of the list changes."""
        rng = random.Random(7)
        board, model = Board(block_size=8), Model()
        for _ in range(200):
            for _ in range(rng.randrange(1, 60)):
                row = rng.randrange(50), rng.randrange(2_000)
                self.assertEqual(board.submit(*row), model.submit(*row))
            board._arrivals = max(board._arrivals, LAST_ARRIVAL - rng.randrange(3))
            board._check()
            self.assertEqual(list(board), model.ranking())
            self.assertEqual(board.csv(), model.csv())

    def test_last_number_is_used(self):
        """The last arrival number still orders a tie, and the one after it starts low again."""
        board = board_of((1, 7))
        board._arrivals = LAST_ARRIVAL
        board.submit(2, 7)
        self.assertEqual(board._arrivals, 2)
        board.submit(3, 7)
        board._check()
        self.assertEqual(list(board), [(1, 7), (2, 7), (3, 7)])


class RandomOperationsTest(unittest.TestCase):
    def run_against_model(self, block_size, users, scores, operations):
        rng = random.Random(users)
        board, model = Board(block_size=block_size), Model()
        for n in range(operations):
            row = rng.randrange(users), rng.randrange(scores)
            self.assertEqual(board.submit(*row), model.submit(*row))
            if n % 100 == 0:
                self.compare(board, model, users)

    def compare(self, board, model, users):
        board._check()
        ranking = model.ranking()
        self.assertEqual(list(board), ranking)
        self.assertEqual(len(board), len(ranking))
        self.assertEqual(board.csv(), model.csv())
        ranks = {user_id: place for place, (user_id, _) in enumerate(ranking, 1)}
        for user_id in range(0, users, 7):
            self.assertEqual(board.rank(user_id), ranks.get(user_id))
            self.assertEqual(board.best(user_id), model.entries.get(user_id, (None,))[0])

    def test_against_the_model(self):
        """Many random submissions leave the same answers and the same ranking as the model."""
        for block_size, users, scores in ((4, 40, 12), (5, 300, 30), (8, 200, MAX), (64, 500, 10)):
            with self.subTest(block_size=block_size, users=users, scores=scores):
                self.run_against_model(block_size, users, scores, 10_000)

    def test_users_who_improve_again_and_again(self):
        """Under improvements only, when every rank key keeps moving, the board equals the model."""
        rng = random.Random(8)
        board, model = Board(block_size=8), Model()
        for n in range(15_000):
            user_id = rng.randrange(200)
            row = user_id, (model.entries.get(user_id, (0,))[0]) + rng.randrange(1, 50)
            self.assertTrue(board.submit(*row) and model.submit(*row))
            if n % 100 == 0:
                self.compare(board, model, 200)


class EveryOperationTest(unittest.TestCase):
    """Both orders, with scores that are replaced, removed and put back, beside a naive model."""

    def run_against_model(self, is_ascending, block_size):
        rng = random.Random(block_size)
        board, model, gone = Board(is_ascending, block_size), {}, {}
        sign = 1 if is_ascending else -1
        for n in range(2_000):
            user_id, score = rng.randrange(40), rng.randrange(25)
            note = rng.choice(((None, None), (n, None), (None, b"{}"), (n, b"{}")))
            old, csv, changes = model.get(user_id), board.csv(), board.changes
            ranking = self.ranking(model)
            operation = rng.choices(("submit", "replace", "remove", "put_back"), (8, 8, 2, 2))[0]
            if operation == "submit":
                changed = old is None or sign * score < old[0]
                self.assertIs(board.submit(user_id, score, note), changed)
            elif operation == "replace":
                changed = old is None or sign * score != old[0]
                self.assertIs(board.replace(user_id, score, note), changed)
            elif operation == "remove":
                changed = False
                line = board.remove(user_id)
                self.assertEqual(line is not None, old is not None)
                if old:
                    gone[user_id] = line, model.pop(user_id)
            else:
                changed = False
                if user_id in gone and old is None:
                    line, model[user_id] = gone.pop(user_id)
                    board.put_back(user_id, line)
            if changed:
                self.assertIs(board.has_grown, old is None)
                model[user_id] = (sign * score, n, note)
                gone.pop(user_id, None)
            if self.ranking(model) == ranking and not changed:
                self.assertEqual(board.changes, changes)
                self.assertIs(board.csv(), csv)
            else:
                self.assertGreater(board.changes, changes)
            if n % 50 == 0:
                self.compare(board, model, sign)

    def ranking(self, model):
        return sorted((key, n, user_id) for user_id, (key, n, _) in model.items())

    def compare(self, board, model, sign):
        board._check()
        ranking = [(user_id, sign * key) for key, _, user_id in self.ranking(model)]
        self.assertEqual(list(board), ranking)
        self.assertEqual(board.first(), ranking[0][1] if ranking else None)
        self.assertEqual(board.csv(), b",".join(b"%d=%d" % row for row in ranking[:15]))
        for place, (user_id, score) in enumerate(ranking, 1):
            self.assertEqual((board.rank(user_id), board.best(user_id)), (place, score))
            self.assertEqual(board.note(user_id), model[user_id][2])
        lines = [(user_id, board.line(user_id)) for user_id, _ in ranking]
        copy = Board.of_lines(lines, board.is_ascending)
        copy._check()
        self.assertEqual([(user_id, copy.line(user_id)) for user_id, _ in copy], lines)

    def test_against_the_model(self):
        """Under every operation a board says what a sorted list would."""
        for is_ascending in (False, True):
            for block_size in (4, 8):
                with self.subTest(is_ascending=is_ascending, block_size=block_size):
                    self.run_against_model(is_ascending, block_size)

    def test_no_notes(self):
        """A board whose last note is gone pays nothing for notes any more."""
        board = Board()
        board.submit(1, 5, (7, b"{}"))
        board.submit(2, 5)
        self.assertIsNotNone(board._notes)
        board.remove(1)
        self.assertIsNone(board._notes)

    def test_edge_values(self):
        """Ascending boards keep the smallest and the largest numbers exactly, too."""
        board = Board(is_ascending=True)
        for row in ((0, MAX), (MAX, 0), (1, 0)):
            self.assertTrue(board.submit(*row))
        self.assertEqual(list(board), [(MAX, 0), (1, 0), (0, MAX)])
        for row in ((0, -1), (2, MAX + 1), (-1, 5), (MAX + 1, 5)):
            with self.assertRaises(ValueError):
                board.submit(*row)
        board._check()

    def test_bad_lines(self):
        """Lines out of order, with numbers out of range or of a user twice make no board."""
        for keys, users in (
            ([5, 4], [1, 2]), ([4, 4], [1, 2]), ([4, 5], [1, 1]), ([-1], [1]), ([2**64], [1]),
            ([4], [-1]), ([4], [MAX + 1]),
        ):  # fmt: skip
            rows = [(user_id, Line(key)) for key, user_id in zip(keys, users, strict=True)]
            with self.subTest(rows=rows), self.assertRaises(ValueError):
                Board.of_lines(rows)


if __name__ == "__main__":
    unittest.main()
