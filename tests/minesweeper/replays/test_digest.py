"""The digest: the same for the same game under any header, another for another game."""

import hashlib
import unittest
from dataclasses import replace

from gameserver.minesweeper.replays import read_replay

from .encoders import (
    AVF_END,
    AVF_MIME,
    LEFT_DOWN,
    LEFT_UP,
    MOVE,
    RIGHT_DOWN,
    RIGHT_UP,
    RMV_MIME,
    WON,
    Avf,
    Rmv,
    avf_event,
    end,
    freesweeper,
    mouse,
    on_board,
    opened,
    short_move,
    stamp,
)
from .minefields import random_mines


def rmv(file: Rmv) -> bytes:
    return read_replay(file.encode(), RMV_MIME).digest


def avf(file: Avf) -> bytes:
    return read_replay(file.encode(), AVF_MIME).digest


class SameGameTest(unittest.TestCase):
    def test_rmv_headers(self):
        """Nothing outside of board and events matters in RMV."""
        for version in (1, 2):
            file = Rmv(version)
            changes = (
                {"player": (b"Bob", b"bob", b"", b"2_35_00")},
                {"nick": b"bob"},
                {"version_info": b"another"},
                {"unix_time": 1},
                {"mode": 2},
                {"checksum": b""},
                {"trailer": bytes(5)},
                {"preflags": ((0, 0),)},
                {"extras": ()},
                {"clone": (0, 0)},
                {"more_properties": b"\1\2"},
                {"file_size": 0},
            )
            for change in changes:
                with self.subTest(version=version, change=change):
                    self.assertEqual(rmv(replace(file, **change)), rmv(file))

    def test_version(self):
        """The same game has the same digest in both versions of RMV."""
        self.assertEqual(rmv(Rmv(1)), rmv(Rmv(2)))

    def test_order_of_mines(self):
        """The order in which mines are listed does not matter."""
        mines = random_mines(8, 8, 10)[::-1]
        self.assertEqual(rmv(Rmv(mines=mines)), rmv(Rmv()))
        self.assertEqual(avf(Avf(mines=mines)), avf(Avf()))

    def test_rmv_events(self):
        """Moves, pixels, times within the game, flags and time stamps do not matter."""
        opening = opened(0, (1, 1)) + opened(2, (3, 4))
        base = rmv(Rmv(events=opening + end(WON, 900)))
        more = mouse(1, 7, 3, 4, 1) + opened(0, (1, 1)) + on_board(13, (7, 7)) + mouse(4, 8)
        variants = (
            Rmv(1, events=more + stamp(5) + opened(2, (3, 4)) + end(WON, 900)),
            Rmv(2, events=more + short_move(9, 1, 2) + opened(2, (3, 4)) + end(WON, 900)),
            Rmv(2, events=opening + opened(2, (3, 4)) + end(WON, 900)),
            Rmv(2, events=opening + on_board(27, (5, 5)) + end(WON, 900)),
        )
        for file in variants:
            self.assertEqual(rmv(file), base)

    def test_avf_headers(self):
        """Nothing outside of board and events matters in AVF."""
        changes = (
            {"program_byte": 49},
            {"unknown": bytes(4)},
            {"before_bracket": b"x"},
            {"question_marks": 17},
            {"bracket": b"0|1.2.2022.1:2:3:4|B1T2"},
            {"before_events": b"\x0c"},
            {"after_events": AVF_END + b"x"},
            {"cs": bytes(17)},
            {"real_time": b"1.00"},
            {"name": b"2_35_00"},
            {"program": b"another"},
        )
        for change in changes:
            with self.subTest(change=change):
                self.assertEqual(avf(replace(Avf(), **change)), avf(Avf()))

    def test_avf_events(self):
        """Moves, pixels within a square, times within the game and flags do not matter."""
        base = avf_event(LEFT_DOWN, 0, 1, 1) + avf_event(LEFT_UP, 0, 1, 1)
        last = avf_event(LEFT_UP, 90, 40, 40)
        flag = avf_event(RIGHT_DOWN, 5, 90, 9) + avf_event(RIGHT_UP, 6, 90, 9)
        other = avf_event(LEFT_DOWN, 0, 2, 2) + avf_event(LEFT_UP, 0, 9, 15)
        again = avf_event(LEFT_UP, 50, 9, 9) + avf_event(LEFT_UP, 51, 999, 9)
        variants = (
            other + last,
            base + avf_event(LEFT_UP, 5, 128, 0) + avf_event(LEFT_UP, 5, 0, 128) + last,
            base + avf_event(MOVE, 3, 33, 7) + flag + last,
            base + again + avf_event(LEFT_UP, 90, 47, 32),
            *(base + avf_event(kind, 90, 40, 40) for kind in (21, 65, 193)),
        )
        for events in variants:
            self.assertEqual(avf(Avf(events=events)), avf(Avf(events=base + last)))


class AnotherGameTest(unittest.TestCase):
    def assert_all_differ(self, digests: list[bytes]) -> None:
        self.assertEqual(len(set(digests)), len(digests))

    def test_rmv(self):
        """Other mines, another order of squares and another time make another game."""
        mines = random_mines(8, 8, 10, seed=2)
        openings = (opened(1, (0, 0)) + opened(1, (0, 1)), opened(1, (0, 1)) + opened(1, (0, 0)))
        orders = [Rmv(events=opening + end(WON, 9)) for opening in openings]
        files = [Rmv(), Rmv(mines=mines), Rmv(time_ms=4154), *orders, Rmv(events=end(WON, 9))]
        self.assert_all_differ([rmv(file) for file in files])

    def test_avf(self):
        """Other mines, other clicks and another time make another game, in ms for Freesweeper."""
        mines = random_mines(8, 8, 10, seed=2)
        events = avf_event(LEFT_UP, 0, 1, 1) + avf_event(LEFT_UP, 541, 17, 1)
        files = [Avf(), Avf(mines=mines), Avf(hundredths=542), freesweeper(), Avf(events=events)]
        self.assert_all_differ([avf(file) for file in files])

    def test_shape(self):
        """The same row of squares in another shape is another minefield."""
        shapes = ((4, 6), (6, 4))
        files = [Rmv(2, "custom", (*shape, 1), [(0, 0)], events=end(WON, 9)) for shape in shapes]
        self.assert_all_differ([rmv(file) for file in files])


class FormTest(unittest.TestCase):
    def test_fixed(self):
        """Servers store digests, so what they are made of never changes."""
        mines = [(column, 0) for column in range(8)] + [(0, 1), (7, 7)]
        squares = bytes([1] * 9 + [0] * 54 + [1])
        form = b"\0\x08\0\x08" + b"\0\0\x15\x22" + squares + b"\0\x0a\0\x09"
        expected = hashlib.sha256(form).digest()
        events = opened(4, (2, 1)) + opened(4, (1, 1)) + end(WON, 5410)
        self.assertEqual(rmv(Rmv(mines=mines, events=events)), expected)
        events = avf_event(LEFT_UP, 0, 40, 20) + avf_event(LEFT_UP, 541, 20, 20)
        self.assertEqual(avf(Avf(mines=mines, events=events)), expected)


if __name__ == "__main__":
    unittest.main()
