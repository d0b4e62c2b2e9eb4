"""Names, and what they are found by."""

from __future__ import annotations

import random
import unicodedata
import unittest

from gameserver.scores.names import fold, parse_name
from gameserver.scores.user_names import UserNames


class NameTest(unittest.TestCase):
    def test_names(self) -> None:
        """Names of all scripts, with emoji, are names; they come in NFC."""
        for name in (
            "A",
            "x" * 32,
            "a b",
            "Ann-Marie O\u2019Hara",
            "\u0416\u0435\u043d\u044f",
            "\u5f20\u4f1f",
            "\U0001f469\u200d\U0001f680",
            "\u2764\ufe0f",
            "<b>&",
        ):
            self.assertEqual(parse_name(name), name)
        self.assertEqual(parse_name("E\u0301te\u0301"), "\xc9t\xe9")
        self.assertEqual(parse_name("x" * 100, longest=100), "x" * 100)

    def test_no_names(self) -> None:
        """Nothing, too much, outer spaces and invisible characters are refused."""
        for text in (
            "",
            " ",
            "x" * 33,
            " a",
            "a ",
            "a\u3000",
            "a\nb",
            "a\0b",
            "a\u200bb",
            "a\u202eb",
            "a\u2028b",
            "a\u2029b",
            "\ue000",
            "\ud800",
            "\u0378",
            "\ufeffa",
            "a\xad",
        ):
            with self.subTest(ascii(text)), self.assertRaises(ValueError):
                parse_name(text)

    def test_fold(self) -> None:
        """Case, width and ligatures make no difference to a search."""
        for one, other in (("STRASSE", "stra\xdfe"), ("\uff21nn", "ann"), ("\ufb01t", "FIT")):
            self.assertEqual(fold(one), fold(other))


class UserNamesTest(unittest.TestCase):
    def test_random_operations(self) -> None:
        """A search finds what looking at every name finds."""
        chance = random.Random(5)
        names, model = UserNames([(1, "Bob")]), {1: "Bob"}
        for _ in range(3_000):
            user_id = chance.randrange(60)
            name = "".join(chance.choices("aAb\xc4", k=chance.randrange(4))) or None
            names.put(user_id, name)
            model.pop(user_id, None)
            if name:
                model[user_id] = name
            q = "".join(chance.choices("aB\xe4", k=chance.randrange(3)))
            expected = sorted(
                (fold(name), user_id)
                for user_id, name in model.items()
                if fold(name).startswith(fold(q))
            )
            found = names.beginning_with(q, 5)
            self.assertEqual(found, [(user_id, model[user_id]) for _, user_id in expected[:5]])
            self.assertEqual(names.by_user, model)

    def test_composed(self) -> None:
        """A name is found by its beginning however either was composed."""
        names = UserNames()
        names.put(1, unicodedata.normalize("NFC", "E\u0301mile"))
        self.assertEqual(names.beginning_with("e\u0301m", 5), [(1, "\xc9mile")])


if __name__ == "__main__":
    unittest.main()
