"""What has been submitted to tournaments, in Redis.

Of a tournament: `…:submissions`, a hash of all that is kept, by number; `…:counting`, of the
numbers that count, by user, the oldest first; and `…:newest`, the number of its last submission or
removal. `game:<digest>` says of a game where it counts, for whom, and whether it was removed.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from gameserver.storage.redis.link.keys import key
from gameserver.storage.redis.link.link import Command
from gameserver.storage.redis.link.questions import Read
from gameserver.storage.redis.tournaments.tournament_values import tournament_key
from gameserver.tournaments.keys import IssuedKey
from gameserver.tournaments.tournament import Score, Submission
from gameserver.tournaments.tournament_store import Earlier, outdone


class _Row(NamedTuple):
    """A submission that counts, or did until it was removed."""

    user_id: int
    category: str
    value: int
    digest: str
    proven: bool
    moment: int
    removed: int | None = None
    """The number of its removal."""


def game_key(digest: bytes | str) -> str:
    return key("game", digest if isinstance(digest, str) else digest.hex())


class Submissions:
    """The submissions to one tournament."""

    def __init__(self, tournament_id: int) -> None:
        self.tournament_id = tournament_id
        self.rows = tournament_key(tournament_id, "submissions")
        self.counting = tournament_key(tournament_id, "counting")
        self.newest = tournament_key(tournament_id, "newest")
        self.keys = self.rows, self.counting, self.newest
        self.all: Command = ("HGETALL", self.rows)

    def read(self, user_id: int, only_best: bool, read: Read) -> PlayersTable:
        """What submissions of a user meet."""
        numbers, newest = read([("HGET", self.counting, user_id), ("GET", self.newest)])
        counting = json.loads(numbers or b"[]")
        rows = self._rows(counting, read) if only_best else {}
        return PlayersTable(self, user_id, int(newest or 0), counting, rows, only_best)

    def removed(self, user_id: int, read: Read) -> tuple[Sequence[Command], int]:
        """What has nothing of a user's count any more, and how much that is."""
        found, newest = read([("HGET", self.counting, user_id), ("GET", self.newest)])
        numbers = json.loads(found or b"[]")
        if not numbers:
            return (), 0
        number = int(newest) + 1
        made: list[Command] = [("SET", self.newest, number), ("HDEL", self.counting, user_id)]
        for at, row in self._rows(numbers, read).items():
            made.append(_kept(self.rows, at, row._replace(removed=number)))
            made.append(("SET", game_key(row.digest), f"{self.tournament_id} {user_id} 1"))
        return made, len(numbers)

    def _rows(self, numbers: Sequence[int], read: Read) -> dict[int, _Row]:
        if not numbers:
            return {}
        (found,) = read([("HMGET", self.rows, *numbers)])
        # What is gone has gone since the numbers were read, so the transaction will not be done.
        pairs = zip(numbers, found, strict=True)
        return {n: _Row(*json.loads(row)) for n, row in pairs if row}


class PlayersTable(NamedTuple):
    """What a player has submitted to a tournament when another submission comes."""

    submissions: Submissions
    user_id: int
    newest: int
    counting: list[int]
    rows: Mapping[int, _Row]
    """What counts, if only the best does."""
    only_best: bool

    def earlier(
        self, issued: IssuedKey | None, submission: Submission, game: bytes | None
    ) -> Earlier:
        """The state as a rule is told it; `game` is what is known of the same game."""
        counted_for, is_removed = None, False
        if game:
            tournament_id, user_id, removed = map(int, game.split())
            is_removed = bool(removed)
            counted_for = None if is_removed else (tournament_id, user_id)
        values = tuple(row.value for row in self._alike(submission).values())
        return Earlier(issued, counted_for, len(self.counting), is_removed, values)

    def added(self, submission: Submission, moment: int) -> tuple[Sequence[Command], PlayersTable]:
        """What counts the submission, and forgets what it has outdone; the table behind it."""
        there, number, alike = self.submissions, self.newest + 1, self._alike(submission)
        kept = [(at, row.moment) for at, row in alike.items()]
        gone = outdone(kept, moment) if self.only_best else []
        made: list[Command] = []
        for at in gone:
            made += [("HDEL", there.rows, at), ("DEL", game_key(alike[at].digest))]
        counting = [*(at for at in self.counting if at not in gone), number]
        row = _Row(*submission[:3], submission.digest.hex(), submission.proven, moment)
        made += [
            ("SET", there.newest, number),
            _kept(there.rows, number, row),
            ("HSET", there.counting, self.user_id, json.dumps(counting)),
            ("SET", game_key(submission.digest), f"{there.tournament_id} {self.user_id} 0"),
        ]
        rows = {at: row for at, row in (*self.rows.items(), (number, row)) if at not in gone}
        return made, self._replace(newest=number, counting=counting, rows=rows)

    def _alike(self, submission: Submission) -> Mapping[int, _Row]:
        """What counts in the same category, if only the best does."""
        return {n: row for n, row in self.rows.items() if row.category == submission.category}


def scores_in(found: Sequence[bytes], newest: int, end: int) -> list[Score]:
    """What counted when `newest` was the last number, as far as it came before the end."""
    return [
        Score(row.user_id, row.category, row.value)
        for number, row in _all_in(found)
        if number <= newest < (row.removed or math.inf) and row.moment < end
    ]


def unproven_in(found: Sequence[bytes]) -> Mapping[int, int]:
    """How many games of each user do not bear out their values, by user."""
    rows = (row for _, row in _all_in(found))
    counts = Counter(row.user_id for row in rows if row.removed is None and not row.proven)
    return dict(sorted(counts.items()))


def _all_in(found: Sequence[bytes]) -> list[tuple[int, _Row]]:
    """The rows of a whole hash, by number."""
    pairs: Any = zip(found[::2], found[1::2], strict=True)
    return sorted((int(number), _Row(*json.loads(row))) for number, row in pairs)


def _kept(rows: str, number: int, row: _Row) -> Command:
    return ("HSET", rows, number, json.dumps(row))
