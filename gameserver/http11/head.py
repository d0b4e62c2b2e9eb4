"""The head of a request: its limits, its request line and the forms of a target."""

from __future__ import annotations

import re

from gameserver.web.errors import (
    BadRequest,
    HeaderFieldsTooLarge,
    HTTPError,
    URITooLong,
    VersionNotSupported,
)

METHODS = frozenset(
    ("GET", "HEAD", "POST", "OPTIONS", "PUT", "DELETE", "PATCH", "TRACE", "CONNECT",
     "QUERY")
)

MAX_REQUEST_LINE = 4096
MAX_FIELD_LINE = 8188  # 8,190 bytes with its end, as with Apache
MAX_FIELDS_SIZE = 32768
MAX_FIELDS = 64

TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"

_ESCAPE = "%[0-9A-Fa-f]{2}"


def _run_of(plain: str) -> str:
    """Any number of plain characters and escapes; plain ones go by in one step."""
    return rf"{plain}*(?:{_ESCAPE}{plain}*)*"


# The bytes 0x21 to 0x7E without # % \ and, in the path, without the ? that ends it.
_PATH = "/" + _run_of(r"[!\"$&->@-\[\]-~]")
QUERY = _run_of(r"[!\"$&-\[\]-~]")

# RFC 9112 section 3: one space between the parts and no other white space. The version's last
# digit is left to the header block, which is judged knowing it.
REQUEST_LINE = re.compile(rf"({TOKEN}) ({_PATH})(?:\?({QUERY}))? HTTP/1\.(?=[01]\r\n)")
_ANY_REQUEST_LINE = re.compile(rf"({TOKEN}) ([!-~]+) HTTP/([0-9])\.([0-9])")
_ABSOLUTE_FORM = re.compile(r"https?://([^/?#@]+)(.*)", re.IGNORECASE)
_HOST_FIELD = re.compile(r"\r\nHost:([^\r]*)\r\n", re.IGNORECASE)
_STRAY = re.compile(r"[\r\n\x00]")


def split_head(head: str) -> tuple[str, str, str, str]:
    """A head, the end of its last line included, as method, path, query and header block.

    The block begins with the last digit of the version: `1\\r\\nHost: …\\r\\n`.
    """
    line = REQUEST_LINE.match(head)
    if line is None or len(head) > MAX_REQUEST_LINE:
        return _split_unusual_head(head)
    method, path, query = line.groups("")
    return method, path, query, head[line.end() :]


class LineCheck:
    """Finds what no further byte could mend: a line too long, a stray CR, LF or NUL.

    The lines are looked at in order and each as far as it may go, so that the beginning of a
    head and the whole of it are refused for the same reason. A line is looked at again only
    until it is complete: a head that trickles in costs no more than its longest line each time.
    """

    __slots__ = ("_fields", "_left", "_position")

    def __init__(self) -> None:
        self._position = 0
        """Where the first line begins that was not complete."""
        self._fields = -1
        """How many header lines are complete; the request line comes before them."""
        self._left = MAX_FIELDS_SIZE

    def check(self, head: str) -> None:
        """Raises for the first line that is wrong; `head` is the one of the last call, or more."""
        while (end := head.find("\r\n", self._position)) >= 0:
            if end:  # else it is the empty line that may stand in front
                self._check_line(head[self._position : end])
                self._left -= end + 2 - self._position if self._fields >= 0 else 0
                self._fields += 1
            self._position = end + 2
        self._check_line(head[self._position :].removesuffix("\r"))

    def _check_line(self, line: str) -> None:
        if self._fields < 0:
            limit = MAX_REQUEST_LINE
            too_long: HTTPError = URITooLong("the request line is too long")
        else:
            limit = min(self._left, MAX_FIELD_LINE) if self._fields < MAX_FIELDS else 0
            too_long = HeaderFieldsTooLarge("the header is too long")
        if _STRAY.search(line, 0, max(limit, 0)):
            raise BadRequest("a control character stands where none may be")
        if line and len(line) > limit:
            raise too_long


def _split_unusual_head(head: str) -> tuple[str, str, str, str]:
    """The same for a long head, for the rarer forms of a target, and for what is wrong."""
    # RFC 9112 section 2.2: there may be one empty line too many in front.
    head = head.removeprefix("\r\n")
    LineCheck().check(head)
    if not REQUEST_LINE.match(head):
        head = _in_origin_form(head)
    if head.startswith("OPTIONS * "):
        return "OPTIONS", "*", "", head.removeprefix("OPTIONS * HTTP/1.")
    line = REQUEST_LINE.match(head)
    if line is None:
        raise BadRequest("the request target is not valid")
    method, path, query = line.groups("")
    return method, path, query, head[line.end() :]


def _in_origin_form(head: str) -> str:
    """`GET http://host/path` as `GET /path`, where the Host field names that host, too."""
    request_line, end, block = head.partition("\r\n")
    line = _ANY_REQUEST_LINE.fullmatch(request_line)
    if line is None:
        raise BadRequest("the request line is not valid")
    method, target, major, minor = line.groups()
    if major != "1":
        raise VersionNotSupported("the server speaks HTTP/1.1 and HTTP/1.0")
    if minor not in "01":
        raise BadRequest("there is no such version of HTTP")
    absolute = _ABSOLUTE_FORM.fullmatch(target)
    if absolute is None:
        return head
    # RFC 9112 section 3.2.2 lets the target win over the Host field; here they have to agree.
    authority, rest = absolute.groups()
    host = _HOST_FIELD.search(end + block)
    if host is None or host[1].strip(" \t").lower() != authority.lower():
        raise BadRequest("the target and the Host field name different hosts")
    target = rest if rest.startswith("/") else "/" + rest
    return f"{method} {target} HTTP/1.{minor}\r\n{block}"
