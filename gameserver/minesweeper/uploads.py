"""Uploaded replays, and how they become submissions to tournaments."""

from __future__ import annotations

from gameserver.errors import Refused
from gameserver.minesweeper.replay_folder import ReplayFolder
from gameserver.minesweeper.replays import (
    AVF_TYPE,
    RMV_TYPE,
    InvalidReplay,
    Replay,
    RuleSet,
    mime_type_of,
    read_replay,
)
from gameserver.tournaments.keys import Key, parse_key
from gameserver.tournaments.service import Tournaments
from gameserver.tournaments.tournament import Submission

_SUFFIXES = {RMV_TYPE: "rmv", AVF_TYPE: "avf"}


class Uploads:
    """Counts games for the players whose keys are in their replays."""

    def __init__(self, tournaments: Tournaments, folder: ReplayFolder | None = None) -> None:
        self._tournaments = tournaments
        self._folder = folder or ReplayFolder()

    def upload(self, data: bytes) -> None:
        """Counts the game in a replay. Reading a replay takes a while.

        A game that counts already for the same player changes nothing.
        """
        replay = _read(data)
        key = parse_key(replay.key)
        if key is None:
            raise Refused("invalid_data", "the replay holds no tournament key")
        suffix = _SUFFIXES[mime_type_of(data)]
        name = f"{key.tournament_id}-{key.user_id}-{replay.digest.hex()}.{suffix}"
        with self._folder.staged(data) as staged:
            self._tournaments.submit(key, _submission(key, replay), lambda: staged.keep(name))


def _read(data: bytes) -> Replay:
    """The replay in the data. The type that a client states is often wrong, so it is ignored."""
    try:
        return read_replay(data, mime_type_of(data))
    except InvalidReplay as error:
        raise Refused("invalid_data", str(error)) from None


def _submission(key: Key, replay: Replay) -> Submission:
    return Submission(
        user_id=key.user_id,
        category=replay.difficulty,
        value=replay.time_ms,
        digest=replay.digest,
        proven=replay.proven,
        violation=violation(replay),
    )


def violation(replay: Replay) -> str:
    """Why a game counts in no tournament, for a person; empty if it does."""
    if not replay.won:
        return "the game was not won"
    if replay.rule_set is not RuleSet.NORMAL:
        return "the game was not played by normal rules"
    return ""
