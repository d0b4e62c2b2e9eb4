"""The events of an AVF file: what the mouse did. They do not say what became of the board.

An event has 8 bytes: kind, x high, s low, x low, hundredths, y high, s high, y low. x and y are
pixels from the top left of the board, whose squares are 16 pixels wide; the time is s - 1 seconds
and so many hundredths. s = 0 ends the list.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import compress
from typing import NamedTuple

from gameserver.minesweeper.replays.errors import InvalidReplay
from gameserver.minesweeper.replays.minefield import Minefield
from gameserver.minesweeper.replays.reader import ByteReader

_KINDS = bytes((1, 3, 5, 9, 11, 17, 21, 33, 65, 145, 193))
_MOVE = 1
_OPENING = (5, 21, 65, 193)  # the left or the middle button goes up
_IS_OPENING = bytes(kind in _OPENING for kind in range(256))
_IS_OTHER = bytes(kind not in _OPENING and kind != _MOVE for kind in range(256))

_SIZE = 8
_MAX_HUNDREDTHS = 99
_OUTSIDE = -1

_FIRST = re.compile(
    rb"[%b][\0\x01]\x01.[\0-\x63][\0\x01]\0.(?=[%b])" % ((re.escape(_KINDS),) * 2), re.DOTALL
)
# The first event falls in the first second (s = 1), and the next one follows at once. That x
# and y are below 512 is what the other readers take for granted, too: it holds on standard
# levels. The bytes before it are digits (3 to 12), which cannot be taken for its second byte.


class Events(NamedTuple):
    """What the events say: how many there are, the time of the last in ms, the squares over
    which a button went up that can open squares, in order, and those over which any other use
    was made of a button. No square is twice in `opened`, nor in `others`."""

    number: int
    time_ms: int
    opened: tuple[int, ...]
    others: tuple[int, ...]


def read_events(reader: ByteReader, minefield: Minefield) -> Events:
    """The next events of the file. The reader is left behind the end of their list.

    Refused: no events, a kind that does not exist, hundredths above 99, an event earlier than
    the one before it, a list without an end. Clicks outside the board are left out.

    The events are taken apart into columns, since a loop over events is several times slower.
    """
    reader.skip_to(_FIRST)
    seconds = _seconds(reader.rest())
    events = reader.take(_SIZE * len(seconds))
    reader.take(_SIZE)  # the end
    kinds = events[0::_SIZE]
    if kinds.translate(None, _KINDS):
        raise InvalidReplay("an unknown event")
    squares = _squares(events, minefield)
    return Events(
        number=len(seconds),
        time_ms=_last_time(seconds, events[4::_SIZE]) * 10,
        opened=_inside(compress(squares, kinds.translate(_IS_OPENING))),
        others=_inside(compress(squares, kinds.translate(_IS_OTHER))),
    )


def _seconds(listed: bytes) -> list[int]:
    """s of each event before the end of the list."""
    # Not strict: the file may end in the middle of an event.
    pairs = zip(listed[6::_SIZE], listed[2::_SIZE], strict=False)
    seconds = [high << 8 | low for high, low in pairs]
    if 0 not in seconds:
        raise InvalidReplay("the game has no end")
    return seconds[: seconds.index(0)]


def _last_time(seconds: list[int], hundredths: bytes) -> int:
    """The time of the last event, in hundredths of a second."""
    if max(hundredths) > _MAX_HUNDREDTHS:
        raise InvalidReplay("a time that is not a number")
    times = [s * 100 + hundredth for s, hundredth in zip(seconds, hundredths, strict=True)]
    if times != sorted(times):
        raise InvalidReplay("events that go backwards in time")
    return times[-1] - 100


def _squares(events: bytes, minefield: Minefield) -> list[int]:
    """The square of each event, or `_OUTSIDE`."""
    width, height = minefield.columns, minefield.rows
    places = zip(_in_squares(events, 1, 3), _in_squares(events, 5, 7), strict=True)
    return [
        row * width + column if column < width and row < height else _OUTSIDE
        for column, row in places
    ]


def _in_squares(events: bytes, high: int, low: int) -> list[int]:
    """One coordinate of each event, from its bytes at `high` and `low`: pixels / 16."""
    pairs = zip(events[high::_SIZE], events[low::_SIZE], strict=True)
    return [high << 4 | low >> 4 for high, low in pairs]


def _inside(squares: Iterable[int]) -> tuple[int, ...]:
    """The squares on the board in order, each once."""
    once = dict.fromkeys(squares)
    once.pop(_OUTSIDE, None)
    return tuple(once)
