"""Rank keys: the one place that says in which order scores stand.

A *rank key* is one 64-bit integer: in the upper 31 bits the score, or 2147483647 - score where the
highest stands first; in the lower 33 the arrival number. A smaller key stands higher: a better
score first, among equal scores the earlier arrival. Boards are ordered by it in memory and on
disk.
"""

from __future__ import annotations

from typing import NamedTuple

from gameserver.numbers import MAX_NUMBER

ARRIVAL_BITS = 33


class Line(NamedTuple):
    """All that a board keeps of a user."""

    key: int
    at: int | None = None
    """The moment of the score, where it is kept."""
    meta: bytes | None = None


def first_key(score: int, is_ascending: bool) -> int:
    """The lowest rank key that a score can have."""
    return (score if is_ascending else MAX_NUMBER - score) << ARRIVAL_BITS


def score_in(key: int, is_ascending: bool) -> int:
    """The score that a rank key holds."""
    part = key >> ARRIVAL_BITS
    return part if is_ascending else MAX_NUMBER - part
