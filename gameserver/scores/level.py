"""A level: its settings, and a board for each season that has scores."""

from __future__ import annotations

from gameserver.errors import Refused
from gameserver.scores.board import Board
from gameserver.scores.seasons import CURRENT, Season, season_at
from gameserver.scores.settings import DEFAULT, LevelSettings


class Level:
    """The boards of a level, by the start of their season."""

    __slots__ = ("_current", "boards", "configured", "settings")

    def __init__(self, settings: LevelSettings = DEFAULT, board: Board | None = None) -> None:
        """`board` is that of the only season of a level that is never reset."""
        self.settings = settings
        self.configured = 0
        """How often the settings have been changed."""
        self.boards: dict[int, Board] = {} if board is None else {0: board}
        self._current: Season | None = None

    def season(self, now: int) -> Season:
        """The season that is on. It never goes back, not even when the clock does."""
        current = self._current
        if current is None or (current.end is not None and now >= current.end):
            settings = self.settings
            current = self._current = season_at(settings.reset, settings.reset_offset, now)
        return current

    @property
    def is_ascending(self) -> bool:
        """Whether the lowest score stands first."""
        return self.settings.order == "asc"

    def board(self, now: int) -> Board | None:
        """The board of the season that is on, None before its first score."""
        return self.boards.get(self.season(now).start)

    def named(self, name: str, now: int) -> Season:
        """The season of that name, or the `current` one; Refused if there is no such season."""
        current = self.season(now)
        if name in (CURRENT, current.name):
            return current
        for start in self.boards:
            season = self.starting(start)
            if season.name == name:
                return season
        raise no_such_season()

    def begun(self, start: int, now: int) -> Season:
        """The season with that start that is on or kept; Refused if there is no such season."""
        if start in self.boards or start == self.season(now).start:
            return self.starting(start)
        raise no_such_season()

    def starting(self, start: int) -> Season:
        """The season that begins at a moment."""
        return season_at(self.settings.reset, self.settings.reset_offset, start)

    def begins_at(self, start: int) -> bool:
        """Whether a season begins at that moment."""
        return self.starting(start).start == start

    def past(self, now: int) -> list[int]:
        """The starts of the seasons with scores that are not on, the newest first."""
        current = self.season(now).start
        return sorted((start for start in self.boards if start != current), reverse=True)

    def has_scores(self) -> bool:
        """Whether any season has."""
        return any(self.boards.values())

    def configure(self, settings: LevelSettings) -> None:
        """Changes the settings; Refused if scores would have to be counted anew."""
        if self.has_scores() and not settings.counts_like(self.settings):
            raise has_scores()
        if not settings.counts_like(self.settings):
            self.boards.clear()
        self.settings = settings
        self.configured += 1
        self._current = None


def has_scores() -> Refused:
    """The refusal of settings by which scores would have to be counted anew."""
    return Refused(
        "has_scores",
        "a level with scores keeps its order, keep, reset and reset_offset:"
        " take the scores away first, or use another level",
    )


def no_such_season() -> Refused:
    """The refusal of a season that a level does not have, or keeps no longer."""
    return Refused("no_such_season", "the level has no such season, or keeps it no longer")
