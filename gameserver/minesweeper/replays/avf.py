"""AVF, the format of Minesweeper Arbiter and of Freesweeper.

There is no official specification. Sources: what the public readers agree on (sweeping-view, the
rawvf parsers of the world ranking, ms-toollib) and a file written by Arbiter 0.52.3.

The parts in order: version, 4 bytes, level, mines; bytes up to a text in brackets; bytes up to
the events; the events; bytes up to `cs=`; 17 bytes; the footer. The bytes between the parts
have no known meaning and no stated length, so the next part is searched for.

Not read, because it is not dependable: all of the text in the brackets. It begins with the level
once more (0 to 3; not a mode, as it is sometimes called), old files lack separators in it, and
the time in it can be wrong. Arbiter stores won games by normal rules only. Freesweeper, whose
version is 0, says in a flag that it gave the player luck: that is read as cheating.
"""

from __future__ import annotations

from gameserver.minesweeper.replays.avf_events import Events, read_events
from gameserver.minesweeper.replays.errors import InvalidReplay
from gameserver.minesweeper.replays.minefield import Minefield
from gameserver.minesweeper.replays.reader import ByteReader
from gameserver.minesweeper.replays.replay import (
    STANDARD_SIZES,
    Difficulty,
    Replay,
    RuleSet,
    digest_of,
)

_LEVELS = {
    3: Difficulty.BEGINNER,
    4: Difficulty.INTERMEDIATE,
    5: Difficulty.EXPERT,
    6: Difficulty.CUSTOM,
}
_FREESWEEPER = 0
_LUCKY = 1  # a bit of the third byte of a Freesweeper file
_AFTER_CS = 17
_MAX_FOOTER_FIELDS = 64
_METADATA = (b"RealTime:", b"Skin:")


def read_avf(data: bytes) -> Replay:
    """The replay in an AVF file.

    Refused, besides what is too short or has no such parts: mines outside the board or twice;
    events that contradict each other (`read_events`); a footer without a player's name; a
    game won in no time. A standard level needs no check of its size: the format leaves it none
    but its own.

    `Replay.proven`: the clicks can have opened every square without a mine. AVF does not say
    which squares were opened, so this is weaker than in RMV: it shows when clicks are missing.
    """
    reader = ByteReader(data)
    freesweeper = reader.u8() == _FREESWEEPER
    mode = RuleSet.CHEAT if reader.take(4)[1] & _LUCKY and freesweeper else RuleSet.NORMAL
    level, minefield = _read_minefield(reader)
    reader.skip_past(b"[")
    reader.skip_past(b"]")
    events = read_events(reader, minefield)
    reader.skip_past(b"cs=")
    time_ms = events.time_ms + (_read_thousandths(reader, events.number) if freesweeper else 0)
    reader.take(_AFTER_CS)
    if freesweeper:
        reader.skip_past(b"\r")
    return Replay(
        key=_key_in(_read_name(reader.rest())),
        difficulty=level,
        rule_set=mode,
        won=True,
        time_ms=time_ms,
        digest=digest_of(minefield, events.opened, time_ms),
        minefield=minefield,
        proven=_is_proven(level, mode, minefield, events),
    )


def _read_minefield(reader: ByteReader) -> tuple[Difficulty, Minefield]:
    level = _LEVELS.get(reader.u8())
    if level is None:
        raise InvalidReplay("unknown level")
    if level is Difficulty.CUSTOM:
        columns, rows, mines = reader.u8() + 1, reader.u8() + 1, reader.u16()
    else:
        columns, rows, mines = STANDARD_SIZES[level]
    places = reader.take(2 * mines)
    return level, Minefield.place(columns, rows, places[1::2], places[0::2], first=1)


def _read_thousandths(reader: ByteReader, events: int) -> int:
    """The last digit of the time in ms. Freesweeper keeps one byte for each event."""
    digit = reader.take(events)[-1] & 0x0F
    if digit > 9:
        raise InvalidReplay("a time that is not a number")
    return digit


def _read_name(footer: bytes) -> str:
    """The player's name: the field before the program's version.

    The fields before them read `RealTime: 5.41`. The version is the last field without a
    colon; going back from it, rather than taking any field without a colon, allows for colons
    in a name. The code page is unknown: each byte is taken as Latin-1.
    """
    fields = footer.split(b"\r", _MAX_FOOTER_FIELDS)
    while fields and (not fields[-1] or b":" in fields[-1]):
        fields.pop()
    if len(fields) < 2 or fields[-2].startswith(_METADATA):
        raise InvalidReplay("no player's name")
    return fields[-2].decode("latin-1")


def _key_in(name: str) -> str:
    """The possible key: the name after its first `#`, or all of it.

    Arbiter can add the player's mouse to the name, in angle brackets; that is left out.
    """
    _, mark, after = name.partition("#")
    return (after if mark else name).partition("<")[0].strip()


def _is_proven(level: Difficulty, mode: RuleSet, minefield: Minefield, events: Events) -> bool:
    counts = level is not Difficulty.CUSTOM and mode is RuleSet.NORMAL
    return counts and minefield.can_be_cleared(events.opened + events.others)
