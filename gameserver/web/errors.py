"""The errors that have an answer of their own. The class carries the status.

HTTPError
├── BadRequest              400
├── Unauthorized            401
├── RequestTimeout          408
├── LengthRequired          411
├── ContentTooLarge         413
├── URITooLong              414
├── ExpectationFailed       417
├── TooManyRequests         429
├── HeaderFieldsTooLarge    431
├── NotImplementedHere      501
├── Overloaded              503
│   └── StorageFull
└── VersionNotSupported     505

An error's text is a constant of the server's: nothing of a request is ever echoed.
"""

from __future__ import annotations

import json
from typing import ClassVar

from gameserver.web.messages import JSON, Response

_CODES = {
    400: "bad_request",
    404: "not_found",
    405: "method_not_allowed",
    408: "request_timeout",
    411: "length_required",
    413: "content_too_large",
    503: "overloaded",
}


def error_response(
    status: int, message: str, path: str, headers: tuple[tuple[str, str], ...] = ()
) -> Response:
    """An error as who asks at `path` can read it: under /api/ in JSON, else one line of text."""
    if path.startswith("/api/"):
        error = {"error": _CODES.get(status, "http_error"), "message": message}
        return Response(status, json.dumps(error).encode(), JSON, headers)
    return Response(status, message.encode() + b"\n", headers=headers)


class HTTPError(Exception):
    """A request that is answered with a status other than 200 and a word about why."""

    status: ClassVar[int] = 500
    headers: ClassVar[tuple[tuple[str, str], ...]] = ()

    def response(self, path: str = "") -> Response:
        """The answer to a request for `path`, as far as that is known."""
        return error_response(self.status, str(self), path, self.headers)


class BadRequest(HTTPError):
    status = 400


class Unauthorized(HTTPError):
    status = 401
    # RFC 9110 section 15.5.2: a 401 names the scheme that it expects.
    headers = (("WWW-Authenticate", "SessionKey"),)


class RequestTimeout(HTTPError):
    status = 408


class LengthRequired(HTTPError):
    status = 411


class ContentTooLarge(HTTPError):
    status = 413


class URITooLong(HTTPError):
    status = 414


class ExpectationFailed(HTTPError):
    status = 417


class TooManyRequests(HTTPError):
    status = 429
    headers = (("Retry-After", "1"),)


class HeaderFieldsTooLarge(HTTPError):
    status = 431


class NotImplementedHere(HTTPError):
    status = 501


class Overloaded(HTTPError):
    status = 503
    headers = (("Retry-After", "1"),)


class StorageFull(Overloaded):
    """Nothing can be stored for the time being; reading goes on."""


class VersionNotSupported(HTTPError):
    status = 505
