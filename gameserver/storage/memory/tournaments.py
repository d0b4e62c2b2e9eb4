"""Tournaments, in memory."""

from __future__ import annotations

import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from gameserver.errors import Refused
from gameserver.storage.memory.accounts import MemoryAccounts
from gameserver.tournaments.keys import IssuedKey, Key
from gameserver.tournaments.tournament import Entry, Score, Submission, Tournament
from gameserver.tournaments.tournament_store import Detail, Earlier


@dataclass
class _Record:
    """A tournament with all that belongs to it; by user id."""

    tournament: Tournament
    entries: dict[int, Entry] = field(default_factory=dict)
    keys: dict[int, IssuedKey] = field(default_factory=dict)
    scores: list[tuple[int, Submission]] = field(default_factory=list)
    """With the number of each, which counts over all tournaments."""
    per_user: Counter[int] = field(default_factory=Counter)
    """How many submissions of each user count."""
    unproven: Counter[int] = field(default_factory=Counter)


class MemoryTournaments:
    """Tournaments, entries, keys and submissions in dictionaries: a `TournamentStore`."""

    def __init__(self, lock: threading.RLock, accounts: MemoryAccounts) -> None:
        """`lock` is the engine's; `accounts` know the names of users."""
        self._lock = lock
        self._accounts = accounts
        self._records: dict[int, _Record] = {}
        self._hosted: defaultdict[int, list[int]] = defaultdict(list)
        """The tournaments of each host."""
        self._counted: dict[bytes, tuple[int, int]] = {}
        """Tournament and user for which a game counts, by the game's digest."""

    # Tournaments

    def add(self, make: Callable[[Callable[[int, int], int]], Tournament]) -> Tournament:
        with self._lock:
            tournament = replace(make(self._count_hosted), id=len(self._records) + 1)
            self._records[tournament.id] = _Record(tournament)
            self._hosted[tournament.host_id].append(tournament.id)
            return tournament

    def change(self, tournament_id: int, rule: Callable[[Tournament], Tournament]) -> Tournament:
        with self._lock:
            record = self._existing(tournament_id)
            record.tournament = rule(record.tournament)
            return record.tournament

    def tournament(self, tournament_id: int) -> Tournament:
        with self._lock:
            return self._existing(tournament_id).tournament

    def listed(self, user_id: int | None, ending_after: int) -> list[tuple[Tournament, Entry]]:
        with self._lock:
            return [
                (record.tournament, _entry(record, user_id))
                for record in self._records.values()
                if record.tournament.end > ending_after
            ]

    def detail(self, tournament_id: int) -> Detail:
        name_of = self._accounts.name_of
        with self._lock:
            record = self._existing(tournament_id)
            return Detail(
                record.tournament,
                name_of(record.tournament.host_id),
                [(user, name_of(user), entry) for user, entry in sorted(record.entries.items())],
                record.scores[-1][0] if record.scores else 0,
            )

    def unproven(self, tournament_id: int) -> Mapping[str, int]:
        with self._lock:
            unproven: Counter[str] = Counter()
            for user, count in sorted(self._existing(tournament_id).unproven.items()):
                unproven[self._accounts.name_of(user)] += count
            return unproven

    # Entries and keys

    def enter(
        self, tournament_id: int, user_id: int, rule: Callable[[Tournament, Entry], Entry]
    ) -> Entry:
        with self._lock:
            record = self._existing(tournament_id)
            before = _entry(record, user_id)
            after = rule(record.tournament, before)
            if after is not before:
                record.entries[user_id] = after
            return after

    def issue_key(
        self,
        tournament_id: int,
        user_id: int,
        rule: Callable[[Tournament, Entry, IssuedKey | None], IssuedKey],
    ) -> IssuedKey:
        with self._lock:
            record = self._existing(tournament_id)
            issued = rule(record.tournament, _entry(record, user_id), record.keys.get(user_id))
            record.keys[user_id] = issued
            return issued

    def end_keys(self, user_id: int) -> None:
        with self._lock:
            for record in self._records.values():
                record.keys.pop(user_id, None)

    def key(self, tournament_id: int, user_id: int) -> tuple[Tournament, IssuedKey | None]:
        with self._lock:
            record = self._existing(tournament_id)
            return record.tournament, record.keys.get(user_id)

    # Submissions

    def count(
        self,
        key: Key,
        submission: Submission,
        now: int,
        rule: Callable[[Tournament | None, Earlier], bool],
    ) -> bool:
        with self._lock:
            record = self._records.get(key.tournament_id)
            earlier = Earlier(
                record.keys.get(key.user_id) if record else None,
                self._counted.get(submission.digest),
                record.per_user[key.user_id] if record else 0,
            )
            counts = rule(record.tournament if record else None, earlier)
            if counts:
                assert record
                self._keep(record, key, submission)
            return counts

    def scores(self, tournament_id: int, newest: int) -> list[Score]:
        with self._lock:
            return [
                Score(game.user_id, game.category, game.value)
                for number, game in self._existing(tournament_id).scores
                if number <= newest
            ]

    def _keep(self, record: _Record, key: Key, submission: Submission) -> None:
        self._counted[submission.digest] = key.tournament_id, key.user_id
        record.scores.append((len(self._counted), submission))
        record.per_user[key.user_id] += 1
        if not submission.proven:
            record.unproven[key.user_id] += 1

    def _count_hosted(self, host_id: int, now: int) -> int:
        hosted = (self._records[tournament_id] for tournament_id in self._hosted[host_id])
        return sum(record.tournament.end > now for record in hosted)

    def _existing(self, tournament_id: int) -> _Record:
        record = self._records.get(tournament_id)
        if record is None:
            raise Refused("no_such_tournament")
        return record


def _entry(record: _Record, user_id: int | None) -> Entry:
    return Entry.NONE if user_id is None else record.entries.get(user_id, Entry.NONE)
