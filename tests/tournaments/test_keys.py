from __future__ import annotations

import unittest

from gameserver.tournaments.keys import Key, parse_key

TEXT = "1_35_99a8472376717bc7a676876cf0d351e3"


class KeyTest(unittest.TestCase):
    def test_reads_what_it_writes(self):
        """A key is written as user, tournament and 32 hexadecimal digits."""
        key = Key(1, 35, bytes.fromhex("99a8472376717bc7a676876cf0d351e3"))
        self.assertEqual(str(key), TEXT)
        self.assertEqual(parse_key(TEXT), key)
        self.assertEqual(parse_key(f" {TEXT} "), key)

    def test_what_is_no_key(self):
        """Any other text is no key."""
        for text in (
            "", "1_35", TEXT[:-1], TEXT + "0", TEXT.upper(), "x" + TEXT, "1_35_" + "g" * 32,
            "1_-35_" + "0" * 32, "1_٣_" + "0" * 32, "1" * 11 + "_1_" + "0" * 32, "Tommy",
        ):  # fmt: skip
            self.assertIsNone(parse_key(text), text)

    def test_matches_itself_only(self):
        """Keys match if all of their parts do."""
        key = Key(1, 2, bytes(16))
        self.assertTrue(key.matches(Key(1, 2, bytes(16))))
        for other in (Key(2, 2, bytes(16)), Key(1, 1, bytes(16)), Key(1, 2, b"\1" * 16)):
            self.assertFalse(key.matches(other))
