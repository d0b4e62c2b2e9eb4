"""What is read from AVF files of Arbiter and Freesweeper, and what is refused."""

import unittest

from gameserver.minesweeper.replays import Difficulty, InvalidReplay, Replay, RuleSet, read_replay

from .encoders import AVF_MIME, KEY, LEFT_DOWN, LEFT_UP, Avf, avf_event, freesweeper
from .minefields import SIZES, random_mines


def read(file: Avf) -> Replay:
    return read_replay(file.encode(), AVF_MIME)


class AvfTestCase(unittest.TestCase):
    def assert_refused(self, file: Avf, reason: str) -> None:
        with self.assertRaises(InvalidReplay) as caught:
            read(file)
        self.assertEqual(str(caught.exception), reason)


class WonGamesTest(AvfTestCase):
    def test_arbiter(self):
        """A game gives its key, level, mode, time and minefield; it is won and proven."""
        replay = read(Avf())
        self.assertEqual(replay.key, KEY)
        self.assertIs(replay.difficulty, Difficulty.BEGINNER)
        self.assertIs(replay.rule_set, RuleSet.NORMAL)
        self.assertEqual((replay.won, replay.time_ms, replay.proven), (True, 5410, True))
        for column, row in Avf().laid():
            self.assertEqual(replay.minefield.squares[row * 8 + column], 1)

    def test_levels(self):
        """Every standard level is read and its win proven."""
        for level in SIZES:
            for make in (Avf, freesweeper):
                replay = read(make(level=level))
                self.assertEqual((replay.difficulty, replay.proven), (level, True))

    def test_long_games(self):
        """Times of more than 256 seconds use the high byte of the seconds."""
        for hundredths in (1, 99, 100, 25_500, 25_600, 99_900, 6_553_399):
            self.assertEqual(read(Avf(hundredths=hundredths)).time_ms, hundredths * 10)

    def test_custom(self):
        """A custom board is read, up to 256 columns, and never proven."""
        for size in ((1, 2, 1), (5, 3, 2), (8, 8, 10), (256, 16, 300)):
            mines = random_mines(min(size[0], 255), size[1], size[2])
            replay = read(Avf(level="custom", size=size, mines=mines))
            self.assertEqual((replay.difficulty, replay.proven), (Difficulty.CUSTOM, False))
            field = replay.minefield
            self.assertEqual((field.columns, field.rows, field.mines), size)

    def test_first_click_far_right(self):
        """The first click may be at 256 pixels or more, as it can be on expert."""
        events = avf_event(LEFT_DOWN, 0, 470, 250) + avf_event(LEFT_UP, 12, 470, 250)
        self.assertEqual(read(Avf(level="expert", events=events)).time_ms, 120)

    def test_all_kinds(self):
        """Every kind of event is read, and may come first."""
        for kind in (1, 3, 5, 9, 11, 17, 21, 33, 65, 145, 193):
            events = avf_event(kind, 0, 9, 9) + avf_event(kind, 31, 9, 9)
            self.assertEqual(read(Avf(events=events)).time_ms, 310)


class FreesweeperTest(AvfTestCase):
    def test_thousandths(self):
        """The milliseconds' last digit comes from the byte of the last event."""
        events = avf_event(LEFT_DOWN, 0) + avf_event(LEFT_UP, 541)
        for digits, last in ((b"03", 3), (b"93", 3), (b"\x00\x03", 3), (b"00", 0), (b"09", 9)):
            time_ms = read(freesweeper(events=events, thousandths=digits)).time_ms
            self.assertEqual(time_ms, 5410 + last)

    def test_wrong_thousandths(self):
        """A last digit above nine is refused."""
        file = freesweeper(events=avf_event(LEFT_UP, 0), thousandths=b"\x0a")
        self.assert_refused(file, "a time that is not a number")

    def test_luck(self):
        """A game in which Freesweeper helped is one in cheat mode; the bit is its alone."""
        self.assertEqual(read(freesweeper(unknown=b"\x0a\1\0\0")).rule_set, RuleSet.CHEAT)
        self.assertEqual(read(freesweeper(unknown=b"\x0a\x18\0\0")).rule_set, RuleSet.NORMAL)
        self.assertEqual(read(Avf(unknown=b"\xff\xff\xff\xff")).rule_set, RuleSet.NORMAL)

    def test_cut_before_the_footer(self):
        """Missing digits, and a missing end of the bytes after them, are refused."""
        data = freesweeper().encode()
        start = data.index(b"cs=")
        for stop in range(start, data.index(b"RealTime")):
            with self.assertRaises(InvalidReplay):
                read_replay(data[:stop], AVF_MIME)


