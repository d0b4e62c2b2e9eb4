"""The tables of tournaments."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import astuple, replace
from typing import Any

from gameserver.errors import Refused
from gameserver.storage.sqlite.accounts import shown_name
from gameserver.storage.sqlite.database import Database
from gameserver.tournaments.keys import IssuedKey, Key
from gameserver.tournaments.tournament import Entry, Score, Submission, Tournament
from gameserver.tournaments.tournament_store import Detail, Earlier

_COLUMNS = "id, host_id, name, mode, modeparams, location, starts, ends, open_entry, hide_results"


class SqliteTournaments:
    """Tournaments, entries, keys and submissions in the database: a `TournamentStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # Tournaments

    def add(self, make: Callable[[Callable[[int, int], int]], Tournament]) -> Tournament:
        with self._database.transaction() as sql:

            def count_hosted(host_id: int, now: int) -> int:
                query = "SELECT COUNT(*) FROM tournaments WHERE host_id = ? AND ends > ?"
                return _number(sql, query, (host_id, now))

            tournament = make(count_hosted)
            added = sql.execute(
                "INSERT INTO tournaments (host_id, name, mode, modeparams, location, starts, ends,"
                " open_entry, hide_results) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                astuple(tournament)[1:],
            )
        assert added.lastrowid
        return replace(tournament, id=added.lastrowid)

    def change(self, tournament_id: int, rule: Callable[[Tournament], Tournament]) -> Tournament:
        with self._database.transaction() as sql:
            changed = rule(_existing(sql, tournament_id))
            sql.execute(
                "UPDATE tournaments SET host_id = ?, name = ?, mode = ?, modeparams = ?,"
                " location = ?, starts = ?, ends = ?, open_entry = ?, hide_results = ?"
                " WHERE id = ?",
                (*astuple(changed)[1:], tournament_id),
            )
        return changed

    def tournament(self, tournament_id: int) -> Tournament:
        with self._database.batch() as sql:
            return _existing(sql, tournament_id)

    def listed(self, user_id: int | None, ending_after: int) -> list[tuple[Tournament, Entry]]:
        with self._database.batch() as sql:
            rows = sql.execute(
                f"SELECT {_COLUMNS}, entry FROM tournaments LEFT JOIN entries"
                " ON tournament_id = id AND user_id = ? WHERE ends > ? ORDER BY id",
                (user_id, ending_after),
            ).fetchall()
        return [(_tournament(row), Entry(row[-1] or Entry.NONE)) for row in rows]

    def detail(self, tournament_id: int) -> Detail:
        with self._database.batch() as sql:
            tournament = _existing(sql, tournament_id)
            (host,) = sql.execute(
                "SELECT username FROM accounts WHERE id = ?", (tournament.host_id,)
            ).fetchone()
            rows = sql.execute(
                "SELECT user_id, username, entry FROM entries JOIN accounts ON user_id = id"
                " WHERE tournament_id = ? ORDER BY user_id",
                (tournament_id,),
            ).fetchall()
            query = "SELECT COALESCE(MAX(id), 0) FROM tournament_scores WHERE tournament_id = ?"
            newest = _number(sql, query, (tournament_id,))
        entries = [(user_id, shown_name(name), Entry(entry)) for user_id, name, entry in rows]
        return Detail(tournament, shown_name(host), entries, newest)

    def unproven(self, tournament_id: int) -> Mapping[str, int]:
        with self._database.batch() as sql:
            rows = sql.execute(
                "SELECT username, COUNT(*) FROM tournament_scores AS score"
                " JOIN accounts ON user_id = accounts.id"
                " WHERE tournament_id = ? AND NOT proven GROUP BY user_id",
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
            tournament, before = _existing(sql, tournament_id), _entry(sql, tournament_id, user_id)
            after = rule(tournament, before)
            if after is not before:
                sql.execute(
                    "INSERT INTO entries (tournament_id, user_id, entry) VALUES (?, ?, ?)"
                    " ON CONFLICT DO UPDATE SET entry = excluded.entry",
                    (tournament_id, user_id, after),
                )
        return after

    def issue_key(
        self,
        tournament_id: int,
        user_id: int,
        rule: Callable[[Tournament, Entry, IssuedKey | None], IssuedKey],
    ) -> IssuedKey:
        with self._database.transaction() as sql:
            tournament, entry = _existing(sql, tournament_id), _entry(sql, tournament_id, user_id)
            issued = rule(tournament, entry, _issued(sql, tournament_id, user_id))
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
            return _existing(sql, tournament_id), _issued(sql, tournament_id, user_id)

    # Submissions

    def count(
        self,
        key: Key,
        submission: Submission,
        now: int,
        rule: Callable[[Tournament | None, Earlier], bool],
    ) -> bool:
        place = (key.tournament_id, key.user_id)
        with self._database.transaction() as sql:
            row = sql.execute(
                "SELECT tournament_id, user_id FROM tournament_scores WHERE digest = ?",
                (submission.digest,),
            ).fetchone()
            query = "SELECT COUNT(*) FROM tournament_scores WHERE tournament_id = ? AND user_id = ?"
            earlier = Earlier(_issued(sql, *place), row, _number(sql, query, place))
            counts = rule(_find(sql, key.tournament_id), earlier)
            if counts:
                sql.execute(
                    "INSERT INTO tournament_scores (tournament_id, user_id, level, time_ms, digest,"
                    " proven, uploaded) VALUES (?, ?, ?, ?, ?, ?, ?)",
                    (*place, submission.category, submission.value, submission.digest,
                     submission.proven, now),
                )  # fmt: skip
        return counts

    def scores(self, tournament_id: int, newest: int) -> list[Score]:
        with self._database.batch() as sql:
            rows = sql.execute(
                "SELECT user_id, level, time_ms FROM tournament_scores"
                " WHERE tournament_id = ? AND id <= ?",
                (tournament_id, newest),
            ).fetchall()
        return [Score(*row) for row in rows]


def _find(sql: sqlite3.Connection, tournament_id: int) -> Tournament | None:
    row = sql.execute(
        f"SELECT {_COLUMNS} FROM tournaments WHERE id = ?", (tournament_id,)
    ).fetchone()
    return _tournament(row) if row else None


def _existing(sql: sqlite3.Connection, tournament_id: int) -> Tournament:
    tournament = _find(sql, tournament_id)
    if tournament is None:
        raise Refused("no_such_tournament")
    return tournament


def _entry(sql: sqlite3.Connection, tournament_id: int, user_id: int) -> Entry:
    row = sql.execute(
        "SELECT entry FROM entries WHERE tournament_id = ? AND user_id = ?",
        (tournament_id, user_id),
    ).fetchone()
    return Entry(row[0]) if row else Entry.NONE


def _issued(sql: sqlite3.Connection, tournament_id: int, user_id: int) -> IssuedKey | None:
    row = sql.execute(
        "SELECT secret, generated, expiry FROM tournament_keys"
        " WHERE tournament_id = ? AND user_id = ?",
        (tournament_id, user_id),
    ).fetchone()
    return IssuedKey(Key(user_id, tournament_id, row[0]), row[1], row[2]) if row else None


def _number(sql: sqlite3.Connection, query: str, values: Iterable[Any]) -> int:
    return int(sql.execute(query, tuple(values)).fetchone()[0])


def _tournament(row: tuple[Any, ...]) -> Tournament:
    return Tournament(*row[:8], bool(row[8]), bool(row[9]))  # type: ignore[call-arg]
