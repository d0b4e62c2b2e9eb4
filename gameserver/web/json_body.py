"""What a request says in a body of JSON: members by name, read strictly.

The body may be called `text/plain`, or nothing at all, as well: a page of another site may send
that without asking first (Fetch standard, 2.2.2), so no call of a game needs a preflight.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from gameserver.errors import Refused, invalid
from gameserver.numbers import MAX_NUMBER
from gameserver.web.errors import UnsupportedMediaType
from gameserver.web.messages import Request
from gameserver.web.multipart import Malformed, split_value
from gameserver.web.strict_json import depth_of, read_object

MAX_DEPTH = 12
"""Of a whole body: a post among several has a place in a list, and metadata is 8 deep."""

JSON_TYPES = ("application/json", "text/plain", "")


class Member(NamedTuple):
    """One member of an object."""

    name: str
    read: Callable[[Any], Any]
    """What its value means; ValueError says what it must be."""
    schema: Mapping[str, Any]
    required: bool = False


class Shape:
    """The members that an object may have. `name` is that of its schema in the document."""

    def __init__(self, name: str, *members: Member) -> None:
        self.name = name
        self.members = members
        self._by_name = {member.name: member for member in members}
        self._required = [member.name for member in members if member.required]

    def read(self, value: Mapping[str, Any], where: str = "") -> dict[str, Any]:
        """The members that are there; Refused (`invalid_data`) if one is wrong or not known.

        `where` stands in front of the names of fields in errors.
        """
        if not value.keys() <= self._by_name.keys():
            known = ", ".join(self._by_name) or "none"
            raise invalid(where or "body", f"has an unknown member; known: {known}")
        for name in self._required:
            if name not in value:
                raise invalid(where + name, "must be there")
        return {name: self._read(name, each, where) for name, each in value.items()}

    def _read(self, name: str, value: Any, where: str) -> Any:
        try:
            return self._by_name[name].read(value)
        except ValueError as error:
            raise invalid(where + name, str(error)) from None

    @property
    def schema(self) -> dict[str, Any]:
        """The same as a JSON schema."""
        schema: dict[str, Any] = {
            "type": "object",
            "properties": {member.name: member.schema for member in self.members},
            "additionalProperties": False,
        }
        if self._required:
            schema["required"] = self._required
        return schema


def read_text(request: Request) -> str:
    """The text of a body that says it is JSON, or says nothing that is in the way."""
    try:
        kind, parameters = split_value(request.headers.get("content-type", ""))
    except Malformed as error:
        raise UnsupportedMediaType(str(error)) from None
    if kind not in JSON_TYPES or parameters.get("charset", "utf-8").lower() != "utf-8":
        raise UnsupportedMediaType("the body must be JSON: application/json or text/plain, UTF-8")
    try:
        return request.body.decode()
    except UnicodeDecodeError:
        raise Refused("invalid_data", "the body must be UTF-8") from None


def read_body(text: str) -> dict[str, Any]:
    """The one object that a body of JSON is."""
    try:
        if depth_of(text) > MAX_DEPTH:
            raise Malformed("the body is nested too deeply")
        return read_object(text)
    except Malformed as error:
        raise Refused("invalid_data", str(error)) from None


# Kinds of members


def number(
    name: str, lowest: int = 0, highest: int = MAX_NUMBER, required: bool = False
) -> Member:
    """A whole number; true and false are none."""

    def read(value: Any) -> int:
        if type(value) is int and lowest <= value <= highest:
            return value
        raise ValueError(f"must be a whole number from {lowest} to {highest}")

    schema = {"type": "integer", "minimum": lowest, "maximum": highest}
    return Member(name, read, schema, required)


def flag(name: str, required: bool = False) -> Member:
    """True or false."""

    def read(value: Any) -> bool:
        if isinstance(value, bool):
            return value
        raise ValueError("must be true or false")

    return Member(name, read, {"type": "boolean"}, required)


def text(name: str, required: bool = False, **schema: Any) -> Member:
    """Text; what it has to look like is judged by those who know."""

    def read(value: Any) -> str:
        if isinstance(value, str):
            return value
        raise ValueError("must be text")

    return Member(name, read, {"type": "string", **schema}, required)


def as_sent(name: str, schema: Mapping[str, Any], required: bool = False) -> Member:
    """Anything; it is judged by those who know."""
    return Member(name, lambda value: value, schema, required)
