"""The fields in a request's body, by name, from a form or from JSON, read strictly."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import unquote_plus

from gameserver.errors import Refused, invalid
from gameserver.web.messages import Request
from gameserver.web.multipart import Malformed, Part, read_multipart, split_value

Fields = Mapping[str, object]
"""Text from a form; text, bool, int or None from JSON."""

MAX_FIELDS = 32
MAX_DIGITS = 15
"""Of a number in JSON: as many as every JSON reader takes without rounding."""

_BAD_ESCAPE = re.compile("%(?![0-9A-Fa-f]{2})")
# Possessive and with an optional end: one pass, whatever the text.
_JSON_STRING = re.compile(r'"(?:[^"\\]|\\.)*+"?', re.DOTALL)


def read_fields(request: Request) -> Fields:
    """The fields in the body of a request, whose Content-Type says how it is written."""
    try:
        kind, _ = split_value(request.headers.get("content-type", ""))
        reader = _READERS.get(kind)
        if reader is None:
            raise Malformed("Content-Type must say that the body is a form, or JSON")
        return reader(request.body.decode())
    except UnicodeDecodeError:
        raise Refused("invalid_data", "the body must be UTF-8") from None
    except Malformed as error:
        raise Refused("invalid_data", str(error)) from None


def read_upload(request: Request) -> dict[str, Part]:
    """The parts of an upload by name, each of which is there once."""
    try:
        parts = read_multipart(request.headers.get("content-type", ""), request.body)
    except Malformed as error:
        raise Refused("invalid_data", str(error)) from None
    by_name = {part.name: part for part in parts}
    if len(by_name) < len(parts):
        raise Refused("invalid_data", "a field appears twice")
    return by_name


def text_field(fields: Fields, name: str, default: str | None = None) -> str:
    """The text of a field, which must be there unless it has a default."""
    text = fields.get(name, default)
    if not isinstance(text, str):
        raise invalid(name, "must be text")
    return text


def read_urlencoded(text: str) -> Fields:
    """application/x-www-form-urlencoded (URL standard, section 5.1): well-formed, no name twice."""
    pairs = text.split("&") if text else []
    if len(pairs) > MAX_FIELDS or _BAD_ESCAPE.search(text):
        raise Malformed("the form is not well-formed")
    try:
        return _unique([tuple(map(_unquoted, _pair(pair))) for pair in pairs])
    except UnicodeDecodeError:
        raise Malformed("the form must be UTF-8") from None


def read_json(text: str) -> Fields:
    """One JSON object (RFC 8259) without anything nested in it, no name twice, no fractions."""
    structure = _JSON_STRING.sub("", text)
    if structure.count("{") != 1 or "[" in structure:
        raise Malformed("the body must be one JSON object, with nothing nested in it")
    try:
        value = json.loads(
            text,
            object_pairs_hook=_unique,
            parse_int=_integer,
            parse_float=_refuse_number,
            parse_constant=_refuse_number,
        )
    except json.JSONDecodeError:
        raise Malformed("the JSON is not well-formed") from None
    if not isinstance(value, dict):
        raise Malformed("the body must be a JSON object")
    return value


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise Malformed("the form is not well-formed")
    return name, value


def _unquoted(text: str) -> str:
    return unquote_plus(text, errors="strict")


def _unique(pairs: Sequence[tuple[Any, ...]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) < len(pairs):
        raise Malformed("a field appears twice")
    for text in (text for pair in pairs for text in pair if isinstance(text, str)):
        if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
            raise Malformed("there is half of a surrogate pair")
    return fields


def _integer(digits: str) -> int:
    if len(digits.lstrip("-")) > MAX_DIGITS:
        raise Malformed(f"a number has more than {MAX_DIGITS} digits")
    return int(digits)


def _refuse_number(digits: str) -> None:
    raise Malformed("a number is not whole")


_READERS: Mapping[str, Callable[[str], Fields]] = {
    "application/x-www-form-urlencoded": read_urlencoded,
    "application/json": read_json,
}
