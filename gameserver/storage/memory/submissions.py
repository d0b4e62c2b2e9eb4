"""What has been submitted to tournaments, in memory."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from gameserver.tournaments.keys import IssuedKey, Key
from gameserver.tournaments.tournament import Score, Submission
from gameserver.tournaments.tournament_store import Earlier, outdone


@dataclass(slots=True)
class _Game:
    """A submission that counts, or did until it was removed."""

    submission: Submission
    moment: int
    """When it came."""
    removed: float = math.inf
    """The number of its removal."""


@dataclass(slots=True)
class _Table:
    """The submissions to one tournament, by number."""

    games: dict[int, _Game] = field(default_factory=dict)
    of_user: dict[int, list[int]] = field(default_factory=dict)
    """The numbers of what counts of each user, in ascending order."""
    newest: int = 0
    """The number of the newest submission or removal."""


class Submissions:
    """The submissions to all tournaments. Numbers are those of submissions and removals, in order.

    The caller holds a lock.
    """

    def __init__(self) -> None:
        self._tables: dict[int, _Table] = {}
        """By tournament; one without submissions needs none."""
        self._places: dict[bytes, tuple[int, int]] = {}
        """The tournament and the number of a game that counts or has counted, by its digest."""
        self._number = 0

    def newest(self, tournament_id: int) -> int:
        """The number of the last that happened in a tournament; 0 if nothing has."""
        return self._table(tournament_id).newest

    def earlier(
        self, key: Key, issued: IssuedKey | None, submission: Submission, only_best: bool
    ) -> Earlier:
        """The state that a submission meets."""
        table = self._table(key.tournament_id)
        tournament_id, number = self._places.get(submission.digest, (0, 0))
        same = self._tables[tournament_id].games[number] if tournament_id else None
        is_removed = same is not None and same.removed < math.inf
        alike = _alike(table, submission) if only_best else ()
        return Earlier(
            issued,
            (tournament_id, same.submission.user_id) if same and not is_removed else None,
            len(table.of_user.get(key.user_id, ())),
            is_removed,
            tuple(table.games[number].submission.value for number in alike),
        )

    def add(self, key: Key, submission: Submission, moment: int, only_best: bool) -> None:
        """Counts a submission; see `TournamentStore.count`."""
        table = self._tables.setdefault(key.tournament_id, _Table())
        if only_best:
            kept = [(each, table.games[each].moment) for each in _alike(table, submission)]
            for number in outdone(kept, moment):
                table.of_user[key.user_id].remove(number)
                del self._places[table.games.pop(number).submission.digest]
        table.newest = number = self._next()
        table.games[number] = _Game(submission, moment)
        table.of_user.setdefault(key.user_id, []).append(number)
        self._places[submission.digest] = key.tournament_id, number

    def remove(self, tournament_id: int, user_id: int) -> int:
        """Has nothing count of a user's; returns how much there was."""
        table = self._table(tournament_id)
        numbers = table.of_user.pop(user_id, [])
        if numbers:
            table.newest = self._next()
        for number in numbers:
            table.games[number].removed = table.newest
        return len(numbers)

    def scores(self, tournament_id: int, newest: int, end: int) -> list[Score]:
        """What counted when `newest` was the last number, as far as it came before the end."""
        return [
            Score(*game.submission[:3])
            for number, game in self._table(tournament_id).games.items()
            if number <= newest < game.removed and game.moment < end
        ]

    def unproven(self, tournament_id: int) -> Mapping[int, int]:
        """How many games of each user do not bear out their values."""
        table = self._table(tournament_id)
        counts = {
            user_id: sum(not table.games[number].submission.proven for number in numbers)
            for user_id, numbers in sorted(table.of_user.items())
        }
        return {user_id: count for user_id, count in counts.items() if count}

    def _table(self, tournament_id: int) -> _Table:
        return self._tables.get(tournament_id) or _Table()

    def _next(self) -> int:
        self._number += 1
        return self._number


def _alike(table: _Table, submission: Submission) -> Iterator[int]:
    """The numbers of what counts of the player's in the same category, the oldest first."""
    for number in table.of_user.get(submission.user_id, ()):
        if table.games[number].submission.category == submission.category:
            yield number
