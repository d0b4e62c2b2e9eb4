"""Two lines that a user has on the same board, after one of them has come back."""

from __future__ import annotations

from gameserver.numbers import MAX_NUMBER
from gameserver.scores.rank_key import Line, arrival_in, first_key, score_in
from gameserver.scores.settings import LevelSettings


def merged(settings: LevelSettings, one: Line, other: Line | None) -> Line:
    """The line that the level would have, had both scores been posted in their time.

    `best` keeps the better, `last` the newer, `sum` adds, to 2147483647 at most.
    """
    if other is None:
        return one
    if settings.keep == "best":
        return min(one, other, key=lambda line: line.key)
    newer = max(one, other, key=lambda line: arrival_in(line.key))
    if settings.keep == "last":
        return newer
    is_ascending = settings.order == "asc"
    total = score_in(one.key, is_ascending) + score_in(other.key, is_ascending)
    key = first_key(min(total, MAX_NUMBER), is_ascending) | arrival_in(newer.key)
    return newer._replace(key=key)
