"""What a response says: an error to raise, or fields to return.

Whatever the bytes are, the outcome is a value or a `ScoreganizerError`: a proxy's HTML
page in place of the API's JSON is an error like any other.
"""

from datetime import timedelta
from typing import Any

from requests import Response

from .exceptions import ScoreganizerError, error_for

INVALID_RESPONSE = "invalid_response"


def checked(response: Response) -> Response:
    """The response itself if it is a success (2xx); raises what it says otherwise.

    A redirect is no success: requests would repeat a POST as a GET, and would carry the
    token to wherever it points. So redirects are not followed, and end here.
    """
    if not 200 <= response.status_code < 300:
        raise build_exception(response)
    return response


def build_exception(response: Response) -> ScoreganizerError:
    """The exception for an error response.

    The API's errors read ``{"error": code}``, some with ``"wait": seconds``. The header
    ``Retry-After`` says the same to clients that expect no ``wait`` beside that code.
    """
    content = _json(response)
    body = content if isinstance(content, dict) else {}
    code = body.get("error")
    wait = _duration(body.get("wait", response.headers.get("Retry-After")))
    # The server counted from its reply; the round trip is taken off, so that a
    # request sent after the wait arrives when the time has come, not a trip later.
    left = None if wait is None else max(wait - response.elapsed, timedelta())
    return error_for(code if isinstance(code, str) else str(response.status_code), left)


def text_field(response: Response, name: str) -> str:
    """The string called `name` in a JSON object."""
    value = optional_field(response, name)
    if not isinstance(value, str):
        raise ScoreganizerError(INVALID_RESPONSE)
    return value


def optional_field(response: Response, name: str) -> object:
    """What a JSON object holds under `name`, None if nothing."""
    content = _json(response)
    if not isinstance(content, dict):
        raise ScoreganizerError(INVALID_RESPONSE)
    return content.get(name)


def objects(response: Response) -> list[dict[str, Any]]:
    """The JSON objects of an array."""
    content = _json(response)
    if not isinstance(content, list) or not all(isinstance(each, dict) for each in content):
        raise ScoreganizerError(INVALID_RESPONSE)
    return content


def _json(response: Response) -> object:
    """The body as JSON; None if it is none. RecursionError: nested too deep to read."""
    try:
        return response.json()
    except (ValueError, RecursionError):
        return None


def _duration(seconds: Any) -> timedelta | None:
    """A number of seconds, None if it is not one (a date, infinity, nothing)."""
    try:
        return timedelta(seconds=float(seconds))
    except (TypeError, ValueError, OverflowError):
        return None
