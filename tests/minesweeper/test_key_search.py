"""What is found in a replay that may be a key."""

from __future__ import annotations

import random
import unittest

import mock  # noqa: UP026 (the same mock on every Python)

from gameserver.minesweeper.games import read_game
from gameserver.minesweeper.key_search import MAX_KEYS, keys_in
from gameserver.tournaments.keys import Key, parse_key
from tests.client.scenario.replay_files import avf, rmv

KEY = Key(12, 345, bytes(range(16)))
PIECE = 64


class KeySearchTest(unittest.TestCase):
    """The search, in small pieces and without pauses."""

    def setUp(self) -> None:
        self.enterContext(mock.patch("gameserver.minesweeper.key_search._PIECE", PIECE))
        self.enterContext(mock.patch("gameserver.minesweeper.key_search._PAUSE_SECONDS", 0))

    def test_in_replays(self) -> None:
        """The key that a replay holds is found, in both formats and however long it is."""
        for key in (KEY, Key(1, 1, bytes(16)), Key(2**31 - 1, 2**31 - 1, b"\xff" * 16)):
            for data in (rmv(str(key)), avf(str(key))):
                self.assertEqual(parse_key(read_game(data).key), key)
                self.assertIn(key, keys_in(data))

    def test_anywhere(self) -> None:
        """It is found wherever it stands, and once."""
        for before in range(3 * PIECE):
            found = keys_in(bytes(before) + str(KEY).encode() + bytes(99))
            self.assertEqual([key for key in found if key == KEY], [KEY], before)

    def test_digits_in_front(self) -> None:
        """Digits in front of it, such as a length that is one by chance, do not hide it."""
        for before in (b"1", b"99", b"0123456789"):
            self.assertIn(KEY, keys_in(before + str(KEY).encode()))

    def test_underscores_around(self) -> None:
        """Neither does what else looks like a part of a key."""
        for before, behind in ((b"1_2_", b""), (b"_", b"_"), (b"1_", b"0_1"), (b"_1__", b"f")):
            self.assertIn(KEY, keys_in(before + str(KEY).encode() + behind))

    def test_none(self) -> None:
        """Where there is none, none is found."""
        text = str(KEY)
        for data in (b"", b"_", text[:-1].encode(), text.upper().encode(), text[2:].encode()):
            self.assertEqual(keys_in(data), [], data)

    def test_bounded(self) -> None:
        """A replay full of keys has no more looked up than so many."""
        chance = random.Random(4)
        keys = [Key(7, number, chance.randbytes(16)) for number in range(1000)]
        found = keys_in(b" ".join(str(key).encode() for key in keys))
        self.assertEqual(found, keys[:MAX_KEYS])


if __name__ == "__main__":
    unittest.main()
