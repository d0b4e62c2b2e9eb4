"""What is read of the tables of tournaments, as the values that it stands for."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from gameserver.errors import Refused
from gameserver.tournaments.catalogue import Card
from gameserver.tournaments.keys import IssuedKey, Key
from gameserver.tournaments.tournament import Entry, Tournament

COLUMNS = "id, host_id, name, mode, modeparams, location, starts, ends, open_entry, hide_results"


def cards(sql: sqlite3.Connection, where: str = "") -> Iterator[Card]:
    """The cards of tournaments, by id."""
    rows = sql.execute(
        "SELECT id, host_id, starts, ends, EXISTS"
        " (SELECT 1 FROM entries WHERE tournament_id = tournaments.id)"
        f" FROM tournaments {where} ORDER BY id"
    )
    return (Card._make(row) for row in rows)


def among(ids: Iterable[int], column: str = "tournament_id") -> str:
    """The condition that a column has one of these numbers."""
    return f"{column} IN ({','.join(map(str, ids))})"


def read_tournaments(sql: sqlite3.Connection, ids: Sequence[int]) -> list[Tournament]:
    """Tournaments by their ids, which are in ascending order."""
    rows = sql.execute(f"SELECT {COLUMNS} FROM tournaments WHERE {among(ids, 'id')} ORDER BY id")
    return [tournament_of(row) for row in rows]


def find_tournament(sql: sqlite3.Connection, tournament_id: int) -> Tournament | None:
    row = sql.execute(
        f"SELECT {COLUMNS} FROM tournaments WHERE id = ?", (tournament_id,)
    ).fetchone()
    return tournament_of(row) if row else None


def existing(sql: sqlite3.Connection, tournament_id: int) -> Tournament:
    tournament = find_tournament(sql, tournament_id)
    if tournament is None:
        raise Refused("no_such_tournament")
    return tournament


def entry_of(sql: sqlite3.Connection, tournament_id: int, user_id: int) -> Entry:
    row = sql.execute(
        "SELECT entry FROM entries WHERE tournament_id = ? AND user_id = ?",
        (tournament_id, user_id),
    ).fetchone()
    return Entry(row[0]) if row else Entry.NONE


def issued_key(sql: sqlite3.Connection, tournament_id: int, user_id: int) -> IssuedKey | None:
    row = sql.execute(
        "SELECT secret, generated, expiry FROM tournament_keys"
        " WHERE tournament_id = ? AND user_id = ?",
        (tournament_id, user_id),
    ).fetchone()
    return IssuedKey(Key(user_id, tournament_id, row[0]), row[1], row[2]) if row else None


def number(sql: sqlite3.Connection, query: str, values: Iterable[Any]) -> int:
    return int(sql.execute(query, tuple(values)).fetchone()[0])


def tournament_of(row: tuple[Any, ...]) -> Tournament:
    return Tournament(*row[:8], bool(row[8]), bool(row[9]))  # type: ignore[call-arg]
