"""What a response says: an error, or fields.

Whatever the bytes are, the outcome is a value or a `ScoreganizerError`: a proxy's HTML
page in place of the API's JSON is an error like any other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from datetime import timedelta
from typing import Any

from requests import Response

from scoreganizer_client_lib.exceptions import ScoreganizerError, error_for

INVALID_RESPONSE = "invalid_response"


def checked(response: Response) -> Response:
    """The response itself if it is a success (2xx); what it says is raised otherwise.

    A redirect is no success: requests would repeat a POST as a GET, and would carry the
    token to wherever it points. So redirects are not followed, and end here.
    """
    if not 200 <= response.status_code < 300:
        raise build_exception(response)
    return response


def build_exception(response: Response) -> ScoreganizerError:
    """The exception for an error response.

    The API's errors read `{"error": code}`, some with `"wait": seconds`, some with the name of a
    `"field"` and a `"message"` for a person. The header `Retry-After` says the same as `wait` to
    clients that expect none beside that code.
    """
    content = json_of(response)
    body = content if isinstance(content, dict) else {}
    code = body.get("error")
    wait = _duration(body.get("wait", response.headers.get("Retry-After")))
    # The server counted from its reply; the round trip is taken off, so that a
    # request sent after the wait arrives when the time has come, not a trip later.
    left = None if wait is None else max(wait - response.elapsed, timedelta())
    error = error_for(code if isinstance(code, str) else str(response.status_code), left)
    error.explain(_text(body.get("field")), _text(body.get("message")))
    return error


def invalid_response() -> ScoreganizerError:
    """The exception for a success that cannot be understood."""
    return ScoreganizerError(INVALID_RESPONSE)


def text_field(response: Response, name: str) -> str:
    """The string called `name` in a JSON object."""
    value = optional_field(response, name)
    if not isinstance(value, str):
        raise invalid_response()
    return value


def optional_field(response: Response, name: str) -> object:
    """What a JSON object holds under `name`, None if nothing."""
    return object_in(response).get(name)


def object_in(response: Response) -> dict[str, Any]:
    """The JSON object that is the body."""
    content = json_of(response)
    if not isinstance(content, dict):
        raise invalid_response()
    return content


def objects_in(array: object) -> list[dict[str, Any]]:
    """The JSON objects of an array."""
    if not isinstance(array, list) or not all(isinstance(each, dict) for each in array):
        raise invalid_response()
    return array


def picked(kind: type[Any], data: Mapping[str, Any]) -> dict[str, Any]:
    """What a JSON object holds for the fields of a dataclass; other fields are ignored."""
    try:
        return {field.name: data[field.name] for field in fields(kind)}
    except KeyError:
        raise invalid_response() from None


def json_of(response: Response) -> object:
    """The body as JSON; None if it is none. RecursionError: nested too deep to read."""
    try:
        return response.json()
    except (ValueError, RecursionError):
        return None


def _text(value: object) -> str:
    """The value if it is text, empty if not."""
    return value if isinstance(value, str) else ""


def _duration(seconds: Any) -> timedelta | None:
    """A number of seconds, None if it is not one (a date, infinity, nothing)."""
    try:
        return timedelta(seconds=float(seconds))
    except (TypeError, ValueError, OverflowError):
        return None
