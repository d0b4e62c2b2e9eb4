"""Accounts, tournaments, claims, tokens and secrets of a data file, as rows of its tables."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

COLUMNS: Mapping[str, str] = {
    "secret": "name, value",
    "game_token": "name, digest, created",
    "claim": "user, secret, since, kept",
    "accounts": "id, username, password, created",
    "tokens": "digest, user_id, created, predecessor, used, replaced",
    "tournaments": "id, host_id, name, mode, modeparams, location, starts, ends, open_entry,"
    " hide_results",
    "entries": "tournament_id, user_id, entry",
    "tournament_keys": "tournament_id, user_id, secret, generated, expiry",
    "tournament_scores": "id, tournament_id, user_id, level, time_ms, digest, proven, uploaded,"
    " removed",
}
"""Of each table that is about people, in an order in which what is referred to comes first."""


def read_people(connection: sqlite3.Connection) -> Mapping[str, Sequence[tuple[Any, ...]]]:
    """All rows, by table."""
    return {
        table: connection.execute(f"SELECT {columns} FROM {table} ORDER BY 1, 2").fetchall()
        for table, columns in COLUMNS.items()
    }


def write_people(
    connection: sqlite3.Connection, tables: Mapping[str, Sequence[tuple[Any, ...]]]
) -> None:
    """Writes all rows, inside a transaction."""
    for table, columns in COLUMNS.items():
        marks = ", ".join("?" for _ in columns.split(","))
        connection.executemany(f"REPLACE INTO {table} ({columns}) VALUES ({marks})", tables[table])
