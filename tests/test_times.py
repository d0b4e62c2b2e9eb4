from __future__ import annotations

import unittest

from gameserver.times import format_moment, moment_of, parse_moment


class MomentTest(unittest.TestCase):
    def test_reads_all_grains(self):
        """Minutes, seconds, milliseconds and microseconds are understood."""
        base = parse_moment("2024-05-20T13:37")
        self.assertEqual(base, 1_716_212_220_000_000)
        self.assertEqual(parse_moment("2024-05-20T13:37:01"), base + 1_000_000)
        self.assertEqual(parse_moment("2024-05-20T13:37:01.002"), base + 1_002_000)
        self.assertEqual(parse_moment("2024-05-20T13:37:01.000002"), base + 1_000_002)

    def test_writes_what_it_reads(self):
        """A moment is written with 0 or 6 digits of a second."""
        for text in ("2024-05-20T13:37:00", "2024-05-25T07:23:17.340015"):
            self.assertEqual(format_moment(parse_moment(text)), text)
        self.assertEqual(format_moment(moment_of(1_716_212_220.5)), "2024-05-20T13:37:00.500000")

    def test_refuses_everything_else(self):
        """Other ways to write a date, dates that are none and far years are refused."""
        for text in (
            "", "now", "2024-05-20", "2024-05-20 13:37:00", "2024-05-20T13:37:00Z",
            "2024-05-20T13:37:00+00:00", "2024-13-20T13:37:00", "2024-02-30T13:37:00",
            "2024-05-20T24:00:00", "2024-05-20T13:37:60", "2024-05-20T13:37:00.1",
            "1999-12-31T23:59:59", "2100-01-01T00:00:00", "9999-12-31T23:59:59",
            "0000-01-01T00:00:00", "٢٠٢٤-05-20T13:37:00", "2024-05-20T13:37:00\n",
        ):  # fmt: skip
            with self.assertRaises(ValueError, msg=text):
                parse_moment(text)
