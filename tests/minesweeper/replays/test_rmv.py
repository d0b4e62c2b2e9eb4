"""What is read from RMV files of both versions, and what is refused."""

import unittest
from dataclasses import replace

from gameserver.minesweeper.replays import Difficulty, InvalidReplay, Replay, RuleSet, read_replay

from .encoders import KEY, RMV_MIME, WON, Rmv, end
from .minefields import SIZES, random_mines

BOTH = (Rmv(1), Rmv(2))


def read(file: Rmv) -> Replay:
    return read_replay(file.encode(), RMV_MIME)


class RmvTestCase(unittest.TestCase):
    def assert_refused(self, file: Rmv | bytes, reason: str) -> None:
        data = file if isinstance(file, bytes) else file.encode()
        with self.assertRaises(InvalidReplay) as caught:
            read_replay(data, RMV_MIME)
        self.assertEqual(str(caught.exception), reason)


class WonGamesTest(RmvTestCase):
    def test_both_versions(self):
        """A won game gives its key, level, mode, time and minefield, and is proven."""
        for file in BOTH:
            with self.subTest(version=file.version):
                replay = read(file)
                self.assertEqual(replay.key, KEY)
                self.assertIs(replay.difficulty, Difficulty.BEGINNER)
                self.assertIs(replay.rule_set, RuleSet.NORMAL)
                self.assertEqual((replay.won, replay.time_ms, replay.proven), (True, 4153, True))
                self.assertEqual(len(replay.digest), 32)
                field = replay.minefield
                self.assertEqual((field.columns, field.rows, field.mines), (8, 8, 10))
                for column, row in file.laid():
                    self.assertEqual(field.squares[row * 8 + column], 1)

    def test_levels(self):
        """Every standard level is read and its win proven."""
        for version in (1, 2):
            for level in SIZES:
                with self.subTest(version=version, level=level):
                    replay = read(Rmv(version, level))
                    self.assertEqual((replay.difficulty, replay.proven), (level, True))

    def test_custom(self):
        """A custom board is read, whatever its size, and never proven."""
        for size in ((5, 3, 2), (8, 8, 10), (255, 255, 99)):
            with self.subTest(size=size):
                replay = read(Rmv(2, "custom", size))
                self.assertEqual((replay.difficulty, replay.proven), (Difficulty.CUSTOM, False))
                self.assertEqual((replay.minefield.columns, replay.minefield.rows), size[:2])

    def test_nine_by_nine(self):
        """The larger beginner board of Windows is no forgery, but counts as custom."""
        self.assertEqual(read(Rmv(1, "beginner", (9, 9, 10))).difficulty, Difficulty.CUSTOM)

    def test_modes(self):
        """The mode is read; only normal games are proven."""
        modes = (RuleSet.NORMAL, RuleSet.UPK, RuleSet.CHEAT, RuleSet.DENSITY)
        for version in (1, 2):
            for number, mode in enumerate(modes):
                with self.subTest(version=version, mode=mode):
                    replay = read(Rmv(version, mode=number))
                    self.assertEqual(replay.rule_set, mode)
                    self.assertEqual(replay.proven, mode is RuleSet.NORMAL)

    def test_variants(self):
        """Version 2 may have modes from 4 on, which are variants of the rules; version 1 not."""
        for number in (4, 13, 255):
            self.assertEqual(read(Rmv(2, mode=number)).rule_set, RuleSet.OTHER)
            self.assert_refused(Rmv(1, mode=number), "unknown mode")


class KeysTest(RmvTestCase):
    def test_empty_token(self):
        """Without a token the nickname is the key, in both versions."""
        for version in (1, 2):
            for player in ((b"Ann", b"nick", b"", b""), (b"A", b"nick"), (b"", b"nick", b"", b" ")):
                with self.subTest(version=version, player=player):
                    self.assertEqual(read(Rmv(version, player=player)).key, "nick")

    def test_key_in_nick(self):
        """Without token and nickname, version 1 has the key in NICK of the result string."""
        for player in ((), (b"Ann",), (b"Ann", b"", b"Austria", b"")):
            with self.subTest(player=player):
                self.assertEqual(read(Rmv(1, player=player, nick=KEY.encode())).key, KEY)

    def test_token_first(self):
        """The token goes before nickname and NICK."""
        self.assertEqual(read(Rmv(1, nick=b"other")).key, KEY)

    def test_no_key(self):
        """A file that has no key anywhere has the empty key."""
        self.assertEqual(read(Rmv(2, player=())).key, "")
        for result in (b"", b"\n\n", b"NICK", b"NICKNAME:x#", b"\xff:\xff#:#::"):
            with self.subTest(result=result):
                self.assertEqual(read(Rmv(1, player=(), result=result)).key, "")

    def test_value_with_colon(self):
        """A value in the result string may hold colons."""
        self.assertEqual(read(Rmv(1, player=(), nick=b"a:b")).key, "a:b")

    def test_more_player_fields(self):
        """Player fields that a later version may add are ignored."""
        player = (*Rmv().player, b"new", b"\xff")
        self.assertEqual(read(Rmv(2, player=player)).key, KEY)

    def test_other_code_pages(self):
        """Version 1 reads names of any 8-bit code page, and the ASCII key beside them."""
        for name in ("Jürgen".encode("cp1252"), "Дмитрий".encode("cp1251"), b"\x81\x8d\xff"):
            with self.subTest(name=name):
                file = Rmv(1, player=(name, name, name, KEY.encode()), nick=name, version_info=name)
                self.assertEqual(read(file).key, KEY)

    def test_utf8(self):
        """Valid UTF-8 is read as such, in version 2 and in version 1 with the property."""
        player = ("Дмитрий".encode(), "müller".encode(), b"", b"")
        files = [Rmv(1, player=player, more_properties=more) for more in (b"\1", b"\1\0")]
        for file in (Rmv(2, player=player), *files):
            self.assertEqual(read(file).key, "müller")
        self.assertEqual(read(Rmv(1, player=player)).key, "mÃ¼ller")

    def test_invalid_utf8(self):
        """Text that must be UTF-8 and is not is refused."""
        for place in range(4):
            player = [b"", b"", b"", b""]
            player[place] = b"\xc3("
            for file in (Rmv(2, player=player), Rmv(1, player=player, more_properties=b"\1")):
                self.assert_refused(file, "text that is not UTF-8")
        self.assert_refused(Rmv(2, version_info=b"\xa9"), "text that is not UTF-8")
        self.assert_refused(Rmv(1, nick=b"\xff", more_properties=b"\1"), "text that is not UTF-8")


