"""JSON (RFC 8259), read strictly: what two readers could take differently is refused.

No name twice in an object, no fractions, exponents or NaN, no number that a reader would round,
no half of a surrogate pair; and bounded depth, as the reader of the library calls itself.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import Any

from gameserver.web.multipart import Malformed

MAX_DIGITS = 15
"""Of a number: as many as every JSON reader takes without rounding."""

# Possessive and with an optional end: one pass, whatever the text.
_STRING = re.compile(r'"(?:[^"\\]|\\.)*+"?', re.DOTALL)
_BRACKET = re.compile(r"[\[\]{}]")
_SPACE = re.compile(r"[ \t\r\n]*")
_COMMA = re.compile(r"[ \t\r\n]*(?:,[ \t\r\n]*)?")
_STEPS = {"{": 1, "[": 1, "}": -1, "]": -1}


def depth_of(text: str) -> int:
    """How deep objects and arrays are nested; 1 for an object with nothing in it."""
    brackets = _BRACKET.findall(_STRING.sub("", text))
    return max(accumulate(map(_STEPS.__getitem__, brackets)), default=0)


def read_object(text: str) -> dict[str, Any]:
    """One JSON object; `Malformed` says what is wrong. The caller bounds its depth."""
    try:
        value = _DECODER.decode(text)
    except json.JSONDecodeError:
        raise Malformed("the JSON is not well-formed") from None
    if not isinstance(value, dict):
        raise Malformed("the body must be a JSON object")
    return value


def unique(pairs: Sequence[tuple[Any, ...]]) -> dict[str, Any]:
    """A dictionary of pairs, no two of which have the same name, all of whose text is whole."""
    fields = dict(pairs)
    if len(fields) < len(pairs):
        raise Malformed("a field appears twice")
    for text in (text for pair in pairs for text in _texts(pair)):
        if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
            raise Malformed("there is half of a surrogate pair")
    return fields


def _texts(value: object) -> Iterator[str]:
    """The text in a value, that in lists too; objects have been looked at before."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _texts(part)


def _integer(digits: str) -> int:
    if len(digits.lstrip("-")) > MAX_DIGITS:
        raise Malformed(f"a number has more than {MAX_DIGITS} digits")
    return int(digits)


def _refuse_number(digits: str) -> None:
    raise Malformed("a number is not whole")


_DECODER = json.JSONDecoder(
    object_pairs_hook=unique,
    parse_int=_integer,
    parse_float=_refuse_number,
    parse_constant=_refuse_number,
)


# Parts of a text that has been read, as they were sent


def raw_members(text: str) -> dict[str, str]:
    """The values of an object's members, by name, as they stand in its text."""
    at, members = _past_space(text, _past_space(text, 0) + 1), {}
    while text[at] != "}":
        name, at = _DECODER.raw_decode(text, at)
        start = _past_space(text, _past_space(text, at) + 1)
        _, at = _DECODER.raw_decode(text, start)
        members[name] = text[start:at]
        at = _past_comma(text, at)
    return members


def raw_elements(text: str) -> list[str]:
    """The elements of an array, as they stand in its text."""
    at, elements = _past_space(text, 1), []
    while text[at] != "]":
        start = at
        _, at = _DECODER.raw_decode(text, start)
        elements.append(text[start:at])
        at = _past_comma(text, at)
    return elements


def _past_space(text: str, at: int) -> int:
    return _SPACE.match(text, at).end()  # type: ignore[union-attr]  # it always matches


def _past_comma(text: str, at: int) -> int:
    return _COMMA.match(text, at).end()  # type: ignore[union-attr]  # it always matches
