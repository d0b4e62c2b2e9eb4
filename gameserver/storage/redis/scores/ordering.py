"""The order of a board in Redis: places, which are doubles, as the score of a sorted set is one.

A *place* holds r, which is the score, or 2147483647 - score where the highest stands first (31
bits), and behind it the number of the arrival (32 bits). Doubles of one sign are ordered as their
bits are, so a double can carry an integer of 63 bits exactly: `r << 32 | arrival`, moved to both
sides of zero and away from it, so that none is -0, infinite, NaN or denormal. A smaller place
stands higher. `scripts/common.lua` does the same in Redis.
"""

from __future__ import annotations

from struct import pack, unpack

from gameserver.numbers import MAX_NUMBER

ARRIVAL_BITS_HERE = 32
"""Those of an arrival in a place: one less than a rank key has."""

_MIDDLE = 1 << 62
_AWAY = 1 << 52
_SIGN = 1 << 63


def place_of(r: int, arrival: int) -> float:
    """The place of the n-th to arrive who stands at r by the score."""
    away = (r << ARRIVAL_BITS_HERE | arrival) - _MIDDLE
    bits = away + _AWAY if away >= 0 else (-away + _AWAY) | _SIGN
    place: float = unpack(">d", pack(">Q", bits))[0]
    return place


def parts_of(place: float) -> tuple[int, int]:
    """The r and the arrival of a place."""
    bits: int = unpack(">Q", pack(">d", place))[0]
    away = _AWAY - (bits ^ _SIGN) if bits & _SIGN else bits - _AWAY
    return divmod(away + _MIDDLE, 1 << ARRIVAL_BITS_HERE)


def by_order(number: int, is_ascending: bool) -> int:
    """The r of a score; the score of an r."""
    return number if is_ascending else MAX_NUMBER - number