class SectionsTest(RmvTestCase):
    def test_wrong_file_size(self):
        """The file size in the header is not relied on."""
        for version in (1, 2):
            length = len(Rmv(version).encode())
            for size in (0, length - 2, length + 1, 2**32 - 1):
                self.assertTrue(read(Rmv(version, file_size=size)).won)

    def test_wrong_section_sizes(self):
        """A section that reaches beyond the end of the file is refused."""
        for file in BOTH:
            for name, part in file.sections().items():
                with self.subTest(version=file.version, section=name):
                    wrong = replace(file, wrong_sizes={name: len(part) + 1})
                    self.assert_refused(wrong, "the file ends too early")

    def test_largest_sizes(self):
        """Sizes far beyond the file allocate nothing and are refused."""
        self.assert_refused(Rmv(wrong_sizes={"events": 2**32 - 1}), "the file ends too early")

    def test_counts_inside_sections(self):
        """Counts that do not fit into their section are refused."""
        for version in (1, 2):
            sections = Rmv(version).sections()
            for name in ("player", "board", "properties"):
                with self.subTest(version=version, section=name):
                    short = {"player": 1, "board": 27, "properties": 3}[name]
                    data = Rmv(version).encode()
                    whole = sections[name]
                    size = len(whole).to_bytes(2, "big")
                    head, _, tail = data.partition(whole)
                    cut = head.replace(size, short.to_bytes(2, "big"), 1) + whole[:short] + tail
                    self.assert_refused(cut, "the file ends too early")

    def test_bytes_after_the_checksum(self):
        """Bytes after the checksum are ignored."""
        data = Rmv().encode()
        self.assertEqual(read_replay(data + b"more", RMV_MIME), read_replay(data, RMV_MIME))

    def test_preflags_and_extensions(self):
        """Preflags, extension properties and further properties do not matter."""
        for extras in ((), ((b"clone_name", b"x"), (b"rmv_new", bytes(255)))):
            file = Rmv(2, preflags=((0, 0), (7, 7)), extras=extras, more_properties=b"\xff\xff")
            self.assertEqual(read(file).digest, read(Rmv(2)).digest)

    def test_not_rmv(self):
        """Another signature or version is refused."""
        data = Rmv().encode()
        self.assert_refused(b"", "the file ends too early")
        self.assert_refused(b"*RMV" + data[4:], "not an RMV file")
        for version in (0, 3, 258):
            other = data[:4] + version.to_bytes(2, "big") + data[6:]
            self.assert_refused(other, "unknown version of RMV")


class BoardsTest(RmvTestCase):
    def test_level_and_size(self):
        """A standard level with another board is refused."""
        wrong = {
            "beginner": ((8, 8, 1), (8, 8, 9), (9, 9, 9), (16, 16, 40), (8, 9, 10)),
            "intermediate": ((16, 16, 39), (8, 8, 10), (9, 9, 10)),
            "expert": ((16, 30, 99), (30, 16, 98), (9, 9, 10)),
        }
        for level, sizes in wrong.items():
            for size in sizes:
                with self.subTest(level=level, size=size):
                    reason = "the board does not have the size of its level"
                    self.assert_refused(Rmv(2, level, size), reason)

    def test_unknown_level(self):
        """A level that does not exist is refused."""
        data = Rmv(2).encode()
        wrong = data.replace(bytes([0, 1, 0, 0, 10, 0, 24]), bytes([0, 1, 0, 4, 10, 0, 24]))
        self.assert_refused(wrong, "unknown level")

    def test_mines_outside(self):
        """A mine outside the board is refused."""
        for square in ((8, 0), (0, 8), (255, 255)):
            mines = [*random_mines(8, 8, 9), square]
            self.assert_refused(Rmv(mines=mines, events=end(WON, 1)), "a mine outside the board")

    def test_mines_twice(self):
        """Two mines in one square are refused."""
        mines = [*random_mines(8, 8, 9), random_mines(8, 8, 9)[0]]
        self.assert_refused(Rmv(mines=mines, events=end(WON, 1)), "two mines in one square")

    def test_no_squares(self):
        """A board without squares is refused."""
        for size in ((0, 8, 0), (8, 0, 0)):
            file = Rmv(2, "custom", size, events=end(WON, 1))
            self.assert_refused(file, "a board without squares")


if __name__ == "__main__":
    unittest.main()
