"""Numbers as the API writes them."""

from __future__ import annotations

import unittest

from gameserver.numbers import MAX_NUMBER, parse_number
from tests.web.test_routing import NOT_NUMBERS


class NumberTest(unittest.TestCase):
    """What is a number and what is none."""

    def test_numbers(self) -> None:
        """Decimal digits from 0 to 2147483647 are a number, as text and as bytes."""
        for text, number in [("0", 0), ("7", 7), ("007", 7), ("2147483647", MAX_NUMBER)]:
            self.assertEqual(parse_number(text), number)
            self.assertEqual(parse_number(text.encode()), number)

    def test_not_numbers(self) -> None:
        """Everything else is refused."""
        for text in NOT_NUMBERS:
            for value in (text, text.encode()):
                with self.assertRaises(ValueError, msg=ascii(text)):
                    parse_number(value)

    def test_range(self) -> None:
        """A number outside of the range that is asked for is refused."""
        self.assertEqual([parse_number(text, 1, 3) for text in "123"], [1, 2, 3])
        for text in "04":
            with self.assertRaises(ValueError):
                parse_number(text, 1, 3)

    def test_message(self) -> None:
        """The error says what a number is, and does not repeat what was sent."""
        with self.assertRaisesRegex(ValueError, "^must be .* 2147483647") as refusal:
            parse_number("evil")
        self.assertNotIn("evil", str(refusal.exception))


if __name__ == "__main__":
    unittest.main()
