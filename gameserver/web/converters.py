"""The kinds of captures in a path."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from gameserver.numbers import parse_number


class Converter(NamedTuple):
    """A kind of capture: its pattern, and its value; ValueError says what the text must be."""

    pattern: str
    convert: Callable[[str], int | str]


CONVERTERS: Mapping[str, Converter] = {
    # Any text, of which the answer says that it must be a number.
    "number": Converter("[^/]+", parse_number),
    # Digits alone: any other text is another path.
    "digits": Converter("[0-9]+", parse_number),
    "name": Converter("[A-Za-z0-9_-]+", str),
    # The name of a file in one folder: it holds no slash and begins with no dot.
    "file": Converter(r"[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*", str),
}
