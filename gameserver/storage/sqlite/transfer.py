"""Export and import of settings, names, bans, audit and scores as one CSV file (RFC 4180).

Every line has the same columns, and is one of these:

    level,user,score,season,at,meta,name,settings
    7,,,,,,,"{""reset"": ""weekly""}"             the settings of a level
    ,131,,,,,Ann,                                 the name of a user
    7,131,1220,2026-W48,2026-11-27T14:00:00,,,    a score; `season` is empty where it is `all`
    ,131,,,,,,"{""state"": ""banned""}"           a user who is banned or hidden
    ,,,,,,,"{""at"": …, ""action"": ""ban"", …}"  an entry of the audit

Scores stand in rank order on each board. A file that has nothing but scores of levels that are
never reset is written with the first three columns alone, `level,user,score`, and an import takes
those with or without a header.
"""

from __future__ import annotations

import csv
import os
import sqlite3
import sys
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple, TextIO

from gameserver.errors import Refused, StartError
from gameserver.monitoring.progress import Progress
from gameserver.numbers import parse_number
from gameserver.scores.names import parse_name
from gameserver.scores.rank_key import ARRIVAL_BITS, first_key, score_in
from gameserver.scores.seasons import ALL, season_at, season_named
from gameserver.scores.settings import DEFAULT, LevelSettings, settings_of
from gameserver.storage.sqlite import moderation_transfer as moderation
from gameserver.storage.sqlite import score_rows
from gameserver.storage.sqlite.database import Database
from gameserver.storage.sqlite.datafile import examine, reading
from gameserver.storage.sqlite.schema import require_newest
from gameserver.storage.sqlite.score_rows import CHUNK, Row, chunks, json_object, read_settings
from gameserver.times import format_moment, parse_moment

Columns = Sequence[str]
"""The columns of a line."""

COLUMNS = ("level", "user", "score", "season", "at", "meta", "name", "settings")
HEADER = ",".join(COLUMNS)
OLD_WIDTH = 3
OLD_HEADER = ",".join(COLUMNS[:OLD_WIDTH])

HAS_MORE = """
SELECT EXISTS (SELECT 1 FROM level) OR EXISTS (SELECT 1 FROM user_name)
OR EXISTS (SELECT 1 FROM user_state) OR EXISTS (SELECT 1 FROM audit)
OR EXISTS (SELECT 1 FROM score WHERE season <> 0 OR at IS NOT NULL OR meta IS NOT NULL)
"""

COUNT = moderation.COUNT
"""How many scores there are."""

STANDARD_STREAM = "-"
"""In the place of a CSV file."""

KEEP_BETTER = """
INSERT INTO score (level, season, user, key, at, meta) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET key = excluded.key, at = excluded.at, meta = excluded.meta
WHERE excluded.key >> 33 < key >> 33
"""
LEVELS = "SELECT level FROM score UNION SELECT level FROM withheld"


def export(file: str, target: str) -> None:
    """Writes all but people and undo data as CSV, to a new file or to stdout."""
    with reading(file) as connection:
        examine(file, connection)
        require_newest(file, connection)
        if target == STANDARD_STREAM:
            _write(connection, sys.stdout)
        else:
            with open(target, "x", encoding="utf-8", newline="") as stream:
                _write(connection, stream)


def _write(connection: sqlite3.Connection, target: TextIO) -> None:
    lines = csv.writer(target, lineterminator="\n")
    (has_more,) = connection.execute(HAS_MORE).fetchone()
    width = len(COLUMNS) if has_more else OLD_WIDTH
    lines.writerow(COLUMNS[:width])
    lines.writerows(other_lines(connection))
    (count,) = connection.execute(moderation.COUNT).fetchone()
    rows = Progress("exporting", count).follow(score_lines(connection))
    lines.writerows(row[:width] for row in rows)
    target.flush()


def other_lines(connection: sqlite3.Connection) -> Iterator[Columns]:
    """All lines but those of scores."""
    settings = read_settings(connection.execute(score_rows.SETTINGS))
    for level_id, of_level in settings.items():
        yield (str(level_id), *[""] * 6, score_rows.settings_text(of_level))
    for user_id, name in connection.execute(score_rows.NAMES):
        yield ("", str(user_id), *[""] * 4, name, "")
    for user_id, state in moderation.states(connection):
        yield ("", str(user_id), *[""] * 5, state)
    for entry in moderation.entries(connection):
        yield (*[""] * 7, entry)


def score_lines(connection: sqlite3.Connection) -> Iterator[Sequence[Columns]]:
    """The lines of scores, in rank order on each board, many at a time."""
    settings = read_settings(connection.execute(score_rows.SETTINGS))
    for rows in chunks(connection.execute(moderation.IN_ORDER)):
        yield [_score_line(row, settings.get(row[0], DEFAULT)) for row in rows]


def _score_line(row: Row, settings: LevelSettings) -> Columns:
    level_id, start, user_id, key, at, meta = row
    score = score_in(score_rows.rank_key(key), settings.order == "asc")
    season = season_at(settings.reset, settings.reset_offset, start)
    return (
        str(level_id),
        str(user_id),
        str(score),
        "" if season is ALL else season.name,
        "" if at is None else format_moment(at),
        "" if meta is None else meta.decode(),
        "",
        "",
    )


def import_(file: str, source: str) -> None:
    """Takes in settings, names, bans, the audit and the better scores of a CSV file.

    All of them, or none if a line is bad. No score becomes worse.
    """
    which = 0 if source == STANDARD_STREAM else source
    with open(
        which, encoding="utf-8", errors="surrogateescape", newline="", closefd=bool(which)
    ) as stream:
        database = Database(file)
        try:
            with database.transaction() as connection:
                kept = _Import(connection).take(stream, source)
        finally:
            database.close()
    print(f"{file}: {kept:,} scores are new or better")


def take_lines(connection: sqlite3.Connection, lines: Iterable[Columns]) -> None:
    """Takes in lines as an import does, inside a transaction."""
    importing = _Import(connection)
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

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
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
            user_id = parse_number(line.user)
            moderation.take_state(self._connection, user_id, json_object(line.settings))
        elif line.settings:
            moderation.take_entry(self._connection, json_object(line.settings))
        elif line.name:
            user_id, name = parse_number(line.user), parse_name(line.name)
            self._connection.execute(score_rows.KEEP_NAME, (user_id, name))
        else:
            yield self._row(line)

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
