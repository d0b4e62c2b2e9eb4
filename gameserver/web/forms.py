"""The fields in a request's body, by name, from a form or from JSON, read strictly."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from urllib.parse import unquote_plus

from gameserver.errors import Refused, invalid
from gameserver.web.messages import Request
from gameserver.web.multipart import Malformed, Part, read_multipart, split_value
from gameserver.web.strict_json import depth_of, read_object, unique

Fields = Mapping[str, object]
"""Text from a form; text, bool, int or None from JSON."""

MAX_FIELDS = 32

_BAD_ESCAPE = re.compile("%(?![0-9A-Fa-f]{2})")


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
        return unique([tuple(map(_unquoted, _pair(pair))) for pair in pairs])
    except UnicodeDecodeError:
        raise Malformed("the form must be UTF-8") from None


def read_json(text: str) -> Fields:
    """One JSON object (RFC 8259) without anything nested in it, no name twice, no fractions."""
    if depth_of(text) > 1:
        raise Malformed("the body must be one JSON object, with nothing nested in it")
    return read_object(text)


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise Malformed("the form is not well-formed")
    return name, value


def _unquoted(text: str) -> str:
    return unquote_plus(text, errors="strict")


_READERS: Mapping[str, Callable[[str], Fields]] = {
    "application/x-www-form-urlencoded": read_urlencoded,
    "application/json": read_json,
}
