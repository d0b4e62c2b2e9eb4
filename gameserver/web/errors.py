"""Errors that map to an HTTP response, and the formats of that response.

HTTPError                   the class carries the status
├── BadRequest              400
├── Unauthorized            401
│   └── TokenNeeded
├── NotFound                404
├── MethodNotAllowed        405
├── RequestTimeout          408
├── LengthRequired          411
├── ContentTooLarge         413
├── URITooLong              414
├── UnsupportedMediaType    415
├── ExpectationFailed       417
├── TooManyRequests         429
├── HeaderFieldsTooLarge    431
├── InternalError           500
├── NotImplementedHere      501
├── Overloaded              503
└── VersionNotSupported     505

A `Refused` of the application is answered in the same formats, with the status of its code. The
format of an error is a property of the route.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import ClassVar, NamedTuple

from gameserver.errors import Refused
from gameserver.times import MILLISECOND, SECOND
from gameserver.web.messages import PROBLEM, Headers, Response, json_response


class HTTPError(Exception):
    """A request that is answered with a status other than 200 and a word about why."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal_error"
    headers: Headers = ()


class BadRequest(HTTPError):
    status = 400
    code = "bad_request"


class Unauthorized(HTTPError):
    status = 401
    code = "unauthorized"
    # RFC 9110 section 15.5.2: a 401 names the scheme that it expects.
    headers = (("WWW-Authenticate", "SessionKey"),)


class TokenNeeded(Unauthorized):
    """What the admin asks for takes a token (RFC 6750 section 3)."""

    headers = (("WWW-Authenticate", "Bearer"),)


class NotFound(HTTPError):
    status = 404
    code = "not_found"


class MethodNotAllowed(HTTPError):
    status = 405
    code = "method_not_allowed"

    def __init__(self, methods: str) -> None:
        """`methods` are those that the path takes, for the `Allow` field."""
        super().__init__(f"this path takes {methods}")
        self.headers = (("Allow", methods),)


class RequestTimeout(HTTPError):
    status = 408
    code = "request_timeout"


class LengthRequired(HTTPError):
    status = 411
    code = "length_required"


class ContentTooLarge(HTTPError):
    status = 413
    code = "content_too_large"


class URITooLong(HTTPError):
    status = 414
    code = "uri_too_long"


class UnsupportedMediaType(HTTPError):
    status = 415
    code = "unsupported_media_type"


class ExpectationFailed(HTTPError):
    status = 417
    code = "expectation_failed"


class TooManyRequests(HTTPError):
    status = 429
    code = "too_many_requests"
    headers = (("Retry-After", "1"),)


class HeaderFieldsTooLarge(HTTPError):
    status = 431
    code = "header_fields_too_large"


class InternalError(HTTPError):
    """A bug in the server: the log has the rest."""


class NotImplementedHere(HTTPError):
    status = 501
    code = "not_implemented"


class Overloaded(HTTPError):
    status = 503
    code = "overloaded"
    headers = (("Retry-After", "1"),)


class VersionNotSupported(HTTPError):
    status = 505
    code = "version_not_supported"


_REFUSED: Mapping[str, int] = {
    "out_of_bounds": 400,
    "invalid_session_key": 401,
    "secret_needed": 401,
    "wrong_secret": 401,
    "no_such_score": 404,
    "no_such_season": 404,
    "no_such_tournament": 404,
    "no_such_user": 404,
    "no_such_entry": 404,
    "no_such_token": 404,
    "cannot_be_undone": 409,
    "changed_since": 409,
    "has_scores": 409,
    "name_taken": 409,
    "no_times": 409,
    "undo_expired": 409,
    "undone_already": 409,
    "user_taken": 409,
    "id_reused": 422,
    "token_too_recent": 429,
    "too_many_requests": 429,
    "overloaded": 503,
}
"""The statuses of the codes that are not answered 403."""

_BY_FORMAT: Mapping[tuple[str, str], int] = {
    (error_format, "invalid_data"): 400 for error_format in ("problem", "text")
}
"""The same where a format has a status of its own for the code: by format and code."""

_WAIT_IN_BODY = ("too_early", "not_generated_yet")
"""The released clients of the tournaments end with a TypeError when `wait` stands beside a code
that they know as final, so only these carry it. For all others the time is in Retry-After."""


class _Problem(NamedTuple):
    """The content of an error, before it has a format."""

    status: int
    code: str
    message: str
    headers: Headers
    field: str = ""
    wait: int = 0


def error_response(error: HTTPError | Refused, error_format: str = "text") -> Response:
    """The response to a request that failed, in one of the `ERROR_FORMATS`."""
    if isinstance(error, HTTPError):
        problem = _Problem(error.status, error.code, str(error), error.headers)
    else:
        problem = _of_refused(error, error_format)
    return ERROR_FORMATS[error_format](problem)


def _of_refused(error: Refused, error_format: str) -> _Problem:
    code = error.code
    status = _BY_FORMAT.get((error_format, code)) or _REFUSED.get(code, 403)
    headers = Unauthorized.headers if status == 401 else ()
    if error.wait and error.code not in _WAIT_IN_BODY:
        headers = (*headers, ("Retry-After", str(_rounded_up(error.wait, SECOND))))
    message = error.message or (code.replace("_", " ") if error_format == "text" else "")
    return _Problem(status, code, message, headers, error.field, error.wait)


def _text(problem: _Problem) -> Response:
    """One line for a person."""
    line = f"{problem.field} {problem.message}".strip()
    return Response(problem.status, f"{line}\n".encode() if line else b"", headers=problem.headers)


def _api(problem: _Problem) -> Response:
    """JSON as the clients of the tournaments know it: a code in `error`."""
    body: dict[str, str | float] = {"error": problem.code}
    if problem.field:
        body["field"] = problem.field
    if problem.message:
        body["message"] = problem.message
    if problem.code in _WAIT_IN_BODY:
        body["wait"] = _rounded_up(problem.wait, MILLISECOND) / 1000
    return json_response(body, problem.status)._replace(headers=problem.headers)


def _details(problem: _Problem) -> Response:
    """Problem details (RFC 9457), with the code in `error` and the detail in `message` as well."""
    why = problem.message or problem.code
    detail = f"{problem.field} {why}" if problem.field else why
    body: dict[str, object] = {
        "type": "about:blank",
        "title": HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "detail": detail,
        "error": problem.code,
        "message": detail,
    }
    if problem.field:
        body["errors"] = [{"field": problem.field, "detail": why}]
    response = json_response(body, problem.status)
    return response._replace(content_type=PROBLEM, headers=problem.headers)


ERROR_FORMATS: Mapping[str, Callable[[_Problem], Response]] = {
    "text": _text,
    "api": _api,
    "problem": _details,
}


def _rounded_up(wait: int, unit: int) -> int:
    """At least 1: a client that waits for as long as this does not come too early."""
    return max(1, -(-wait // unit))
