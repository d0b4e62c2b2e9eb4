"""Tournaments, entries, keys and submissions, in Redis."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from gameserver.storage.redis.auth.accounts import RedisAccounts
from gameserver.storage.redis.link.keys import key as key_of
from gameserver.storage.redis.link.link import Command
from gameserver.storage.redis.link.questions import Change, Read
from gameserver.storage.redis.link.rounds import Rounds
from gameserver.storage.redis.tournaments.counting import counting_of
from gameserver.storage.redis.tournaments.submissions import (
    Submissions,
    scores_in,
    unproven_in,
)
from gameserver.storage.redis.tournaments.tournament_catalogue import (
    NUMBER,
    SharedCatalogue,
    changed,
)
from gameserver.storage.redis.tournaments.tournament_values import (
    entries_of,
    entry_in,
    existing,
    issued_in,
    key_kept,
    keys_of,
    packed,
    pairs_in,
    tournament_key,
    unpacked,
)
from gameserver.times import Clock, moment_of, server_clock
from gameserver.tournaments.catalogue import Hosted, Listing, Page
from gameserver.tournaments.keys import IssuedKey, Key
from gameserver.tournaments.tournament import Entry, Score, Submission, Tournament
from gameserver.tournaments.tournament_store import Counts, Detail

_IDS = key_of("tournaments:ids")
"""The last one that was given."""


class RedisTournaments:
    """A `TournamentStore`. Every change is a transaction, which watches what its rule has read."""

    def __init__(
        self, rounds: Rounds, accounts: RedisAccounts, clock: Clock = server_clock
    ) -> None:
        """`accounts` know the names of users."""
        self._rounds = rounds
        self._accounts = accounts
        self._catalogue = SharedCatalogue(moment_of(clock()))
        self._transact = rounds.transact

    # Tournaments

    def add(self, make: Callable[[Callable[[int, int], Hosted]], Tournament]) -> Tournament:
        def rule(read: Read) -> Change:
            number, last = read([("GET", NUMBER), ("GET", _IDS)])
            self._catalogue.catch_up(int(number or 0), read)
            tournament = replace(make(self._catalogue.hosted), id=int(last or 0) + 1)
            kept: Command = ("SET", tournament_key(tournament.id), packed(tournament))
            counted = changed(int(number or 0), tournament.id)
            return Change([("INCR", _IDS), kept, *counted], tournament)

        added: Tournament = self._transact([NUMBER, _IDS], rule)
        return added

    def change(self, tournament_id: int, rule: Callable[[Tournament], Tournament]) -> Tournament:
        place = tournament_key(tournament_id)

        def change(read: Read) -> Change:
            found, number = read([("GET", place), ("GET", NUMBER)])
            made = rule(existing(found))
            kept: Command = ("SET", place, packed(made))
            return Change([kept, *changed(int(number), tournament_id)], made)

        made: Tournament = self._transact([place, NUMBER], change)
        return made

    def delete(self, tournament_id: int, rule: Callable[[Tournament, bool], None]) -> None:
        place, entries = tournament_key(tournament_id), tournament_key(tournament_id, "entries")

        def change(read: Read) -> Change:
            found, number, entered = read([("GET", place), ("GET", NUMBER), ("EXISTS", entries)])
            rule(existing(found), bool(entered))
            return Change([("DEL", place), *changed(int(number), tournament_id)])

        self._transact([place, entries, NUMBER], change)

    def tournament(self, tournament_id: int) -> Tournament:
        (found,) = self._rounds.ask([("GET", tournament_key(tournament_id))])
        return existing(found)

    def listing(self, name: str, now: int, page: Page | None) -> Listing:
        (number,) = self._rounds.ask([("GET", NUMBER)])
        self._catalogue.catch_up(int(number or 0), self._rounds.read)
        return self._catalogue.listing(name, now, page)

    def entries(self, user_id: int, listing: Listing) -> Mapping[int, Entry]:
        ids = [each.id for each in listing.tournaments]
        if not ids:
            return {}
        (found,) = self._rounds.ask([("HMGET", entries_of(user_id), *ids)])
        return {n: Entry(entry.decode()) for n, entry in zip(ids, found, strict=True) if entry}

    def entered(self, user_id: int, ending_after: int) -> list[tuple[Tournament, Entry]]:
        (found,) = self._rounds.ask([("HGETALL", entries_of(user_id))])
        entries = {int(n): Entry(entry.decode()) for n, entry in pairs_in(found)}
        if not entries:
            return []
        ids = sorted(entries)
        (values,) = self._rounds.ask([("MGET", *map(tournament_key, ids))])
        tournaments = [unpacked(each) for each in values if each]
        return [(each, entries[each.id]) for each in tournaments if each.end > ending_after]

    def detail(self, tournament_id: int) -> Detail:
        found, rows, newest = self._rounds.ask(
            [
                ("GET", tournament_key(tournament_id)),
                ("HGETALL", tournament_key(tournament_id, "entries")),
                ("GET", Submissions(tournament_id).newest),
            ]
        )
        tournament = existing(found)
        entries = sorted((int(user), Entry(entry.decode())) for user, entry in pairs_in(rows))
        users = [user for user, _ in entries]
        host, *names = self._accounts.names_of([tournament.host_id, *users])
        shown = [(user, name, entry) for (user, entry), name in zip(entries, names, strict=True)]
        return Detail(tournament, host, shown, int(newest or 0))

    def unproven(self, tournament_id: int) -> Mapping[str, int]:
        found, rows = self._rounds.ask(
            [("GET", tournament_key(tournament_id)), Submissions(tournament_id).all]
        )
        existing(found)
        counts = unproven_in(rows)
        unproven: Counter[str] = Counter()
        for name, count in zip(self._accounts.names_of(list(counts)), counts.values(), strict=True):
            unproven[name] += count
        return unproven

    # Entries and keys

    def enter(
        self, tournament_id: int, user_id: int, rule: Callable[[Tournament, Entry], Entry]
    ) -> Entry:
        place, entries = tournament_key(tournament_id), tournament_key(tournament_id, "entries")

        def change(read: Read) -> Change:
            found, entry, count, number = read(
                [("GET", place), ("HGET", entries, user_id), ("HLEN", entries), ("GET", NUMBER)]
            )
            before = entry_in(entry)
            after = rule(existing(found), before)
            if after is before:
                return Change((), after)
            kept: list[Command] = [
                ("HSET", entries, user_id, after),
                ("HSET", entries_of(user_id), tournament_id, after),
            ]
            counted = () if count else changed(int(number), tournament_id)
            return Change([*kept, *counted], after)

        return Entry(self._transact([place, entries, NUMBER], change))

    def issue_key(
        self,
        tournament_id: int,
        user_id: int,
        rule: Callable[[Tournament, Entry, IssuedKey | None], IssuedKey],
    ) -> IssuedKey:
        place, entries = tournament_key(tournament_id), tournament_key(tournament_id, "entries")
        keys = tournament_key(tournament_id, "keys")

        def change(read: Read) -> Change:
            found, entry, drawn = read(
                [("GET", place), ("HGET", entries, user_id), ("HGET", keys, user_id)]
            )
            before = issued_in(tournament_id, user_id, drawn)
            issued = rule(existing(found), entry_in(entry), before)
            kept: list[Command] = [
                ("HSET", keys, user_id, key_kept(issued)),
                ("SADD", keys_of(user_id), tournament_id),
            ]
            return Change(kept, issued)

        issued: IssuedKey = self._transact([place, entries, keys], change)
        return issued

    def end_keys(self, user_id: int) -> None:
        def rule(read: Read) -> Change:
            (ids,) = read([("SMEMBERS", keys_of(user_id))])
            gone: list[Command] = [("HDEL", tournament_key(int(n), "keys"), user_id) for n in ids]
            return Change([*gone, ("DEL", keys_of(user_id))])

        self._transact([keys_of(user_id)], rule)

    def key(self, tournament_id: int, user_id: int) -> tuple[Tournament, IssuedKey | None]:
        found, drawn = self._rounds.ask(
            [
                ("GET", tournament_key(tournament_id)),
                ("HGET", tournament_key(tournament_id, "keys"), user_id),
            ]
        )
        return existing(found), issued_in(tournament_id, user_id, drawn)

    # Submissions

    def count(
        self,
        key: Key,
        submission: Submission,
        moment: int,
        rule: Counts,
        only_best: bool = False,
    ) -> bool:
        (counts,) = counting_of(self._rounds, key, [(submission, rule)], moment, only_best)()
        return bool(counts)

    def counting(
        self, key: Key, submissions: Sequence[tuple[Submission, Counts]], moment: int
    ) -> Callable[[], object]:
        return counting_of(self._rounds, key, submissions, moment, only_best=True)

    def remove(self, tournament_id: int, user_id: int, rule: Callable[[Tournament], None]) -> int:
        place, submissions = tournament_key(tournament_id), Submissions(tournament_id)

        def change(read: Read) -> Change:
            (found,) = read([("GET", place)])
            rule(existing(found))
            return Change(*submissions.removed(user_id, read))

        return int(self._transact([place, *submissions.keys], change))

    def scores(self, tournament_id: int, newest: int) -> list[Score]:
        found, rows = self._rounds.ask(
            [("GET", tournament_key(tournament_id)), Submissions(tournament_id).all]
        )
        return scores_in(rows, newest, existing(found).end)
