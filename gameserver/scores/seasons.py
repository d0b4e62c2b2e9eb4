"""Seasons: the stretches of time that a level's boards last.

A season follows from the level's reset, its offset and a moment, and from nothing else: a board
that starts afresh costs nothing, since it is another board. Everything is in UTC, and weeks are
those of ISO 8601, which begin on Monday. An offset of 60 minutes has each season begin an hour
later; its name stays that of the hour, day, week or month that it would begin with otherwise.

Left out on purpose: time zones. A day that lasts 23 hours makes two seasons that cannot be
compared, and a host elsewhere has the offset.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Literal, NamedTuple, TypeAlias

from gameserver.times import DAY, HOUR, MINUTE

Reset: TypeAlias = Literal["never", "hourly", "daily", "weekly", "monthly"]

CURRENT = "current"
"""What stands for the name of the season that is on."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Season(NamedTuple):
    """A stretch of time; moments are microseconds since 1970."""

    name: str
    """`2026-W48`, `2026-11`, `2026-11-27`, `2026-11-27T14`; `all` of a level never reset."""
    start: int
    """Its first moment; 0 of a level never reset. It tells the boards of a level apart."""
    end: int | None
    """The first moment of the next one; None where there is none."""


ALL = Season("all", 0, None)
"""The only season of a level that is never reset."""

LONGEST_OFFSET: Mapping[Reset, int] = {
    "never": 0,
    "hourly": 59,
    "daily": 24 * 60 - 1,
    "weekly": 7 * 24 * 60 - 1,
    "monthly": 28 * 24 * 60 - 1,
}
"""The largest offset of each reset, in minutes: less than the shortest season."""


def season_at(reset: Reset, offset: int, moment: int) -> Season:
    """The season that a moment falls into; `offset` is in minutes."""
    if reset == "never":
        return ALL
    begin, name, following = _PERIODS[reset]
    start = begin(_EPOCH + timedelta(microseconds=moment - offset * MINUTE))
    end = begin(start + following)
    return Season(start.strftime(name), _moment(start, offset), _moment(end, offset))


def season_named(reset: Reset, offset: int, name: str) -> Season:
    """The season of that name; ValueError if no season of such a level is called so."""
    if reset == "never":
        season = ALL
    else:
        # A week alone is no date: it takes the day as well, and Monday is the first.
        day, form = ("-1", "-%u") if reset == "weekly" else ("", "")
        begin = datetime.strptime(name + day, _PERIODS[reset][1] + form).replace(tzinfo=UTC)
        season = season_at(reset, offset, _moment(begin, offset))
    if season.name != name:
        raise ValueError(f"{name} is no season")
    return season


def _moment(when: datetime, offset: int) -> int:
    return (when - _EPOCH) // timedelta(microseconds=1) + offset * MINUTE


def _hour(when: datetime) -> datetime:
    return when.replace(minute=0, second=0, microsecond=0)


def _day(when: datetime) -> datetime:
    return when.replace(hour=0, minute=0, second=0, microsecond=0)


def _week(when: datetime) -> datetime:
    return _day(when) - timedelta(days=when.weekday())


def _month(when: datetime) -> datetime:
    return _day(when).replace(day=1)


_PERIODS: Mapping[Reset, tuple[Callable[[datetime], datetime], str, timedelta]] = {
    "hourly": (_hour, "%Y-%m-%dT%H", timedelta(microseconds=HOUR)),
    "daily": (_day, "%Y-%m-%d", timedelta(microseconds=DAY)),
    "weekly": (_week, "%G-W%V", timedelta(microseconds=7 * DAY)),
    "monthly": (_month, "%Y-%m", timedelta(microseconds=31 * DAY)),
}
"""The beginning of the period that a time is in; its name; how far on the next one is."""