class KeysTest(AvfTestCase):
    def test_names(self):
        """The key is the name after its first #, or all of the name."""
        names = {
            KEY.encode(): KEY,
            b"Ann#" + KEY.encode(): KEY,
            b"#" + KEY.encode(): KEY,
            b"Ann#a#b": "a#b",
            b"Ann#": "",
            b"": "",
            b"Ann # key ": "key",
            b"A:nn#key": "key",
            b"A: nn#k:ey": "k:ey",
            "Дмитрий#key".encode("cp1251"): "key",
            b"\x81\x8d\xff#key": "key",
            b"Ann#key<Logitech: G5>mouse": "key",
            b"key<Logitech G5>mouse": "key",
            b"<3Ann#key": "key",
        }
        for make in (Avf, freesweeper):
            for name, key in names.items():
                with self.subTest(name=name):
                    self.assertEqual(read(make(name=name)).key, key)

    def test_footers(self):
        """Old footers lack fields before the name; fields after the program's are ignored."""
        for footer in (b"A#key\rArbiter", b"A#key\rArbiter\r", b"X: 1\rA#key\rArbiter\rY: 2\r\r"):
            with self.subTest(footer=footer):
                self.assertEqual(read(Avf(footer=footer)).key, "key")

    def test_no_name(self):
        """A footer without a name or without the program's version is refused."""
        metadata = b"RealTime: 5.41\rSkin: 3.1"
        for footer in (b"", b"\r", b"Ann", metadata, metadata + b"\rAnn", b"\rx:"):
            with self.subTest(footer=footer):
                self.assert_refused(Avf(footer=footer), "no player's name")


class HeaderTest(AvfTestCase):
    def test_brackets(self):
        """Nothing in the brackets matters: wrong times, missing separators, another mode."""
        for text in (
            b"0|22.5.2021.16:39:05:9912|22.16:39:11:3325|HS|B28T999.41",
            b"0|22.5.2021.16:39:05:9912|22.16:39:11:3325B28T0.00",
            b"2|5.16:39:05:99|B28T6,41",
            b"3|W8H8M10|5.16:39:05:99|B28T6.41",
            b"",
            b"\xff\x00|[",
        ):
            with self.subTest(text=text):
                self.assertEqual(read(Avf(bracket=text)), read(Avf()))

    def test_question_marks(self):
        """The byte that stands for question marks is not looked at."""
        for byte in (17, 127, 0, 91):
            self.assertEqual(read(Avf(question_marks=byte)).time_ms, 5410)

    def test_bytes_between_the_parts(self):
        """The bytes around the brackets and the events are of any number and value."""
        for junk in (b"", b"\x0c", b"\x03\x05\x09\x0b", b"[", b"\0" * 50, bytes(range(92))):
            with self.subTest(junk=junk):
                self.assertEqual(read(Avf(before_bracket=junk)).time_ms, 5410)
        for junk in (b"", b"\x03\x0c\x05\x09\x09\x0b", b"\0", b"\x0c]["):
            with self.subTest(junk=junk):
                self.assertEqual(read(Avf(before_events=junk)).time_ms, 5410)

    def test_unknown_level(self):
        """A level byte that is none of the four is refused."""
        data = Avf().encode()
        for level in (0, 2, 7, 255):
            with self.assertRaises(InvalidReplay):
                read_replay(data[:5] + bytes([level]) + data[6:], AVF_MIME)

    def test_mines(self):
        """Mines outside the board, also above or left of it, and twice, are refused."""
        nine = random_mines(8, 8, 9)
        for square in ((8, 0), (0, 8), (-1, 0), (0, -1)):
            file = Avf(mines=[*nine, square], events=b"")
            self.assert_refused(file, "a mine outside the board")
        self.assert_refused(Avf(mines=[*nine, nine[0]], events=b""), "two mines in one square")

    def test_missing_parts(self):
        """A file without brackets, events or ``cs=`` is refused."""
        whole = Avf().encode()
        for mark in (b"[", b"]", b"cs="):
            with self.assertRaises(InvalidReplay):
                read_replay(whole.replace(mark, b"..."), AVF_MIME)
        self.assert_refused(Avf(events=b""), "a part of the file is missing")


if __name__ == "__main__":
    unittest.main()
