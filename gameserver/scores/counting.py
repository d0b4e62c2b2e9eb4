"""What a post makes of a user's score, as the level's settings have it."""

from __future__ import annotations

from gameserver.errors import Refused
from gameserver.numbers import MAX_NUMBER
from gameserver.scores.settings import LevelSettings


def counted(settings: LevelSettings, score: int, old: int | None) -> int:
    """The score that is to stand on the board; Refused if it is out of bounds."""
    if not settings.min <= score <= settings.max:
        raise Refused(
            "out_of_bounds",
            f"the level takes scores from {settings.min} to {settings.max}",
            "score",
        )
    if settings.keep != "sum":
        return score
    if (old or 0) + score > MAX_NUMBER:
        raise sum_too_large()
    return (old or 0) + score


def sum_too_large() -> Refused:
    """The refusal of a score that cannot be added."""
    return Refused("out_of_bounds", f"the sum of all would exceed {MAX_NUMBER}", "score")
