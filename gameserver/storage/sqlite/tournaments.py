"""The tables of tournaments."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import astuple, replace
from functools import partial

from gameserver.storage.sqlite import submission_rows
from gameserver.storage.sqlite.accounts import shown_name
from gameserver.storage.sqlite.database import Database
from gameserver.storage.sqlite.tournament_rows import (
    COLUMNS,
    among,
    cards,
    entry_of,
    existing,
    find_tournament,
    issued_key,
    read_tournaments,
    tournament_of,
)
from gameserver.times import Clock, moment_of, server_clock
from gameserver.tournaments.catalogue import Card, Catalogue, Hosted, Listing, Page, card_of
from gameserver.tournaments.keys import IssuedKey, Key
from gameserver.tournaments.tournament import Entry, Score, Submission, Tournament
from gameserver.tournaments.tournament_store import Counts, Detail


class SqliteTournaments:
    """Tournaments, entries, keys and submissions in the database: a `TournamentStore`."""

    def __init__(self, database: Database, clock: Clock = server_clock) -> None:
        """`clock` says which lists the tournaments of the file stand in when it is opened."""
        self._database = database
        self._catalogue = Catalogue(moment_of(clock()))
        self._changed: set[int] = set()
        """The tournaments whose cards were changed in this batch."""
        with database.batch() as sql:
            for card in cards(sql):
                self._catalogue.put(card)
        database.join(self)

    # Tournaments

    def add(self, make: Callable[[Callable[[int, int], Hosted]], Tournament]) -> Tournament:
        with self._database.transaction() as sql:
            made = make(self._catalogue.hosted)
            tournament = replace(made, id=self._catalogue.next_id)
            sql.execute(
                f"INSERT INTO tournaments ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                astuple(tournament),
            )
            self._put(card_of(tournament, entered=False))  # last: an operation may be undone
        return tournament

    def change(self, tournament_id: int, rule: Callable[[Tournament], Tournament]) -> Tournament:
        with self._database.transaction() as sql:
            changed = rule(existing(sql, tournament_id))
            sql.execute(
                "UPDATE tournaments SET host_id = ?, name = ?, mode = ?, modeparams = ?,"
                " location = ?, starts = ?, ends = ?, open_entry = ?, hide_results = ?"
                " WHERE id = ?",
                (*astuple(changed)[1:], tournament_id),
            )
            self._put(card_of(changed, self._catalogue.entered(tournament_id)))
        return changed

    def delete(self, tournament_id: int, rule: Callable[[Tournament, bool], None]) -> None:
        with self._database.transaction() as sql:
            rule(existing(sql, tournament_id), self._catalogue.entered(tournament_id))
            sql.execute("DELETE FROM tournaments WHERE id = ?", (tournament_id,))
            self._changed.add(tournament_id)
            self._catalogue.remove(tournament_id)

    def tournament(self, tournament_id: int) -> Tournament:
        with self._database.batch() as sql:
            return existing(sql, tournament_id)

    def listing(self, name: str, now: int, page: Page | None) -> Listing:
        with self._database.batch() as sql:
            return self._catalogue.listing(name, now, page, partial(read_tournaments, sql))

    def entries(self, user_id: int, listing: Listing) -> Mapping[int, Entry]:
        ids = [tournament.id for tournament in listing.tournaments]
        with self._database.batch() as sql:
            rows = sql.execute(
                f"SELECT tournament_id, entry FROM entries WHERE user_id = ? AND {among(ids)}",
                (user_id,),
            ).fetchall()
        return {tournament_id: Entry(entry) for tournament_id, entry in rows}

    def entered(self, user_id: int, ending_after: int) -> list[tuple[Tournament, Entry]]:
        with self._database.batch() as sql:
            rows = sql.execute(
                f"SELECT {COLUMNS}, entry FROM entries JOIN tournaments ON tournament_id = id"
                " WHERE user_id = ? AND ends > ? ORDER BY id",
                (user_id, ending_after),
            ).fetchall()
        return [(tournament_of(row), Entry(row[-1])) for row in rows]

    def detail(self, tournament_id: int) -> Detail:
        with self._database.batch() as sql:
            tournament = existing(sql, tournament_id)
            (host,) = sql.execute(
                "SELECT username FROM accounts WHERE id = ?", (tournament.host_id,)
            ).fetchone()
            rows = sql.execute(
                "SELECT user_id, username, entry FROM entries JOIN accounts ON user_id = id"
                " WHERE tournament_id = ? ORDER BY user_id",
                (tournament_id,),
            ).fetchall()
            newest = submission_rows.newest(sql, tournament_id)
        entries = [(user_id, shown_name(name), Entry(entry)) for user_id, name, entry in rows]
        return Detail(tournament, shown_name(host), entries, newest)

    def unproven(self, tournament_id: int) -> Mapping[str, int]:
        with self._database.batch() as sql:
            rows = sql.execute(
                "SELECT username, COUNT(*) FROM tournament_scores AS score"
                " JOIN accounts ON user_id = accounts.id"
                " WHERE tournament_id = ? AND NOT proven AND removed IS NULL GROUP BY user_id",
                (tournament_id,),
            ).fetchall()
        unproven: Counter[str] = Counter()
        for username, count in rows:
            unproven[shown_name(username)] += count
        return unproven

    # Entries and keys

    def enter(
        self, tournament_id: int, user_id: int, rule: Callable[[Tournament, Entry], Entry]
    ) -> Entry:
        with self._database.transaction() as sql:
            tournament, before = existing(sql, tournament_id), entry_of(sql, tournament_id, user_id)
            after = rule(tournament, before)
            if after is not before:
                sql.execute(
                    "INSERT INTO entries (tournament_id, user_id, entry) VALUES (?, ?, ?)"
                    " ON CONFLICT DO UPDATE SET entry = excluded.entry",
                    (tournament_id, user_id, after),
                )
                if self._catalogue.enter(tournament_id):
                    self._changed.add(tournament_id)
        return after

    def issue_key(
        self,
        tournament_id: int,
        user_id: int,
        rule: Callable[[Tournament, Entry, IssuedKey | None], IssuedKey],
    ) -> IssuedKey:
        with self._database.transaction() as sql:
            tournament, entry = existing(sql, tournament_id), entry_of(sql, tournament_id, user_id)
            issued = rule(tournament, entry, issued_key(sql, tournament_id, user_id))
            sql.execute(
                "INSERT INTO tournament_keys (tournament_id, user_id, secret, generated, expiry)"
                " VALUES (?, ?, ?, ?, ?)",
                (tournament_id, user_id, issued.key.secret, issued.generated, issued.expiry),
            )
        return issued

    def end_keys(self, user_id: int) -> None:
        with self._database.transaction() as sql:
            sql.execute("DELETE FROM tournament_keys WHERE user_id = ?", (user_id,))

    def key(self, tournament_id: int, user_id: int) -> tuple[Tournament, IssuedKey | None]:
        with self._database.batch() as sql:
            return existing(sql, tournament_id), issued_key(sql, tournament_id, user_id)

    # Submissions

    def count(
        self,
        key: Key,
        submission: Submission,
        moment: int,
        rule: Counts,
        only_best: bool = False,
    ) -> bool:
        with self._database.transaction() as sql:
            earlier = submission_rows.earlier(sql, key, submission, only_best)
            counts = rule(find_tournament(sql, key.tournament_id), earlier)
            if counts:
                submission_rows.add(sql, key, submission, moment, only_best)
        return counts

    def counting(
        self, key: Key, submissions: Sequence[tuple[Submission, Counts]], moment: int
    ) -> Callable[[], object]:
        def count() -> None:
            with self._database.transaction():
                for submission, rule in submissions:
                    self.count(key, submission, moment, rule, only_best=True)

        return count

    def remove(self, tournament_id: int, user_id: int, rule: Callable[[Tournament], None]) -> int:
        with self._database.transaction() as sql:
            rule(existing(sql, tournament_id))
            return submission_rows.remove(sql, tournament_id, user_id)

    def scores(self, tournament_id: int, newest: int) -> list[Score]:
        with self._database.batch() as sql:
            return submission_rows.scores(sql, tournament_id, newest)

    # As a member of the database

    def write(self, connection: sqlite3.Connection) -> None:
        """Nothing: all is in the tables already."""

    def committed(self) -> None:
        self._changed.clear()

    def restore(self, connection: sqlite3.Connection) -> None:
        for tournament_id in self._changed:
            self._catalogue.remove(tournament_id)
        for card in cards(connection, f"WHERE {among(self._changed, 'id')}"):
            self._catalogue.put(card)
        self._changed.clear()

    def _put(self, card: Card) -> None:
        self._changed.add(card.id)
        self._catalogue.put(card)
