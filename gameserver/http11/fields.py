"""The header block of a request, judged: what frames its body and what becomes of its connection.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from gameserver.http11.head import TOKEN, LineCheck
from gameserver.web.errors import BadRequest, ExpectationFailed, NotImplementedHere

_CACHED_BLOCK = 2048
"""Only blocks up to this size are remembered: 1,024 of them take at most a few megabytes."""

_FIELD = re.compile(rf"({TOKEN}):([^\x00-\x08\n-\x1f\x7f]*)")
_HOST = re.compile(r"(?:[A-Za-z0-9._~!$&'()*+,;=%-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{0,5})?")
_LENGTH = re.compile(r"[0-9]{1,15}")

_FRAMING = frozenset(("content-length", "transfer-encoding", "host", "connection", "expect"))
"""What says where a request ends and what becomes of it; no trailer may (RFC 9110 6.5.1)."""
NO_FIELDS: Mapping[str, str] = {}
_ONLY_ONCE = frozenset(("content-length", "content-type", "host"))


@dataclass(slots=True)
class Fields:
    """A header block, judged."""

    by_name: Mapping[str, str]
    """Values by lower-case name; those of a repeated field are joined by a comma."""
    content_length: int | None
    chunked: bool
    expects_continue: bool
    connection: str
    """What the reply says in `Connection`: nothing (it stays open), `keep-alive` or `close`."""

    def select(self, names: tuple[str, ...]) -> Mapping[str, str]:
        """The fields of these names, as far as they are there."""
        by_name = self.by_name
        return {name: by_name[name] for name in names if name in by_name}


def read_fields(block: str) -> Fields:
    """Judges a header block as `split_head` returns it, or raises the error that it deserves.

    Clients repeat the same block, so each is judged once.
    """
    return (_remembered if len(block) <= _CACHED_BLOCK else _read_fields)(block)


def _read_fields(block: str) -> Fields:
    LineCheck().check(block)
    minor, *lines = block.removesuffix("\r\n").split("\r\n")
    by_name: dict[str, str] = {}
    for line in lines:
        _add_field(by_name, line)
    if minor == "1" and "host" not in by_name:
        raise BadRequest("an HTTP/1.1 request needs a Host field")
    return Fields(
        by_name,
        _content_length(by_name),
        _is_chunked(minor, by_name),
        _expects_continue(minor, by_name),
        _connection(minor, by_name),
    )


_remembered = lru_cache(maxsize=1024)(_read_fields)


def is_framing(name: str) -> bool:
    """Whether a field of this name, or one that a gateway takes for it, frames the request.

    Gateways that turn names into variables read `_` as `-`.
    """
    return name.lower().replace("_", "-") in _FRAMING


def _add_field(by_name: dict[str, str], line: str) -> None:
    field = _FIELD.fullmatch(line)
    if field is None:
        raise BadRequest("a header field is not valid")
    name, value = field[1].lower(), field[2].strip(" \t")
    if name not in _FRAMING and is_framing(name):
        raise BadRequest("a header field's name has an underscore")
    if name in by_name:
        if name in _ONLY_ONCE:
            raise BadRequest("a header field that may stand only once is repeated")
        value = f"{by_name[name]}, {value}"
    if name == "host" and not _HOST.fullmatch(value):
        raise BadRequest("the Host field is not valid")
    by_name[name] = value


def _content_length(by_name: Mapping[str, str]) -> int | None:
    value = by_name.get("content-length")
    if value is None:
        return None
    if not _LENGTH.fullmatch(value):
        raise BadRequest("the Content-Length is not valid")
    return int(value)


def _is_chunked(minor: str, by_name: Mapping[str, str]) -> bool:
    """RFC 9112 sections 6.1 and 6.3: what ends the body must be beyond doubt."""
    coding = by_name.get("transfer-encoding")
    if coding is None:
        return False
    if "content-length" in by_name:
        raise BadRequest("Transfer-Encoding and Content-Length exclude each other")
    if minor == "0":
        raise BadRequest("HTTP/1.0 has no Transfer-Encoding")
    if coding.lower() != "chunked":
        raise NotImplementedHere("the only transfer coding here is chunked")
    return True


def _expects_continue(minor: str, by_name: Mapping[str, str]) -> bool:
    """RFC 9110 section 10.1.1: what an HTTP/1.0 client expects is ignored."""
    expectation = by_name.get("expect")
    if expectation is None or minor == "0":
        return False
    if expectation.lower() != "100-continue":
        raise ExpectationFailed("the only expectation here is 100-continue")
    return True


def _connection(minor: str, by_name: Mapping[str, str]) -> str:
    """RFC 9112 section 9.3: HTTP/1.1 stays open, HTTP/1.0 only where the client asks for it."""
    options = {option.strip(" \t").lower() for option in by_name.get("connection", "").split(",")}
    if "close" in options:
        return "close"
    if minor == "1":
        return ""
    return "keep-alive" if "keep-alive" in options else "close"
