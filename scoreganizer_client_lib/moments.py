"""Moments: aware datetimes in UTC here; on the wire ISO 8601 without a zone, which means UTC."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from scoreganizer_client_lib.reply import invalid_response


def parse_utc(text: Any) -> datetime:
    """An ISO 8601 date and time, aware and in UTC, which is meant where no zone is named.

    `ScoreganizerError` ("invalid_response"): it is not one.
    """
    try:
        return _in_utc(datetime.fromisoformat(text))
    except (TypeError, ValueError, OverflowError):
        raise invalid_response() from None


def format_utc(moment: datetime) -> str:
    """A moment as the server reads it; UTC is meant where it has no zone."""
    return _in_utc(moment).replace(tzinfo=None).isoformat()


def _in_utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
