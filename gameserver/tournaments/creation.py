"""A new tournament, from the fields of a request: each is checked, and an error names it."""

from __future__ import annotations

from gameserver.minesweeper.modes import MODES
from gameserver.times import parse_moment
from gameserver.tournaments.errors import Refused, invalid
from gameserver.tournaments.rules import Tournament
from gameserver.web.forms import Fields, text_field

MAX_NAME = 100
MAX_LOCATION = 200

NOT_STORED = 0
"""The id of a tournament that has none yet."""

_FIELDS = frozenset(
    ("name", "mode", "modeparams", "location", "start", "end", "open_entry", "hide_results")
)
_BOOLEANS = {
    True: True, "true": True, "1": True, "on": True,
    False: False, "false": False, "0": False, "off": False,
}  # fmt: skip


def read_tournament(fields: Fields, host_id: int, now: int) -> Tournament:
    """The tournament that the fields describe; `Refused` names the first that is wrong.

    `location` may be left out and is then empty, and so may `open_entry` (then true) and
    `hide_results` (then false). It may have begun already, but not ended.
    """
    for name in fields:
        if name not in _FIELDS:
            raise invalid(name[:MAX_NAME], "there is no such field")
    mode, modeparams = _mode(fields)
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


def _mode(fields: Fields) -> tuple[str, str]:
    mode, modeparams = text_field(fields, "mode"), text_field(fields, "modeparams")
    make = MODES.get(mode)
    if make is None:
        raise invalid("mode", f"one of these is wanted: {', '.join(sorted(MODES))}")
    try:
        make(modeparams)
    except ValueError as error:
        raise invalid("modeparams", str(error)) from None
    return mode, modeparams


def _line(fields: Fields, name: str, size: int, default: str | None = None) -> str:
    text = text_field(fields, name, default).strip(" ")
    if not text and default is None:
        raise invalid(name, "it must not be empty")
    if len(text) > size:
        raise invalid(name, f"it may have {size} characters at most")
    if not text.isprintable():
        raise invalid(name, "a control character, or one that cannot be seen, is in it")
    return text


def _window(fields: Fields, now: int) -> tuple[int, int]:
    start, end = _moment(fields, "start"), _moment(fields, "end")
    if end <= start:
        raise invalid("end", "it must be after the start")
    if end <= now:
        raise invalid("end", "it must not be over already")
    return start, end


def _moment(fields: Fields, name: str) -> int:
    try:
        return parse_moment(text_field(fields, name))
    except Refused:
        raise
    except ValueError as error:
        raise invalid(name, str(error)) from None


def _boolean(fields: Fields, name: str, default: bool) -> bool:
    value = fields.get(name, default)
    if not isinstance(value, str | bool) or value not in _BOOLEANS:
        raise invalid(name, "true or false is wanted")
    return _BOOLEANS[value]
