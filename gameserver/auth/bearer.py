"""Tokens in the header field `Authorization: Bearer <token>` (RFC 6750 section 2.1)."""

from __future__ import annotations

_SCHEME = "bearer "


def bearer_in(authorization: str) -> str | None:
    """The token in the field's value; None if it is of another scheme, or there is none."""
    if authorization[: len(_SCHEME)].lower() != _SCHEME:
        return None
    return authorization[len(_SCHEME) :].strip(" ")
