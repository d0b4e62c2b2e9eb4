"""Whose pages may read an answer."""

from __future__ import annotations

import unittest

from gameserver.web.cors import CrossOrigin, parse_origins
from gameserver.web.messages import EVERY_RESPONSE

A, B = "https://a.example", "https://b.example:8443"


class CrossOriginTest(unittest.TestCase):
    def test_anybody(self) -> None:
        """By default it is anybody, and the origin makes no difference."""
        policy = CrossOrigin()
        self.assertEqual(policy.known(A), "")
        self.assertIs(policy.restricted(EVERY_RESPONSE, ""), EVERY_RESPONSE)

    def test_some(self) -> None:
        """Of some, the one that asks is named, and caches are told that it matters."""
        policy = CrossOrigin((A, B))
        self.assertEqual([policy.known(origin) for origin in (A, B, A + "x", "")], [A, B, "", ""])
        named = dict(policy.restricted(EVERY_RESPONSE, B))
        self.assertEqual((named["Access-Control-Allow-Origin"], named["Vary"]), (B, "Origin"))
        self.assertNotIn(
            "Access-Control-Allow-Origin", dict(policy.restricted(EVERY_RESPONSE, ""))
        )

    def test_closed(self) -> None:
        """Who may not be read from elsewhere is not, whatever the origin."""
        fields = (("Cache-Control", "no-store"),)
        self.assertEqual(CrossOrigin((A,)).restricted(fields, A), fields)

    def test_parsing(self) -> None:
        """`*`, or origins; what is none is refused."""
        self.assertEqual(parse_origins("*"), ("*",))
        self.assertEqual(parse_origins(f"{A}, {B}"), (A, B))
        for text in ("", "a.example", A + "/", "ftp://a", "https://a b", f"{A},,{B}"):
            with self.assertRaises(ValueError):
                parse_origins(text)


if __name__ == "__main__":
    unittest.main()
