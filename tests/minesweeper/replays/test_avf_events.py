"""The events of AVF files: what is refused, and when they can prove a win."""

import unittest

from gameserver.minesweeper.replays import InvalidReplay, Replay, read_replay

from .encoders import (
    AVF_END,
    AVF_MIME,
    LEFT_DOWN,
    LEFT_UP,
    MOVE,
    RIGHT_DOWN,
    RIGHT_UP,
    Avf,
    avf_event,
    freesweeper,
)


def read(file: Avf) -> Replay:
    return read_replay(file.encode(), AVF_MIME)


class AvfTestCase(unittest.TestCase):
    def assert_refused(self, file: Avf, reason: str) -> None:
        with self.assertRaises(InvalidReplay) as caught:
            read(file)
        self.assertEqual(str(caught.exception), reason)


class EventsTest(AvfTestCase):
    def test_no_end(self):
        """A list of events that does not end is refused."""
        for cut in (b"", AVF_END[:7]):
            data = Avf(after_events=cut).encode()
            stop = data.index(b"cs=") if cut == b"" else data.index(AVF_END[:7]) + 7
            with self.assertRaises(InvalidReplay):
                read_replay(data[:stop], AVF_MIME)

    def test_unknown_kind(self):
        """A kind that does not exist is refused."""
        for kind in (0, 2, 4, 7, 129, 255):
            events = avf_event(MOVE, 0) * 2 + avf_event(kind, 5) + avf_event(LEFT_UP, 9)
            self.assert_refused(Avf(events=events), "an unknown event")

    def test_hundredths(self):
        """Hundredths above 99 are refused."""
        late = bytes([LEFT_UP, 0, 1, 5, 100, 0, 0, 5])
        events = avf_event(LEFT_DOWN, 0) + late
        self.assert_refused(Avf(events=events), "a time that is not a number")

    def test_backwards(self):
        """An event earlier than the one before it is refused."""
        for first, second in ((50, 49), (100, 99), (25_600, 25_599)):
            events = b"".join(avf_event(MOVE, time) for time in (0, 0, first, second))
            self.assert_refused(Avf(events=events), "events that go backwards in time")

    def test_no_time(self):
        """A game cannot be won in no time, except by Freesweeper's thousandths."""
        events = avf_event(LEFT_DOWN, 0) + avf_event(LEFT_UP, 0)
        self.assert_refused(Avf(events=events), "a game cannot be won in no time")
        self.assertEqual(read(freesweeper(events=events, thousandths=b"04")).time_ms, 4)


class ProofTest(AvfTestCase):
    """A wall of mines in the seventh row, and two mines that part the three squares left and
    right of them in the last row."""

    mines = (*((column, 6) for column in range(8)), (3, 7), (4, 7))

    def proven(self, *clicks: tuple[int, int, int]) -> bool:
        start = [(LEFT_DOWN, 0, 0), (LEFT_UP, 0, 0), (LEFT_UP, 1, 7)]
        events = [avf_event(kind, 9, 16 * x, 16 * y) for kind, x, y in (*start, *clicks)]
        return read(Avf(mines=self.mines, events=b"".join(events))).proven

    def test_enough_clicks(self):
        """Clicks that can have opened every square prove a win."""
        self.assertTrue(self.proven((LEFT_UP, 6, 7)))

    def test_missing_clicks(self):
        """A list that stops before the last squares could be opened does not."""
        self.assertFalse(self.proven())

    def test_moves(self):
        """Moving over a square opens nothing."""
        self.assertFalse(self.proven((MOVE, 6, 7)))

    def test_outside(self):
        """Clicks outside the board open nothing."""
        for square in ((6, 8), (8, 7), (22, 7), (6, 23), (4000, 4000)):
            self.assertFalse(self.proven((LEFT_UP, *square)))

    def test_any_button(self):
        """A chord opens where the right button goes up, so any button can open squares."""
        for kind in (RIGHT_UP, RIGHT_DOWN):
            self.assertTrue(self.proven((kind, 6, 7)))


if __name__ == "__main__":
    unittest.main()
