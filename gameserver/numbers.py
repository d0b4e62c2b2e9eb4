"""Numbers as the API writes them: user ids, level ids and scores."""

from __future__ import annotations

MAX_NUMBER = 2**31 - 1
"""The largest user id, level id and score: all are 31-bit unsigned integers."""


def parse_number(text: str | bytes, lowest: int = 0, highest: int = MAX_NUMBER) -> int:
    """A number in one to ten ASCII digits, from `lowest` to `highest`; else ValueError."""
    if text.isdigit() and len(text) <= 10 and text.isascii():
        number = int(text)
        if lowest <= number <= highest:
            return number
    raise ValueError(f"must be a whole number from {lowest} to {highest}, in decimal digits")
