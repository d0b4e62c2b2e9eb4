"""multipart/form-data (RFC 7578), read strictly from a whole body.

    body      = *CRLF delimiter *(CRLF part CRLF delimiter) "--" [CRLF epilogue]
    delimiter = "--" boundary
    part      = 1*(field CRLF) CRLF data

Anything else is refused with `Malformed`, in time linear in the body's size. Not supported on
purpose: a preamble, white space behind a delimiter, folded header fields, nested multiparts. The
value of `filename` is never used: no path is ever made of it.
"""

from __future__ import annotations

import re
from binascii import a2b_base64, a2b_qp
from collections.abc import Callable
from typing import NamedTuple

MAX_PARTS = 8
MAX_PART_HEADER = 4096

_BOUNDARY = re.compile(r"[0-9A-Za-z'()+_,./:=? -]{0,69}[0-9A-Za-z'()+_,./:=?-]")
_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_PARAMETER = re.compile(rf'[ \t]*;[ \t]*({_TOKEN})=(?:({_TOKEN})|"((?:[^"\\]|\\.)*)")')
_FIELD = re.compile(rf"({_TOKEN}):[ \t]*([^\x00-\x08\x0a-\x1f\x7f]*)")


class Malformed(ValueError):
    """The body is not what its Content-Type says; the text is for a person."""


class Part(NamedTuple):
    """One field of the form. `is_file`: it came with a file name."""

    name: str
    data: bytes
    is_file: bool


def read_multipart(content_type: str, body: bytes) -> list[Part]:
    """The parts of a body, in order. `content_type` is the whole header field."""
    delimiter = _delimiter(content_type, body)
    closing = re.compile(re.escape(b"\r\n" + delimiter) + rb"(?=\r\n|--(?:\r|\Z))")
    position = _past_line_ends(body) + len(delimiter)
    parts: list[Part] = []
    while body.startswith(b"\r\n", position):
        if len(parts) == MAX_PARTS:
            raise Malformed(f"there are more than {MAX_PARTS} parts")
        start, header = _header(body, position + 2)
        end = closing.search(body, start)
        if not end:
            raise Malformed("a part does not end")
        parts.append(_part(header, body[start : end.start()]))
        position = end.end()
    if not re.compile(rb"--(?:\r\n|\r?\Z)").match(body, position):
        raise Malformed("the last delimiter is missing")
    return parts


def _delimiter(content_type: str, body: bytes) -> bytes:
    kind, parameters = split_value(content_type)
    boundary = parameters.get("boundary", "")
    if kind != "multipart/form-data" or not _BOUNDARY.fullmatch(boundary):
        raise Malformed("the body must be multipart/form-data, its boundary 1 to 70 characters")
    delimiter = b"--" + boundary.encode()
    start = _past_line_ends(body)
    if not body.startswith(delimiter, start) and boundary.startswith("--"):
        delimiter = delimiter[2:]  # a common mistake: the delimiter itself is called boundary
    if not body.startswith(delimiter, start):
        raise Malformed("the body does not begin with its delimiter")
    return delimiter


def split_value(value: str) -> tuple[str, dict[str, str]]:
    """A header field's value, in lower case, and its parameters, each of which is there once."""
    kind, _, _ = value.partition(";")
    position, parameters = len(kind), dict[str, str]()
    while position < len(value):
        found = _PARAMETER.match(value, position)
        if not found or found[1].lower() in parameters:
            raise Malformed("a header field's parameters are not well-formed")
        parameters[found[1].lower()] = found[2] or re.sub(r"\\(.)", r"\1", found[3] or "")
        position = found.end()
    return kind.strip(" \t").lower(), parameters


def _past_line_ends(body: bytes) -> int:
    """Where the empty lines in front end; 0 if there is a stray CR or LF among them."""
    size = len(body) - len(body.lstrip(b"\r\n"))
    return size if body[:size] == b"\r\n" * (size // 2) else 0


def _header(body: bytes, start: int) -> tuple[int, dict[str, str]]:
    """Where a part's data begins, and the header fields in front of it by lower-case name."""
    end = body.find(b"\r\n\r\n", start, start + MAX_PART_HEADER)
    if end < 0:
        raise Malformed("a part's header does not end, or is too long")
    fields: dict[str, str] = {}
    # File names come as raw UTF-8, and from old clients as anything.
    for line in body[start:end].decode("utf-8", "replace").split("\r\n"):
        field = _FIELD.fullmatch(line)
        if not field or field[1].lower() in fields:
            raise Malformed("a part's header is not well-formed")
        fields[field[1].lower()] = field[2].rstrip(" \t")
    return end + 4, fields


def _part(header: dict[str, str], data: bytes) -> Part:
    kind, parameters = split_value(header.get("content-disposition", ""))
    if kind != "form-data" or "name" not in parameters:
        raise Malformed("a part has no name")
    encoding = header.get("content-transfer-encoding", "binary").lower()
    decode = _DECODERS.get(encoding)
    if not decode:
        raise Malformed("a part's transfer encoding is not known")
    is_file = not {"filename", "filename*"}.isdisjoint(parameters)
    return Part(parameters["name"], decode(data), is_file)


def _as_it_is(data: bytes) -> bytes:
    return data


def _from_base64(data: bytes) -> bytes:
    try:
        return a2b_base64(data.replace(b"\r\n", b""), strict_mode=True)
    except ValueError:
        raise Malformed("a part is not well-formed base64") from None


# RFC 7578 section 4.7 advises against these encodings; some clients use them all the same.
_DECODERS: dict[str, Callable[[bytes], bytes]] = {
    "7bit": _as_it_is,
    "8bit": _as_it_is,
    "binary": _as_it_is,
    "base64": _from_base64,
    "quoted-printable": a2b_qp,
}
