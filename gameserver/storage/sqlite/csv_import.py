"""The import of what `transfer.py` exports."""

from __future__ import annotations

import csv
import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, NamedTuple, TextIO

from gameserver.errors import Refused, StartError
from gameserver.monitoring.progress import Progress
from gameserver.numbers import parse_number
from gameserver.scores.names import parse_name
from gameserver.scores.rank_key import ARRIVAL_BITS, first_key
from gameserver.scores.seasons import ALL, season_named
from gameserver.scores.settings import DEFAULT, settings_of
from gameserver.storage.sqlite import moderation_transfer as moderation
from gameserver.storage.sqlite import score_rows
from gameserver.storage.sqlite.database import Database
from gameserver.storage.sqlite.people_transfer import PeopleImport
from gameserver.storage.sqlite.score_rows import CHUNK, Row, json_object, read_settings
from gameserver.storage.sqlite.transfer import (
    COLUMNS,
    HEADER,
    OLD_HEADER,
    OLD_WIDTH,
    STANDARD_STREAM,
    Columns,
    key_beside,
)
from gameserver.times import parse_moment

KEEP_BETTER = """
INSERT INTO score (level, season, user, key, at, meta) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET key = excluded.key, at = excluded.at, meta = excluded.meta
WHERE excluded.key >> 33 < key >> 33
"""
LEVELS = "SELECT level FROM score UNION SELECT level FROM withheld"


def import_(file: str, source: str, key_file: str | None = None) -> None:
    """Takes in settings, names, bans, claims, tokens, audit and the better scores of a CSV file.

    All of them, or none if a line is bad. No score becomes worse, and nobody's claim another's.
    """
    which = 0 if source == STANDARD_STREAM else source
    with open(
        which, encoding="utf-8", errors="surrogateescape", newline="", closefd=bool(which)
    ) as stream:
        database = Database(file)
        try:
            with database.transaction() as connection:
                people = PeopleImport(connection, file, key_file or key_beside(source))
                kept = _Import(connection, people).take(stream, source)
        finally:
            database.close()
    print(f"{file}: {kept:,} scores are new or better")
    if people.claims or people.tokens:
        print(f"{file}: {people.claims:,} claims and {people.tokens} tokens are new")


def take_lines(connection: sqlite3.Connection, lines: Iterable[Columns]) -> None:
    """Takes in lines as an import does, inside a transaction; none of them is a claim or token."""
    importing = _Import(connection, PeopleImport(connection, "the copy", None))
    importing.keep(row for columns in lines for row in importing.rows_of(columns))


class _Line(NamedTuple):
    """The columns of a line."""

    level: str
    user: str
    score: str
    season: str = ""
    at: str = ""
    meta: str = ""
    name: str = ""
    settings: str = ""


class _Import:
    """An import that is going on, inside a transaction."""

    def __init__(self, connection: sqlite3.Connection, people: PeopleImport) -> None:
        self._connection = connection
        self._people = people
        self._settings = read_settings(connection.execute(score_rows.SETTINGS))
        self._scored = {level_id for (level_id,) in connection.execute(LEVELS)}
        (self._arrival,) = connection.execute(moderation.NEXT_ARRIVAL).fetchone()

    def take(self, source: TextIO, name: str) -> int:
        """Takes in all lines; returns how many scores are new or better."""
        progress = Progress("importing", os.fstat(source.fileno()).st_size)
        kept = self.keep(self._rows(_shown(source, progress), name))
        progress.end()
        return kept

    def keep(self, rows: Iterator[Row]) -> int:
        """Keeps the scores that are new or better; returns how many."""
        kept = 0
        while chunk := list(islice(rows, CHUNK)):
            before = self._connection.total_changes
            self._connection.executemany(KEEP_BETTER, chunk)
            kept += self._connection.total_changes - before
        moderation.withhold(self._connection)
        return kept

    def _rows(self, source: Iterator[str], name: str) -> Iterator[Row]:
        """The rows of the scores; settings and names are taken in at once."""
        lines = csv.reader(source, strict=True)
        number = 1
        try:
            for columns in lines:
                if number > 1 or ",".join(columns) not in (HEADER, OLD_HEADER):
                    yield from self.rows_of(columns)
                number = lines.line_num + 1
        except (ValueError, csv.Error, Refused) as error:
            raise StartError(f"{name}, line {number}: {error}; nothing was imported") from None

    def rows_of(self, columns: Columns) -> Iterator[Row]:
        """The row of a line that is a score; all others are taken in at once."""
        if not OLD_WIDTH <= len(columns) <= len(COLUMNS):
            raise ValueError(f"must be {OLD_HEADER} or {HEADER}")
        line = _Line(*columns)
        if line.settings and line.level:
            self._take_settings(parse_number(line.level), line.settings)
        elif line.settings and line.user:
            self._take_user(parse_number(line.user), json_object(line.settings))
        elif line.settings:
            told = json_object(line.settings)
            if "token" in told:
                self._people.take_token(told)
            else:
                moderation.take_entry(self._connection, told)
        elif line.name:
            user_id, name = parse_number(line.user), parse_name(line.name)
            self._connection.execute(score_rows.KEEP_NAME, (user_id, name))
        else:
            yield self._row(line)

    def _take_user(self, user_id: int, told: Mapping[str, Any]) -> None:
        if "claim" in told:
            self._people.take_claim(user_id, told)
        else:
            moderation.take_state(self._connection, user_id, told)

    def _take_settings(self, level_id: int, text: str) -> None:
        settings = settings_of(json_object(text))
        present = self._settings.get(level_id, DEFAULT)
        if level_id in self._scored and not settings.counts_like(present):
            raise ValueError("a level with scores keeps its order, keep, reset and reset_offset")
        self._settings[level_id] = settings
        self._connection.execute(
            score_rows.KEEP_SETTINGS, (level_id, score_rows.settings_text(settings))
        )

    def _row(self, line: _Line) -> Row:
        """A row of the table; it arrives after all others."""
        level_id, user_id, score = map(parse_number, line[:3])
        settings = self._settings.get(level_id, DEFAULT)
        season = season_named(settings.reset, settings.reset_offset, line.season or ALL.name)
        key = first_key(score, settings.order == "asc") | self._arrival
        self._arrival += 1
        if self._arrival >> ARRIVAL_BITS:
            raise ValueError("the file has seen too many scores")
        self._scored.add(level_id)
        return (
            level_id,
            season.start,
            user_id,
            score_rows.stored_key(key),
            parse_moment(line.at) if line.at else None,
            line.meta.encode() if line.meta and json_object(line.meta) is not None else None,
        )


def _shown(source: TextIO, progress: Progress) -> Iterator[str]:
    """The lines of a file; a bar says how far it is."""
    size = 0
    for number, line in enumerate(source):
        size += len(line)
        if not number % CHUNK:
            progress.show(size)
        yield line
