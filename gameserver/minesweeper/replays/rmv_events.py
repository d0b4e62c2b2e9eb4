"""The events of an RMV file: mouse events, what they did to the board, and the end.

An event is known by its first byte, which gives its size. The events are walked over once; only
mouse times and opened squares are looked at. The walk costs some 50 ns per event, so the bytes
are padded with an event that does not exist rather than compared with the end at each step.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

from gameserver.minesweeper.replays.errors import InvalidReplay
from gameserver.minesweeper.replays.minefield import Minefield

LOST, WON, UNFINISHED = 15, 16, 17
"""The events that end a game."""

_SHORT_MOVE = 28
_SQUARE_OPENED = range(18, 27)  # the squares 0 to 8, in this order
_MOUSE = 9  # the size that only the mouse events have
_END_SIZE = 4
_TRAILER = 5
_PADDING = b"\xff" * _MOUSE


def _sizes(*kinds: tuple[range, int]) -> tuple[int, ...]:
    """The size of an event by its first byte; 0 where there is none to walk over."""
    sizes = [0] * 256
    for codes, size in kinds:
        sizes[codes.start : codes.stop] = [size] * len(codes)
    return tuple(sizes)


_BASIC = ((range(1, 8), _MOUSE), (range(9, 15), 3), (range(18, 28), 3))
_VERSION_1 = _sizes((range(1), 5), *_BASIC)  # event 0 is a time stamp, long out of use
_VERSION_2 = _sizes(*_BASIC)
_VERSION_2_STARTED = _sizes(*_BASIC, (range(_SHORT_MOVE, _SHORT_MOVE + 1), 3))
_SIZES = {
    # Format version: sizes before the first mouse event, and from then on. A short move is
    # relative to the mouse event before it, so it cannot be the first.
    1: (_VERSION_1, _VERSION_1),
    2: (_VERSION_2, _VERSION_2_STARTED),
}


class Events(NamedTuple):
    """What the events say about the game: how and when (in ms) it ended, and which squares
    were opened, in order, with the number that each showed (0 to 8)."""

    end: int
    time_ms: int
    opened: dict[int, int]


def read_events(events: bytes, version: int, minefield: Minefield) -> Events:
    """The game that the events section tells of.

    Refused, since no client can have written it: an event that does not exist, no end, an end
    that is not the last event, a mouse event that is earlier than the one before it or later
    than the end, a square opened outside the board or more often than there are squares.

    After the end there may be 5 bytes: files of both versions have them (they repeat the time),
    though the specification does not mention them.
    """
    end, last_ms, opened = _walk(events, version, len(minefield.squares))
    if events[end] not in (LOST, WON, UNFINISHED):
        raise InvalidReplay("an unknown event")
    after = len(events) - end - _END_SIZE
    if not 0 <= after <= _TRAILER:
        raise InvalidReplay("the end is not the last event")
    time_ms = int.from_bytes(events[end + 1 : end + _END_SIZE], "big")
    if time_ms < last_ms:
        raise InvalidReplay("an event after the end")
    return Events(events[end], time_ms, _squares(opened, minefield))


def _walk(events: bytes, version: int, most: int) -> tuple[int, int, list[bytes]]:
    """Walks to the end event or the first impossible one.

    Returns its place, the last mouse time and the events that opened a square (`most` at
    most). The place is always inside `events`.
    """
    padded = events + _PADDING
    sizes, started = _SIZES[version]
    place = last_ms = 0
    opened: list[bytes] = []
    while size := sizes[code := padded[place]]:
        if size == _MOUSE:
            time_ms = int.from_bytes(padded[place + 1 : place + 4], "big")
            if time_ms < last_ms:
                raise InvalidReplay("events that go backwards in time")
            last_ms = time_ms
            sizes = started
        elif code == _SHORT_MOVE:
            last_ms += padded[place + 1]
        elif code in _SQUARE_OPENED:
            opened.append(padded[place : place + 3])
            if len(opened) > most:
                raise InvalidReplay("more squares opened than there are")
        place += size
    if place >= len(events):
        raise InvalidReplay("the game has no end")
    return place, last_ms, opened


def _squares(opened: list[bytes], minefield: Minefield) -> dict[int, int]:
    """Square → number, in the order of opening; of repeats the first counts."""
    numbers: dict[int, int] = {}
    for code, column, row in struct.iter_unpack("3B", b"".join(opened)):
        square = minefield.square(column, row)
        if square is None:
            raise InvalidReplay("a square outside the board")
        numbers.setdefault(square, code - _SQUARE_OPENED.start)
    return numbers
