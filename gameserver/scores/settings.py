"""The settings of a level, and the values that they may have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Literal, TypeAlias, get_args

from gameserver.errors import invalid
from gameserver.numbers import MAX_NUMBER
from gameserver.scores.names import LONGEST_TITLE, parse_name
from gameserver.scores.seasons import LONGEST_OFFSET, Reset

Order: TypeAlias = Literal["desc", "asc"]
Keep: TypeAlias = Literal["best", "last", "sum"]
Ties: TypeAlias = Literal["first", "shared"]
Format: TypeAlias = Literal["number", "time"]
Writes: TypeAlias = Literal["players", "trusted"]
Tiers: TypeAlias = "tuple[tuple[str, float], ...]"

MAX_TIERS = 20
MAX_RATE = 1_000_000
LONGEST_RUN = 86_400
"""Seconds for which a run is good."""


@dataclass(frozen=True, slots=True)
class LevelSettings:
    """How a level counts and shows scores. There is no instance with a value out of its range.

    Making one raises `Refused("invalid_data", ..., field)` for the first field that is wrong.
    """

    title: str | None = None
    order: Order = "desc"
    """Whether the highest score stands first, or the lowest."""
    keep: Keep = "best"
    """What of a user's posts counts: the best, the newest, or the sum of all."""
    reset: Reset = "never"
    reset_offset: int = 0
    """By how many minutes each season begins later."""
    min: int = 0
    """The lowest score that a post may bring."""
    max: int = MAX_NUMBER
    """The highest."""
    ties: Ties = "first"
    """The rank that is shown of equal scores: by arrival, or the first one's for all of them."""
    tiers: Tiers = ()
    """Names and percents of the players, in ascending order: (("gold", 1), ("silver", 10))."""
    times: bool = False
    """Whether the moment of a score is kept."""
    format: Format = "number"
    """How a score is shown: as a number, or as a time."""
    decimals: int = 0
    """How many digits of a score stand behind the point when it is shown."""
    rate_user: int = 0
    """How many posts a minute one user may make; 0: any number."""
    rate_level: int = 0
    """How many all users together may make."""
    writes: Writes = "players"
    """Who may post: the players, or games' own servers alone."""
    runs: bool = False
    """Whether a post needs a run that was drawn before."""
    min_seconds: int = 0
    """How old a run must be at least."""

    def __post_init__(self) -> None:
        for field, allowed in _CHOICES.items():
            if getattr(self, field) not in allowed:
                raise invalid(field, f"must be one of {', '.join(allowed)}")
        _check_numbers(self)
        for field in ("times", "runs"):
            if type(getattr(self, field)) is not bool:
                raise invalid(field, "must be true or false")
        _check_title(self.title)
        _check_tiers(self.tiers)

    def members(self) -> dict[str, Any]:
        """All fields by name, as JSON would have them."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def changed(self) -> dict[str, Any]:
        """The fields that differ from the default, by name."""
        members = self.members().items()
        return {name: value for name, value in members if value != getattr(DEFAULT, name)}

    def counts_like(self, other: LevelSettings) -> bool:
        """Whether scores that were kept under the other settings may stay as they are."""
        return all(getattr(self, field) == getattr(other, field) for field in FIXED_BY_SCORES)


def settings_of(members: Mapping[str, Any]) -> LevelSettings:
    """The settings with these fields, tiers as the lists of JSON, and the default ones else.

    Refused (`invalid_data`) if a value is out of its range, or a name not that of a field.
    """
    return with_members(DEFAULT, members)


def with_members(settings: LevelSettings, members: Mapping[str, Any]) -> LevelSettings:
    """The settings with some fields changed. Refused as by `settings_of`."""
    known = {field.name for field in fields(LevelSettings)}
    for name in members:
        if name not in known:
            raise invalid(name, "is no setting of a level")
    values = dict(members)
    if isinstance(values.get("tiers"), list):
        values["tiers"] = tuple(
            tuple(tier) if isinstance(tier, list) else tier for tier in values["tiers"]
        )
    return replace(settings, **values)


FIXED_BY_SCORES = ("order", "keep", "reset", "reset_offset")
"""What cannot change while a level has scores."""

_CHOICES = {
    "order": get_args(Order),
    "keep": get_args(Keep),
    "reset": get_args(Reset),
    "ties": get_args(Ties),
    "format": get_args(Format),
    "writes": get_args(Writes),
}


def _check_numbers(settings: LevelSettings) -> None:
    longest = LONGEST_OFFSET[settings.reset]
    for field, lowest, highest in (
        ("reset_offset", 0, longest),
        ("min", 0, MAX_NUMBER),
        ("max", settings.min, MAX_NUMBER),
        ("decimals", 0, 6),
        ("rate_user", 0, MAX_RATE),
        ("rate_level", 0, MAX_RATE),
        ("min_seconds", 0, LONGEST_RUN - 1),
    ):
        value = getattr(settings, field)
        if type(value) is not int or not lowest <= value <= highest:
            raise invalid(field, f"must be a whole number from {lowest} to {highest}")


def _check_title(title: object) -> None:
    try:
        if title is not None and parse_name(_text(title), LONGEST_TITLE) != title:
            raise ValueError("must be in Unicode's form NFC")
    except ValueError as error:
        raise invalid("title", str(error)) from None


def _check_tiers(tiers: object) -> None:
    try:
        if not isinstance(tiers, tuple) or len(tiers) > MAX_TIERS:
            raise ValueError(f"must be a list of at most {MAX_TIERS} pairs of a name and a percent")
        percents = [_percent(tier) for tier in tiers]
        if percents != sorted(set(percents)):
            raise ValueError("must be in ascending order of their percents")
    except ValueError as error:
        raise invalid("tiers", str(error)) from None


def _percent(tier: object) -> float:
    if not isinstance(tier, tuple) or len(tier) != 2:
        raise ValueError("must be pairs of a name and a percent")
    name, percent = tier
    parse_name(_text(name))
    if type(percent) not in (int, float) or not 0 < percent <= 100:
        raise ValueError("must have percents above 0, up to 100")
    return float(percent)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("must be text")
    return value


DEFAULT = LevelSettings()
"""The settings of a level that was never configured."""
