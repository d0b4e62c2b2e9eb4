"""A new tournament, from the fields of a request: each is checked, and an error names it."""

from __future__ import annotations

from collections.abc import Mapping

from gameserver.errors import Refused, invalid
from gameserver.times import parse_moment
from gameserver.tournaments.modes import Modes, Settle
from gameserver.tournaments.tournament import NOT_STORED, Tournament

MAX_NAME = 100
MAX_LOCATION = 200

Fields = Mapping[str, object]
"""The values in a request, by the name of the field: text, bool, int or None."""

_FIELDS = frozenset(
    ("name", "mode", "modeparams", "location", "start", "end", "open_entry", "hide_results")
)
_BOOLEANS = {
    True: True, "true": True, "1": True, "on": True,
    False: False, "false": False, "0": False, "off": False,
}  # fmt: skip


def read_tournament(
    fields: Fields, modes: Modes, settle: Mapping[str, Settle], host_id: int, now: int
) -> Tournament:
    """The tournament that the fields describe; `Refused` names the first that is wrong.

    `settle` has, by their names, the modes whose parameters are settled when a tournament is made.

    `location` may be left out and is then empty, and so may `open_entry` (then true) and
    `hide_results` (then false). It may have begun already, but not ended.
    """
    for name in fields:
        if name not in _FIELDS:
            raise invalid(name[:MAX_NAME], "there is no such field")
    mode, modeparams = _mode(fields, modes, settle)
    name = _line(fields, "name", MAX_NAME)
    location = _line(fields, "location", MAX_LOCATION, default="")
    start, end = _window(fields, now)
    return Tournament(
        id=NOT_STORED,
        host_id=host_id,
        name=name,
        mode=mode,
        modeparams=modeparams,
        location=location,
        start=start,
        end=end,
        open_entry=_boolean(fields, "open_entry", default=True),
        hide_results=_boolean(fields, "hide_results", default=False),
    )


def _mode(fields: Fields, modes: Modes, settle: Mapping[str, Settle]) -> tuple[str, str]:
    mode, modeparams = _text(fields, "mode"), _text(fields, "modeparams")
    make = modes.get(mode)
    if make is None:
        raise invalid("mode", f"must be one of {', '.join(sorted(modes))}")
    try:
        make(modeparams)
        modeparams = settle[mode](modeparams) if mode in settle else modeparams
    except ValueError as error:
        raise invalid("modeparams", str(error)) from None
    return mode, modeparams


def _text(fields: Fields, name: str, default: str | None = None) -> str:
    text = fields.get(name, default)
    if not isinstance(text, str):
        raise invalid(name, "must be text")
    return text


def _line(fields: Fields, name: str, size: int, default: str | None = None) -> str:
    text = _text(fields, name, default).strip(" ")
    if not text and default is None:
        raise invalid(name, "must not be empty")
    if len(text) > size:
        raise invalid(name, f"must have at most {size} characters")
    if not text.isprintable():
        raise invalid(name, "must have no control characters and no invisible ones")
    return text


def _window(fields: Fields, now: int) -> tuple[int, int]:
    start, end = _moment(fields, "start"), _moment(fields, "end")
    if end <= start:
        raise invalid("end", "must be after the start")
    if end <= now:
        raise invalid("end", "must be in the future")
    return start, end


def _moment(fields: Fields, name: str) -> int:
    try:
        return parse_moment(_text(fields, name))
    except Refused:
        raise
    except ValueError as error:
        raise invalid(name, str(error)) from None


def _boolean(fields: Fields, name: str, default: bool) -> bool:
    value = fields.get(name, default)
    if not isinstance(value, str | bool) or value not in _BOOLEANS:
        raise invalid(name, "must be true or false")
    return _BOOLEANS[value]
