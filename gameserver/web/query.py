"""What a request says in its query: parameters by name, read strictly.

A parameter that is not known, is there twice or is out of its range is an error: nothing is
guessed and nothing is clamped. `web/openapi.py` makes the document of the same tables.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import unquote_plus

from gameserver.errors import Refused, invalid
from gameserver.numbers import MAX_NUMBER, parse_number

_BAD_ESCAPE = re.compile("%(?![0-9A-Fa-f]{2})")
_REMEMBERED_QUERY = 128
"""Only queries up to this length are remembered, so that the memo stays small."""


class Parameter(NamedTuple):
    """One parameter of a query."""

    name: str
    parse: Callable[[str], Any]
    """Reads its text; ValueError says what it must be."""
    default: Any
    schema: Mapping[str, Any]
    about: str
    required: bool = False


class Query:
    """The parameters that a route takes."""

    def __init__(self, *parameters: Parameter) -> None:
        self.parameters = parameters
        self._by_name = {parameter.name: parameter for parameter in parameters}
        self._remembered = lru_cache(maxsize=4096)(self._read)

    def read(self, query: str) -> tuple[Any, ...]:
        """The values in the order of the parameters; Refused (`invalid_data`) if one is wrong."""
        return (self._remembered if len(query) <= _REMEMBERED_QUERY else self._read)(query)

    def _read(self, query: str) -> tuple[Any, ...]:
        texts = split_query(query)
        if not texts.keys() <= self._by_name.keys():
            known = ", ".join(self._by_name) or "none"
            raise Refused("invalid_data", f"the query has an unknown parameter; known: {known}")
        return tuple(self._value(parameter, texts) for parameter in self.parameters)

    @staticmethod
    def _value(parameter: Parameter, texts: Mapping[str, str]) -> Any:
        text = texts.get(parameter.name)
        if text is None:
            if parameter.required:
                raise invalid(parameter.name, "must be in the query")
            return parameter.default
        try:
            return parameter.parse(text)
        except ValueError as error:
            raise invalid(parameter.name, str(error)) from None


def split_query(query: str) -> dict[str, str]:
    """The parameters of a query by name, each of which is there once."""
    pairs = [pair.partition("=") for pair in query.split("&")] if query else []
    if _BAD_ESCAPE.search(query) or not all(equals for _, equals, _ in pairs):
        raise Refused("invalid_data", "the query must be name=value&name=value")
    try:
        texts = {_unquoted(name): _unquoted(text) for name, _, text in pairs}
    except UnicodeDecodeError:
        raise Refused("invalid_data", "the query must be UTF-8") from None
    if len(texts) < len(pairs):
        raise Refused("invalid_data", "a parameter is in the query twice")
    return texts


def _unquoted(text: str) -> str:
    return unquote_plus(text, errors="strict")


# Kinds of parameters


def number(
    name: str,
    about: str,
    default: int | None = None,
    lowest: int = 0,
    highest: int = MAX_NUMBER,
    required: bool = False,
) -> Parameter:
    """A whole number in decimal digits."""
    schema: dict[str, Any] = {"type": "integer", "minimum": lowest, "maximum": highest}
    if default is not None:
        schema["default"] = default

    def parse(text: str) -> int:
        return parse_number(text, lowest, highest)

    return Parameter(name, parse, default, schema, about, required)


def numbers(name: str, about: str, most: int, required: bool = False) -> Parameter:
    """Different numbers with commas between them, 1 to `most` of them; none by default."""

    def parse(text: str) -> tuple[int, ...]:
        parts = text.split(",")
        if len(parts) > most or len(set(parts)) < len(parts):
            raise ValueError(f"must be 1 to {most} different numbers with commas between them")
        return tuple(map(parse_number, parts))

    schema = {
        "type": "array",
        "items": {"type": "integer", "minimum": 0, "maximum": MAX_NUMBER},
        "minItems": 1,
        "maxItems": most,
        "uniqueItems": True,
    }
    return Parameter(name, parse, None, schema, about, required)


def text(
    name: str,
    about: str,
    longest: int,
    default: str | None = None,
    pattern: str = "",
    required: bool = False,
) -> Parameter:
    """Text of 1 to `longest` characters; `pattern` is what the whole of it looks like."""
    schema: dict[str, Any] = {"type": "string", "minLength": 1, "maxLength": longest}
    if default:
        schema["default"] = default
    if pattern:
        schema["pattern"] = f"^{pattern}$"
    whole = re.compile(pattern or ".*", re.DOTALL)

    def parse(value: str) -> str:
        if not 1 <= len(value) <= longest or not whole.fullmatch(value):
            looks = f" that look like {pattern}" if pattern else ""
            raise ValueError(f"must have 1 to {longest} characters{looks}")
        return value

    return Parameter(name, parse, default, schema, about, required)
