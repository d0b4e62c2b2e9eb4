"""What the API refuses to do: one code each, which the clients know.

The released clients end with a TypeError when `wait` stands beside a code that they know as
final, so only the codes in `_WAIT_IN_BODY` carry it. For all others the time is in Retry-After.
"""

from __future__ import annotations

import json

from gameserver.times import MILLISECOND, SECOND
from gameserver.web.errors import HTTPError
from gameserver.web.messages import JSON, Response

_STATUSES = {
    "no_such_tournament": 404,
    "no_such_user": 404,
    "token_too_recent": 429,
    "overloaded": 503,
}
"""The codes that are not answered 403."""

_WAIT_IN_BODY = ("too_early", "not_generated_yet")


class Refused(HTTPError):
    """A request that the rules do not allow.

    `wait`: in this many microseconds it may be allowed. `field`: the field of the request that
    is wrong, with a `message` about it for a person.
    """

    def __init__(self, code: str, message: str = "", field: str = "", wait: int = 0) -> None:
        super().__init__(message or code)
        self.code = code
        self.message = message
        self.field = field
        self.wait = wait

    def response(self, path: str = "") -> Response:
        body: dict[str, str | float] = {"error": self.code}
        if self.field:
            body["field"] = self.field
        if self.message:
            body["message"] = self.message
        headers: tuple[tuple[str, str], ...] = ()
        if self.code in _WAIT_IN_BODY:
            body["wait"] = _rounded_up(self.wait, MILLISECOND) / 1000
        elif self.wait:
            headers = (("Retry-After", str(_rounded_up(self.wait, SECOND))),)
        status = _STATUSES.get(self.code, 403)
        return Response(status, json.dumps(body).encode(), JSON, headers)


def invalid(field: str, message: str) -> Refused:
    """A field of the request is wrong."""
    return Refused("invalid_data", message, field)


def _rounded_up(wait: int, unit: int) -> int:
    """At least 1: who waits for as long as this has not come too early."""
    return max(1, -(-wait // unit))
