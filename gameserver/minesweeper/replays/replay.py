"""The value that every reader returns, and what all formats have in common."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from gameserver.minesweeper.replays.errors import InvalidReplay
from gameserver.minesweeper.replays.minefield import Minefield


class Difficulty(StrEnum):
    """The level that a game was played at. Only the first three have a standard size."""

    BEGINNER = "beginner"
    INTERMEDIATE = "intermediate"
    EXPERT = "expert"
    CUSTOM = "custom"


class RuleSet(StrEnum):
    """The rules that a game was played by.

    UPK: the player had seen the mines before ("unfair prior knowledge"). OTHER: one of the rule
    variants that RMV version 2 has room for, such as boards without guessing.
    """

    NORMAL = "normal"
    UPK = "upk"
    CHEAT = "cheat"
    DENSITY = "density"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Replay:
    """One recorded game.

    key        the text that should hold the tournament key; may be empty, may be any text
    difficulty a standard level only if the minefield has that level's size (`check_level`)
    rule_set   see `RuleSet`
    won        the file says that the game was won; else it was lost or left unfinished
    time_ms    how long the game took, in milliseconds; more than 0 if it was won
    digest     32 bytes, the same for the same game under any header (`digest_of`)
    minefield  where the mines lay
    proven     the game was won, by normal rules, on a standard level, and its events bear that
               out. What this means depends on the format: see `rmv` and `avf`. A won game
               that is not proven has been tampered with, or is cut short.
    """

    key: str
    difficulty: Difficulty
    rule_set: RuleSet
    won: bool
    time_ms: int
    digest: bytes
    minefield: Minefield
    proven: bool

    def __post_init__(self) -> None:
        if self.won and self.time_ms <= 0:
            raise InvalidReplay("a game cannot be won in no time")


def digest_of(minefield: Minefield, squares: Collection[int], time_ms: int) -> bytes:
    """The digest of a game: of its mines, the squares it opened in order, and its time.

    Whatever can be altered without making it another game is left out: the player, dates and
    versions, the order in which mines are listed, mouse moves and their pixels, the times within
    the game, flags and question marks, and bytes that no event uses. A player who rewrites the
    order of openings or the final time makes another digest; only the checksum, which cannot be
    verified, speaks against that.
    """
    head = struct.pack(">HHI", minefield.columns, minefield.rows, time_ms)
    opened = struct.pack(f">{len(squares)}H", *squares)
    return hashlib.sha256(head + minefield.squares + opened).digest()


def check_level(declared: Difficulty, minefield: Minefield) -> Difficulty:
    """The level of a game that declares `declared`; a size that contradicts it is refused.

    A standard level has one size, that of the world ranking. The exception is a beginner board
    of 9 by 9 squares: Windows introduced that size and some clients offer it, so it is no forgery,
    but it is easier and does not count as beginner. It is read as custom, and so is every board
    that the file itself calls custom, whatever its size.
    """
    size = (minefield.columns, minefield.rows, minefield.mines)
    if declared is Difficulty.CUSTOM or STANDARD_SIZES[declared] == size:
        return declared
    if (declared, size) == (Difficulty.BEGINNER, (9, 9, 10)):
        return Difficulty.CUSTOM
    raise InvalidReplay("the board does not have the size of its level")


STANDARD_SIZES = {
    Difficulty.BEGINNER: (8, 8, 10),
    Difficulty.INTERMEDIATE: (16, 16, 40),
    Difficulty.EXPERT: (30, 16, 99),
}
"""Columns, rows and mines of the standard levels (minesweepergame.com, ranking rules)."""
