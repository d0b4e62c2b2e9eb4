"""Replays: what a game client recorded of one game of Minesweeper, read from untrusted bytes.

`read_replay` is the only way in. Any bytes give a `Replay` or an `InvalidReplay`, in time
linear in their number. A new format is one module with one function from bytes to `Replay`,
and one line in `_READERS`.

A replay does not prove its origin: the formats end in a checksum whose method is secret to the game
clients, so nothing here shows that a file was written by a client. The tournament key in the
file and the server's clock are the proof of when it was made; see `Replay.proven` for what the
events themselves show.
"""

from __future__ import annotations

from collections.abc import Callable

from gameserver.minesweeper.replays.avf import read_avf
from gameserver.minesweeper.replays.errors import InvalidReplay
from gameserver.minesweeper.replays.minefield import Minefield
from gameserver.minesweeper.replays.replay import Difficulty, Replay, RuleSet
from gameserver.minesweeper.replays.rmv import read_rmv

__all__ = [
    "AVF_TYPE",
    "MAX_SIZE",
    "RMV_TYPE",
    "Difficulty",
    "InvalidReplay",
    "Minefield",
    "Replay",
    "RuleSet",
    "mime_type_of",
    "read_replay",
]

MAX_SIZE = 1 << 20
"""The largest replay that is read, in bytes. A real one is mostly under 300 KiB."""

RMV_TYPE = "application/x-viennasweeper"
AVF_TYPE = "application/x-minesweeper-arbiter"

_RMV_SIGNATURE = b"*rmv"
_READERS: dict[str, Callable[[bytes], Replay]] = {
    RMV_TYPE: read_rmv,
    AVF_TYPE: read_avf,
}


def mime_type_of(data: bytes) -> str:
    """The format that the data begins like."""
    return RMV_TYPE if data.startswith(_RMV_SIGNATURE) else AVF_TYPE


def read_replay(data: bytes, mime_type: str) -> Replay:
    """The replay that `data` holds, in the format that `mime_type` names.

    `InvalidReplay` is the only exception, whatever the bytes: for an unknown MIME type (they
    are compared exactly), for more than `MAX_SIZE` bytes, and for all that the readers refuse.
    """
    reader = _READERS.get(mime_type)
    if reader is None:
        raise InvalidReplay("unknown MIME type")
    if len(data) > MAX_SIZE:
        raise InvalidReplay("the file is too large")
    return reader(data)
