"""What has been done to scores and users, by whom, and what it takes to undo it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, NamedTuple, Protocol, TypeAlias

from gameserver.errors import Refused
from gameserver.scores.rank_key import Line
from gameserver.scores.settings import LevelSettings
from gameserver.scores.user_index import BoardId
from gameserver.times import DAY

UNDO_DAYS = 30
UNDOABLE = UNDO_DAYS * DAY
"""How long something can be undone, in microseconds."""
MOST_WITH_DATA = 1_000_000
"""How many scores are kept to undo removals, with a data file."""
MOST_IN_MEMORY = 100_000
"""How many without."""
LONGEST_WITH_DATA = 100_000
"""How many entries an audit has; the oldest go first."""
LONGEST_IN_MEMORY = 10_000

Taken: TypeAlias = "tuple[BoardId, int, Line]"
"""A user's line that was taken off a board."""


class Author(NamedTuple):
    """Who does something."""

    client: str
    """The address, as far as it can be believed."""
    token: str
    """The name of the token."""


class Job(NamedTuple):
    """What is to be done to scores, a few at a time.

    - `remove`: takes away those that all of the bounds fit, which are inclusive;
    - `withhold`, `release`: those of a user leave the boards and come back;
    - `restore`: those that an entry has removed come back.
    """

    kind: Literal["remove", "withhold", "release", "restore", "none"]
    level: int | None = None
    user: int | None = None
    season: int | None = None
    """The start of a season."""
    min: int | None = None
    max: int | None = None
    begin: int | None = None
    """The first moment."""
    end: int | None = None
    drops_settings: bool = False
    """Whether the level loses its settings with its scores."""
    entry: int | None = None
    """The audit's entry that is undone."""
    settings: Mapping[str, Any] | None = None
    """Those that its level gets back, as far as they differ from the default ones."""

    def members(self) -> dict[str, Any]:
        """The fields that are set, by name."""
        return {name: value for name, value in self._asdict().items() if value is not None}


class AuditEntry(NamedTuple):
    """One thing that was done."""

    id: int
    at: int
    action: str
    what: Mapping[str, Any]
    author: Author
    is_undone: bool = False
    before: Mapping[str, Any] | None = None
    """What it takes to undo it, beside the scores; None if it cannot be undone."""
    scores: int = 0
    """How many scores it has moved."""
    kept: int | None = 0
    """How many of them are kept to undo it; None if they are not any more."""
    job: Job | None = None
    """What is still to be done."""


def require_entry(entry: AuditEntry | None) -> AuditEntry:
    """The entry; Refused (`no_such_entry`) if there is none."""
    if entry is None:
        raise Refused("no_such_entry", "the audit has no such entry")
    return entry


class AuditLog(Protocol):
    """The entries, with what they have removed. Ids ascend; all is inside the engine's batch."""

    def add(self, entry: AuditEntry) -> int:
        """Writes a new entry; returns its id, whatever the entry says."""

    def get(self, entry_id: int) -> AuditEntry | None: ...

    def entries(self, offset: int, limit: int) -> Sequence[AuditEntry]:
        """The newest first."""

    def unfinished(self) -> Sequence[AuditEntry]:
        """Those whose job is not done, the oldest first."""

    def mark_undone(self, entry_id: int) -> None: ...

    def finish(self, entry_id: int) -> None:
        """Its job is done."""

    def count(self, entry_id: int, scores: int) -> None:
        """Its job has moved so many more."""

    def keep(
        self, entry_id: int, taken: Sequence[Taken], settings: Callable[[int], LevelSettings]
    ) -> None:
        """Keeps what it has removed, so that it can be undone.

        Where there are too many, those of the oldest entries are given up. `settings` are those
        of a level: of two lines of the same user one is made.
        """

    def take_back(self, entry_id: int, count: int) -> list[tuple[Taken, bool]]:
        """Some of what it has removed, which is kept no longer.

        With each, whether its level still counts as it did then.
        """

    def count_anew(self, level_id: int) -> None:
        """A level counts in another way from now on: what was removed before would be wrong."""

    def forget(self, user_id: int) -> None:
        """Erases what was removed of a user."""

    def expire(self, now: int) -> None:
        """Gives up what is too old to be undone."""

    def tidy(self) -> bool:
        """Erases some of what was given up; whether there may be more."""

    def arrivals(self) -> Mapping[BoardId, int]:
        """By board, the first arrival number above those of all lines that may come back."""
