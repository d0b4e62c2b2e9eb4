"""What a tournament needs of a replay, as plain values that can travel between processes."""

from __future__ import annotations

from typing import NamedTuple

from gameserver.minesweeper.replays import (
    AVF_TYPE,
    RMV_TYPE,
    Replay,
    RuleSet,
    mime_type_of,
    read_replay,
)

_SUFFIXES = {RMV_TYPE: "rmv", AVF_TYPE: "avf"}


class Game(NamedTuple):
    """One game as its replay shows it; see `Replay` and `Submission`."""

    key: str
    category: str
    value: int
    digest: bytes
    proven: bool
    violation: str
    suffix: str
    """Of a file that it is in."""


def read_game(data: bytes) -> Game:
    """The game in a replay, or InvalidReplay. It takes up to half a second.

    What a client says of the file's type is often wrong, so it is not asked.
    """
    mime_type = mime_type_of(data)
    replay = read_replay(data, mime_type)
    return Game(
        key=replay.key,
        category=str(replay.difficulty),
        value=replay.time_ms,
        digest=replay.digest,
        proven=replay.proven,
        violation=violation(replay),
        suffix=_SUFFIXES[mime_type],
    )


def violation(replay: Replay) -> str:
    """Why a game counts in no tournament, for a person; empty if it does."""
    if not replay.won:
        return "the game was not won"
    if replay.rule_set is not RuleSet.NORMAL:
        return "the game was not played by normal rules"
    return ""
