"""The tables of tournaments. Every method is atomic, and part of a caller's transaction."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import astuple, replace
from typing import Any

from gameserver.minesweeper.replays import Level, Replay
from gameserver.storage.sqlite.database import Database
from gameserver.tournaments.keys import DrawnKey, Key
from gameserver.tournaments.rules import Entry, Tournament
from gameserver.tournaments.standings import Score

_COLUMNS = "id, host_id, name, mode, modeparams, location, starts, ends, open_entry, hide_results"


class TournamentStore:
    """Tournaments, and their players' entries, keys and scores."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # Tournaments

    def add(self, tournament: Tournament) -> Tournament:
        """The tournament with the id that it gets."""
        values = astuple(tournament)[1:]
        with self._database.transaction() as sql:
            added = sql.execute(
                "INSERT INTO tournaments (host_id, name, mode, modeparams, location, starts, ends,"
                " open_entry, hide_results) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                values,
            )
        assert added.lastrowid
        return replace(tournament, id=added.lastrowid)

    def tournament(self, tournament_id: int) -> Tournament | None:
        with self._database.batch() as sql:
            row = sql.execute(
                f"SELECT {_COLUMNS} FROM tournaments WHERE id = ?", (tournament_id,)
            ).fetchone()
        return _tournament(row) if row else None

    def listed(self, user_id: int | None, ending_after: int) -> list[tuple[Tournament, Entry]]:
        """The tournaments that end after a moment, oldest first, and the user's entries."""
        with self._database.batch() as sql:
            rows = sql.execute(
                f"SELECT {_COLUMNS}, entry FROM tournaments LEFT JOIN entries"
                " ON tournament_id = id AND user_id = ? WHERE ends > ? ORDER BY id",
                (user_id, ending_after),
            ).fetchall()
        return [(_tournament(row), Entry(row[-1] or Entry.NONE)) for row in rows]

    def count_hosted(self, user_id: int, ending_after: int) -> int:
        """How many tournaments of a host end after a moment."""
        return self._number(
            "SELECT COUNT(*) FROM tournaments WHERE host_id = ? AND ends > ?",
            (user_id, ending_after),
        )

    def end(self, tournament_id: int, now: int) -> None:
        with self._database.transaction() as sql:
            sql.execute("UPDATE tournaments SET ends = ? WHERE id = ?", (now, tournament_id))

    # Entries

    def entry(self, tournament_id: int, user_id: int) -> Entry:
        with self._database.batch() as sql:
            row = sql.execute(
                "SELECT entry FROM entries WHERE tournament_id = ? AND user_id = ?",
                (tournament_id, user_id),
            ).fetchone()
        return Entry(row[0]) if row else Entry.NONE

    def set_entry(self, tournament_id: int, user_id: int, entry: Entry) -> None:
        with self._database.transaction() as sql:
            sql.execute(
                "INSERT INTO entries (tournament_id, user_id, entry) VALUES (?, ?, ?)"
                " ON CONFLICT DO UPDATE SET entry = excluded.entry",
                (tournament_id, user_id, entry),
            )

    def entries(self, tournament_id: int) -> list[tuple[int, str, Entry]]:
        """User id, name and entry of everybody in the tournament, by id."""
        with self._database.batch() as sql:
            rows = sql.execute(
                "SELECT user_id, username, entry FROM entries JOIN accounts ON user_id = id"
                " WHERE tournament_id = ? ORDER BY user_id",
                (tournament_id,),
            ).fetchall()
        return [(user_id, username, Entry(entry)) for user_id, username, entry in rows]

    def username(self, user_id: int) -> str:
        with self._database.batch() as sql:
            row = sql.execute("SELECT username FROM accounts WHERE id = ?", (user_id,)).fetchone()
        return str(row[0])

    # Keys

    def drawn_key(self, tournament_id: int, user_id: int) -> DrawnKey | None:
        with self._database.batch() as sql:
            row = sql.execute(
                "SELECT secret, generated, expiry FROM tournament_keys"
                " WHERE tournament_id = ? AND user_id = ?",
                (tournament_id, user_id),
            ).fetchone()
        return DrawnKey(Key(user_id, tournament_id, row[0]), row[1], row[2]) if row else None

    def add_key(self, drawn: DrawnKey) -> None:
        key = drawn.key
        with self._database.transaction() as sql:
            sql.execute(
                "INSERT INTO tournament_keys (tournament_id, user_id, secret, generated, expiry)"
                " VALUES (?, ?, ?, ?, ?)",
                (key.tournament_id, key.user_id, key.secret, drawn.generated, drawn.expiry),
            )

    # Scores

    def uploader(self, digest: bytes) -> tuple[int, int] | None:
        """The tournament and the user that the game with this digest counts for, if any."""
        with self._database.batch() as sql:
            row = sql.execute(
                "SELECT tournament_id, user_id FROM tournament_scores WHERE digest = ?", (digest,)
            ).fetchone()
        return (row[0], row[1]) if row else None

    def add_score(self, key: Key, replay: Replay, now: int) -> None:
        game = (replay.level, replay.time_ms, replay.digest, replay.proven)
        with self._database.transaction() as sql:
            sql.execute(
                "INSERT INTO tournament_scores (tournament_id, user_id, level, time_ms, digest,"
                " proven, uploaded) VALUES (?, ?, ?, ?, ?, ?, ?)",
                (key.tournament_id, key.user_id, *game, now),
            )

    def count_scores(self, tournament_id: int, user_id: int) -> int:
        return self._number(
            "SELECT COUNT(*) FROM tournament_scores WHERE tournament_id = ? AND user_id = ?",
            (tournament_id, user_id),
        )

    def newest_score(self, tournament_id: int) -> int:
        """The id of the score that was added last; 0 without scores."""
        return self._number(
            "SELECT COALESCE(MAX(id), 0) FROM tournament_scores WHERE tournament_id = ?",
            (tournament_id,),
        )

    def scores(self, tournament_id: int) -> list[Score]:
        with self._database.batch() as sql:
            rows = sql.execute(
                "SELECT user_id, level, time_ms FROM tournament_scores WHERE tournament_id = ?",
                (tournament_id,),
            ).fetchall()
        return [Score(user_id, Level(level), time_ms) for user_id, level, time_ms in rows]

    def unproven(self, tournament_id: int) -> dict[str, int]:
        """User name → how many of the user's games the events in the replay do not bear out."""
        with self._database.batch() as sql:
            return dict(
                sql.execute(
                    "SELECT username, COUNT(*) FROM tournament_scores AS score"
                    " JOIN accounts ON user_id = accounts.id"
                    " WHERE tournament_id = ? AND NOT proven GROUP BY user_id",
                    (tournament_id,),
                ).fetchall()
            )

    def _number(self, query: str, values: Iterable[Any]) -> int:
        with self._database.batch() as sql:
            return int(sql.execute(query, tuple(values)).fetchone()[0])


def _tournament(row: tuple[Any, ...]) -> Tournament:
    return Tournament(*row[:8], bool(row[8]), bool(row[9]))  # type: ignore[call-arg]
