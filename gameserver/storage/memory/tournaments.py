"""Tournaments, in memory."""

from __future__ import annotations

import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from gameserver.errors import Refused
from gameserver.storage.memory.accounts import MemoryAccounts
from gameserver.storage.memory.submissions import Submissions
from gameserver.tournaments.catalogue import Catalogue, Hosted, Listing, Page, card_of
from gameserver.tournaments.keys import IssuedKey, Key
from gameserver.tournaments.tournament import Entry, Score, Submission, Tournament
from gameserver.tournaments.tournament_store import Counts, Detail


@dataclass
class _Record:
    """A tournament with all that belongs to it; by user id."""

    tournament: Tournament
    entries: dict[int, Entry] = field(default_factory=dict)
    keys: dict[int, IssuedKey] = field(default_factory=dict)


class MemoryTournaments:
    """Tournaments, entries, keys and submissions in dictionaries: a `TournamentStore`."""

    def __init__(self, lock: threading.RLock, accounts: MemoryAccounts) -> None:
        """`lock` is the engine's; `accounts` know the names of users."""
        self._lock = lock
        self._accounts = accounts
        self._records: dict[int, _Record] = {}
        self._catalogue = Catalogue()
        self._entered: defaultdict[int, set[int]] = defaultdict(set)
        """The tournaments that each user has an entry in."""
        self._submissions = Submissions()

    # Tournaments

    def add(self, make: Callable[[Callable[[int, int], Hosted]], Tournament]) -> Tournament:
        with self._lock:
            made = make(self._catalogue.hosted)
            tournament = replace(made, id=self._catalogue.next_id)
            self._records[tournament.id] = _Record(tournament)
            self._catalogue.put(card_of(tournament, entered=False))
            return tournament

    def change(self, tournament_id: int, rule: Callable[[Tournament], Tournament]) -> Tournament:
        with self._lock:
            record = self._existing(tournament_id)
            record.tournament = rule(record.tournament)
            self._catalogue.put(card_of(record.tournament, bool(record.entries)))
            return record.tournament

    def delete(self, tournament_id: int, rule: Callable[[Tournament, bool], None]) -> None:
        with self._lock:
            record = self._existing(tournament_id)
            rule(record.tournament, bool(record.entries))
            del self._records[tournament_id]
            self._catalogue.remove(tournament_id)

    def tournament(self, tournament_id: int) -> Tournament:
        with self._lock:
            return self._existing(tournament_id).tournament

    def listing(self, name: str, now: int, page: Page | None) -> Listing:
        with self._lock:
            return self._catalogue.listing(name, now, page, self._read)

    def entries(self, user_id: int, listing: Listing) -> Mapping[int, Entry]:
        with self._lock:
            entered = self._entered.get(user_id, ())
            shown = [each.id for each in listing.tournaments if each.id in entered]
            return {shown_id: self._records[shown_id].entries[user_id] for shown_id in shown}

    def entered(self, user_id: int, ending_after: int) -> list[tuple[Tournament, Entry]]:
        with self._lock:
            records = [self._records[n] for n in sorted(self._entered.get(user_id, ()))]
            return [
                (record.tournament, record.entries[user_id])
                for record in records
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
                self._submissions.newest(tournament_id),
            )

    def unproven(self, tournament_id: int) -> Mapping[str, int]:
        with self._lock:
            self._existing(tournament_id)
            unproven: Counter[str] = Counter()
            for user, count in self._submissions.unproven(tournament_id).items():
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
                self._entered[user_id].add(tournament_id)
                self._catalogue.enter(tournament_id)
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
        moment: int,
        rule: Counts,
        only_best: bool = False,
    ) -> bool:
        with self._lock:
            record = self._records.get(key.tournament_id)
            issued = record.keys.get(key.user_id) if record else None
            earlier = self._submissions.earlier(key, issued, submission, only_best)
            counts = rule(record.tournament if record else None, earlier)
            if counts:
                self._submissions.add(key, submission, moment, only_best)
            return counts

    def counting(
        self, key: Key, submissions: Sequence[tuple[Submission, Counts]], moment: int
    ) -> Callable[[], object]:
        def count() -> None:
            with self._lock:
                for submission, rule in submissions:
                    self.count(key, submission, moment, rule, only_best=True)

        return count

    def remove(self, tournament_id: int, user_id: int, rule: Callable[[Tournament], None]) -> int:
        with self._lock:
            rule(self._existing(tournament_id).tournament)
            return self._submissions.remove(tournament_id, user_id)

    def scores(self, tournament_id: int, newest: int) -> list[Score]:
        with self._lock:
            end = self._existing(tournament_id).tournament.end
            return self._submissions.scores(tournament_id, newest, end)

    def _read(self, ids: Sequence[int]) -> list[Tournament]:
        return [self._records[tournament_id].tournament for tournament_id in ids]

    def _existing(self, tournament_id: int) -> _Record:
        record = self._records.get(tournament_id)
        if record is None:
            raise Refused("no_such_tournament")
        return record


def _entry(record: _Record, user_id: int) -> Entry:
    return record.entries.get(user_id, Entry.NONE)
