"""``read_replay``: which reader it takes, and that any bytes give a Replay or InvalidReplay."""

import random
import unittest

import mock  # noqa: UP026 (the same mock on every Python)

from gameserver.minesweeper import replays
from gameserver.minesweeper.replays import (
    MAX_SIZE,
    Difficulty,
    InvalidReplay,
    Replay,
    RuleSet,
    read_replay,
)

from .encoders import AVF_MIME, KEY, RMV_MIME, WON, Avf, Rmv, end, freesweeper, mouse
from .mutations import SEEDS, mutated

SMALL = (
    (Rmv(1, "custom", (3, 2, 1), events=mouse(3, 8) + end(WON, 9)).encode(), RMV_MIME),
    (Rmv(2, "custom", (3, 2, 1)).encode(), RMV_MIME),
    (Rmv(2).encode(), RMV_MIME),
    (Avf(level="custom", size=(3, 2, 1)).encode(), AVF_MIME),
    (freesweeper(level="custom", size=(3, 2, 1)).encode(), AVF_MIME),
)


class ReaderTestCase(unittest.TestCase):
    def outcome(self, data: bytes, mime_type: str) -> Replay | None:
        """The replay, or None if it is refused. Fails on any other exception or odd value."""
        try:
            replay = read_replay(data, mime_type)
        except InvalidReplay as error:
            self.assertLess(len(str(error)), 60)
            return None
        self.assertIsInstance(replay.key, str)
        self.assertIn(replay.difficulty, list(Difficulty))
        self.assertIn(replay.rule_set, list(RuleSet))
        self.assertEqual(len(replay.digest), 32)
        self.assertGreater(replay.time_ms, 0 if replay.won else -1)
        self.assertLessEqual(replay.proven, replay.won)
        field = replay.minefield
        self.assertEqual(len(field.squares), field.columns * field.rows)
        return replay


class ChoosingTest(ReaderTestCase):
    def test_mime_types(self):
        """The MIME type alone decides which format is read."""
        for data, mime_type in SEEDS:
            self.assertIsNotNone(self.outcome(data, mime_type))
            other = AVF_MIME if mime_type == RMV_MIME else RMV_MIME
            self.assertIsNone(self.outcome(data, other))

    def test_unknown_mime_type(self):
        """Any other MIME type is refused."""
        for mime_type in ("", "text/plain", RMV_MIME.upper(), RMV_MIME + ";x=1", "x" * 10**6):
            self.assertIsNone(self.outcome(Rmv().encode(), mime_type))

    def test_largest(self):
        """1 MiB is read; one byte more is refused before anything is looked at."""
        data = Rmv().encode()
        self.assertEqual(MAX_SIZE, 1_048_576)
        largest = data + bytes(MAX_SIZE - len(data))
        self.assertEqual(self.outcome(largest, RMV_MIME).key, KEY)
        with mock.patch.dict(replays._READERS, {RMV_MIME: mock.Mock(side_effect=AssertionError)}):
            self.assertIsNone(self.outcome(largest + b"\0", RMV_MIME))

    def test_reasons_hold_nothing_from_the_file(self):
        """Two different wrong files are refused with the same words."""
        reasons = set()
        for version in (b"\0\7", b"\xff\xff"):
            with self.assertRaises(InvalidReplay) as caught:
                read_replay(b"*rmv" + version, RMV_MIME)
            reasons.add(str(caught.exception))
        self.assertEqual(reasons, {"unknown version of RMV"})


class AnyBytesTest(ReaderTestCase):
    def test_prefixes(self):
        """Every prefix of a file is read or refused; no prefix gives another game or key."""
        for data, mime_type in SEEDS:
            whole = read_replay(data, mime_type)
            for size in range(len(data)):
                replay = self.outcome(data[:size], mime_type)
                if replay is not None:
                    self.assertEqual(mime_type, AVF_MIME)
                    self.assertEqual(replay, whole)

    def test_every_bit(self):
        """Every bit of a file can be wrong."""
        for data, mime_type in SMALL:
            for place in range(len(data)):
                for bit in range(8):
                    wrong = bytearray(data)
                    wrong[place] ^= 1 << bit
                    self.outcome(bytes(wrong), mime_type)

    def test_every_byte_value(self):
        """Every byte of the first part of a file can be any byte."""
        for data, mime_type in SMALL[:2] + SMALL[3:]:
            for place in range(min(len(data), 40)):
                for value in range(256):
                    wrong = data[:place] + bytes([value]) + data[place + 1 :]
                    self.outcome(wrong, mime_type)

    def test_mutations(self):
        """Files with random changes are read or refused, and both happen often."""
        outcomes = [self.outcome(*file) is None for file in mutated(seed=20, count=4000)]
        self.assertGreater(sum(outcomes), 400)
        self.assertGreater(len(outcomes) - sum(outcomes), 400)

    def test_noise(self):
        """Random bytes, also behind the right beginning, are refused."""
        rng = random.Random(21)
        starts = (b"", b"*rmv\0\1", b"*rmv\0\2", b"\x34aaaa\3", b"\0aaaa\6")
        for _ in range(400):
            data = rng.choice(starts) + rng.randbytes(rng.randrange(300))
            for mime_type in (RMV_MIME, AVF_MIME):
                self.assertIsNone(self.outcome(data, mime_type))


if __name__ == "__main__":
    unittest.main()
