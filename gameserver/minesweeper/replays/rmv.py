"""RMV, the format of Vienna MineSweeper, versions 1 and 2.

Source: the format's specification, https://github.com/ralokt/rmv_spec, and files written by
Vienna MineSweeper 3.0.2C (version 1) and 5.0 (version 2). Numbers are big-endian. A header gives
the size of each section; the sections follow in the header's order.

Read leniently, because real files need it:
- the file size in the header is not compared with anything: version 2 files state two less;
- what stands inside a section after the parts named here, since the specification allows for
  more player fields and properties, and what stands after the checksum;
- text of version 1 in an unknown code page: each byte is taken as Latin-1. Keys are ASCII.

Not looked at: the version's wording beyond its encoding, preflags, extension properties and the
checksum.
"""

from __future__ import annotations

import struct

from gameserver.minesweeper.replays.errors import InvalidReplay
from gameserver.minesweeper.replays.minefield import Minefield
from gameserver.minesweeper.replays.reader import ByteReader
from gameserver.minesweeper.replays.replay import (
    Difficulty,
    Replay,
    RuleSet,
    check_level,
    digest_of,
)
from gameserver.minesweeper.replays.rmv_events import WON, Events, read_events

_HEADERS = {
    # Format version: (layout after the format version, the sections in order). Left out with
    # "x": the file size and, in version 2, the client's number and major version.
    1: (
        struct.Struct(">4x6HIH"),
        ("result", "version", "player", "board", "preflags", "properties", "events", "checksum"),
    ),
    2: (
        struct.Struct(">6x6HIH"),
        ("version", "player", "board", "preflags", "properties", "extras", "events", "checksum"),
    ),
}
_LEVELS = (Difficulty.BEGINNER, Difficulty.INTERMEDIATE, Difficulty.EXPERT, Difficulty.CUSTOM)
_MODES = (RuleSet.NORMAL, RuleSet.UPK, RuleSet.CHEAT, RuleSet.DENSITY)
_PLAYER_FIELDS = 4  # name, nickname, country, token


def read_rmv(data: bytes) -> Replay:
    """The replay in an RMV file.

    Refused, besides what is too short or not RMV: a board that does not have its level's size
    or has mines outside or twice; events that contradict each other (`read_events`); a level
    or a mode that does not exist; invalid UTF-8 where the text is said to be UTF-8; a game won
    in no time.

    `Replay.proven`: the board events open every square without a mine, and no other, and each
    shows its right number. Changing the end of a lost game to "won" does not make it proven.
    """
    version, sections = _read_sections(ByteReader(data))
    mode, declared = _read_properties(sections["properties"], version)
    minefield = _read_minefield(sections["board"])
    level = check_level(declared, minefield)
    events = read_events(sections["events"], version, minefield)
    won = events.end == WON
    return Replay(
        key=_read_key(sections, version),
        difficulty=level,
        rule_set=mode,
        won=won,
        time_ms=events.time_ms,
        digest=digest_of(minefield, events.opened, events.time_ms),
        minefield=minefield,
        proven=won and _is_proven(level, mode, minefield, events),
    )


def _read_sections(reader: ByteReader) -> tuple[int, dict[str, bytes]]:
    if reader.take(4) != b"*rmv":
        raise InvalidReplay("not an RMV file")
    version = reader.u16()
    if version not in _HEADERS:
        raise InvalidReplay("unknown version of RMV")
    layout, names = _HEADERS[version]
    sizes = layout.unpack(reader.take(layout.size))
    return version, {name: reader.take(size) for name, size in zip(names, sizes, strict=True)}


def _read_properties(properties: bytes, version: int) -> tuple[RuleSet, Difficulty]:
    """The mode and the level that the file declares.

    Version 2 has modes from 4 on, variants of the rules. New ones may be added, so none of them
    is refused here.
    """
    reader = ByteReader(properties)
    _question_marks, _no_flags, mode, level = reader.take(4)
    if level >= len(_LEVELS):
        raise InvalidReplay("unknown level")
    if mode < len(_MODES):
        return _MODES[mode], _LEVELS[level]
    if version == 1:
        raise InvalidReplay("unknown mode")
    return RuleSet.OTHER, _LEVELS[level]


def _read_minefield(board: bytes) -> Minefield:
    reader = ByteReader(board)
    reader.take(4)  # when the board was generated
    columns, rows, mines = reader.u8(), reader.u8(), reader.u16()
    places = reader.take(2 * mines)
    return Minefield.place(columns, rows, places[0::2], places[1::2])


def _read_key(sections: dict[str, bytes], version: int) -> str:
    """The token; without one the nickname, which is where older clients keep the key."""
    utf8 = version == 2 or sections["properties"][4:5] == b"\x01"
    if version == 2:
        _decode(sections["version"], utf8)
    _name, nickname, _country, token = _read_player(sections["player"], utf8)
    nick = _read_nick(_decode(sections.get("result", b""), utf8))
    return token or nickname or nick


def _read_player(player: bytes, utf8: bool) -> list[str]:
    """The four player fields; those that the file does not have are empty."""
    reader = ByteReader(player)
    count = min(reader.u16(), _PLAYER_FIELDS)
    fields = [_decode(reader.take(reader.u8()), utf8).strip() for _ in range(count)]
    return fields + [""] * (_PLAYER_FIELDS - count)


def _read_nick(result: str) -> str:
    """The value of NICK in a result string, `LEVEL:Beginner#…#NICK:value#…#`."""
    for field in result.split("#"):
        name, _, value = field.partition(":")
        if name.strip() == "NICK":
            return value.strip()
    return ""


def _decode(text: bytes, utf8: bool) -> str:
    try:
        return text.decode("utf-8" if utf8 else "latin-1")
    except UnicodeDecodeError:
        raise InvalidReplay("text that is not UTF-8") from None


def _is_proven(level: Difficulty, mode: RuleSet, minefield: Minefield, events: Events) -> bool:
    counts = level is not Difficulty.CUSTOM and mode is RuleSet.NORMAL
    return counts and minefield.is_cleared(events.opened)
