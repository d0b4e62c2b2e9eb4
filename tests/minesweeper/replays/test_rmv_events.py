"""The events of RMV files: what is refused, and when they prove a win."""

import unittest

from gameserver.minesweeper.replays import InvalidReplay, Replay, read_replay

from .encoders import (
    LOST,
    RMV_MIME,
    UNFINISHED,
    WON,
    Rmv,
    end,
    mouse,
    on_board,
    opened,
    short_move,
    stamp,
)
from .minefields import safe_squares


def read(file: Rmv) -> Replay:
    return read_replay(file.encode(), RMV_MIME)


class RmvTestCase(unittest.TestCase):
    def assert_refused(self, file: Rmv, reason: str) -> None:
        with self.assertRaises(InvalidReplay) as caught:
            read(file)
        self.assertEqual(str(caught.exception), reason)


class EventsTest(RmvTestCase):
    def test_lost_and_unfinished(self):
        """A lost and an unfinished game are read as not won."""
        for version in (1, 2):
            for code in (LOST, UNFINISHED):
                replay = read(Rmv(version, events=mouse(3, 70) + end(code, 80)))
                self.assertEqual((replay.won, replay.time_ms, replay.proven), (False, 80, False))

    def test_no_time(self):
        """A game cannot be won in no time; it can be lost or given up."""
        self.assert_refused(Rmv(events=end(WON, 0)), "a game cannot be won in no time")
        self.assertTrue(read(Rmv(events=end(WON, 1))).won)
        self.assertEqual(read(Rmv(events=end(LOST, 0))).time_ms, 0)

    def test_longest_time(self):
        """The longest time that the format can hold is read."""
        self.assertEqual(read(Rmv(events=end(WON, 2**24 - 1))).time_ms, 16_777_215)

    def test_all_events(self):
        """Every event of each version is walked over by its own size."""
        every = b"".join(mouse(kind, 7, 0, 0) for kind in range(1, 8))
        every += b"".join(on_board(code, (1, 2)) for code in (*range(9, 15), *range(18, 28)))
        both = {1: stamp(16) + every, 2: mouse(1, 3, -5, -9) + short_move(4, -8, 7) + every}
        for version, events in both.items():
            replay = read(Rmv(version, events=events + end(WON, 7)))
            self.assertEqual((replay.won, replay.time_ms, replay.proven), (True, 7, False))

    def test_unknown_events(self):
        """An event that does not exist in the version is refused."""
        for version in (1, 2):
            unknown = {8, *range(29, 256)} | ({28} if version == 1 else {0})
            for code in unknown:
                for size in (1, 3, 5, 9):
                    with self.subTest(version=version, code=code, size=size):
                        events = mouse(1, 0) + bytes([code]) + bytes(size - 1) + end(WON, 9)
                        self.assert_refused(Rmv(version, events=events), "an unknown event")

    def test_short_move_first(self):
        """A short move needs a mouse event before it."""
        events = on_board(9, (0, 0)) + short_move(1, 1, 1) + end(WON, 9)
        self.assert_refused(Rmv(2, events=events), "an unknown event")

    def test_no_end(self):
        """Events that stop without an end, or in the middle of an event, are refused."""
        for events in (b"", mouse(1, 5), mouse(1, 5)[:-1], on_board(9, (0, 0)), stamp(5)):
            self.assert_refused(Rmv(events=events), "the game has no end")

    def test_cut_end(self):
        """An end without all of its time is refused."""
        for size in (1, 2, 3):
            reason = "the end is not the last event"
            self.assert_refused(Rmv(events=end(WON, 5)[:size]), reason)

    def test_trailer(self):
        """Up to five bytes may follow the end, as in real files; more are refused."""
        for trailer in (b"", b"\0\0\0\x10\x39", b"\0\xff\0\x18\x9f"):
            self.assertTrue(read(Rmv(trailer=trailer)).won)
        for trailer in (bytes(6), end(LOST, 5) + end(WON, 5)):
            self.assert_refused(Rmv(trailer=trailer), "the end is not the last event")

    def test_backwards(self):
        """A mouse event earlier than the one before it is refused, short moves counted in."""
        reason = "events that go backwards in time"
        for version in (1, 2):
            events = mouse(1, 50) + on_board(9, (0, 0)) + mouse(3, 49) + end(WON, 60)
            self.assert_refused(Rmv(version, events=events), reason)
            events = mouse(1, 65_536) + mouse(3, 65_535) + end(WON, 70_000)
            self.assert_refused(Rmv(version, events=events), reason)
        events = mouse(1, 50) + short_move(10, 0, 0) + mouse(3, 59) + end(WON, 70)
        self.assert_refused(Rmv(2, events=events), reason)

    def test_after_the_end(self):
        """An end that is earlier than the last mouse event is refused."""
        self.assert_refused(Rmv(events=mouse(3, 50) + end(WON, 49)), "an event after the end")
        events = mouse(3, 50) + short_move(200, 0, 0) + end(WON, 249)
        self.assert_refused(Rmv(2, events=events), "an event after the end")

    def test_square_outside(self):
        """A square opened outside the board is refused."""
        for square in ((8, 0), (0, 8), (255, 255)):
            events = opened(1, square) + end(WON, 5)
            self.assert_refused(Rmv(events=events), "a square outside the board")

    def test_too_many_squares(self):
        """More squares opened than the board has are refused."""
        self.assertTrue(read(Rmv(events=opened(1, (0, 0)) * 64 + end(WON, 5))).won)
        events = opened(1, (0, 0)) * 65 + end(WON, 5)
        self.assert_refused(Rmv(events=events), "more squares opened than there are")


class ProofTest(RmvTestCase):
    def setUp(self):
        self.shown = safe_squares(8, 8, Rmv().laid())

    def proven(self, shown: dict, code: int = WON) -> bool:
        openings = b"".join(opened(number, square) for square, number in shown.items())
        return read(Rmv(events=openings + end(code, 900))).proven

    def test_all_squares(self):
        """A win is proven when every safe square is opened with its number, in any order."""
        self.assertTrue(self.proven(self.shown))
        self.assertTrue(self.proven(dict(sorted(self.shown.items()))))

    def test_lost_made_won(self):
        """A game that stopped before its last square is not proven, whatever its end says."""
        self.shown.popitem()
        self.assertFalse(self.proven(self.shown))

    def test_wrong_number(self):
        """A wrong number does not fit the mines."""
        square, number = self.shown.popitem()
        self.assertFalse(self.proven(self.shown | {square: number + 1}))

    def test_opened_mine(self):
        """A win that opens a mine is not proven."""
        self.assertFalse(self.proven(self.shown | {Rmv().laid()[0]: 0}))

    def test_lost(self):
        """A lost game is not proven."""
        self.assertFalse(self.proven(self.shown, LOST))


if __name__ == "__main__":
    unittest.main()
