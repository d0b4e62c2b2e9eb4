"""Finds what may be a tournament key in a replay, without reading the replay.

A replay is read at a cost that a forger can choose, so whoever has no key shall not have it read.
A key stands in a replay as the ASCII text that it is, whatever the format; so a search finds it,
and perhaps more. Which of them the replay really holds is seen when it is read.
"""

from __future__ import annotations

import re
import time

from gameserver.tournaments.keys import Key

MAX_KEYS = 32
"""So many are looked up, the first ones. A real replay holds one, or two."""

_END = re.compile(rb"_([0-9]{1,10})_([0-9a-f]{32})")
"""A key from its first underscore on: a search for what begins with digits would be slow."""
_LONGEST_END = 1 + 10 + 1 + 32
_LONGEST_USER = 10

_PIECE = 16_384
"""Bytes that are searched at once: half a millisecond, in the worst case."""
_PAUSE_SECONDS = 0.000_05


def keys_in(data: bytes) -> list[Key]:
    """What reads like a key, at most `MAX_KEYS`.

    Lets other threads run after each piece, as a search keeps Python's lock.
    """
    found: dict[Key, None] = {}
    for start in range(0, len(data), _PIECE):
        if start:
            time.sleep(_PAUSE_SECONDS)
        for end in _END.finditer(data, start, start + _PIECE + _LONGEST_END - 1):
            found.update(dict.fromkeys(_keys_ending(data, end)))
            if len(found) >= MAX_KEYS:
                return list(found)[:MAX_KEYS]
    return list(found)


def _keys_ending(data: bytes, end: re.Match[bytes]) -> list[Key]:
    """Keys by the number of digits in front: the first ones may belong to something else."""
    tournament_id, secret = int(end[1]), bytes.fromhex(end[2].decode())
    before = data[max(0, end.start() - _LONGEST_USER) : end.start()]
    digits = before[len(before.rstrip(b"0123456789")) :]
    return [Key(int(digits[at:]), tournament_id, secret) for at in range(len(digits))]
