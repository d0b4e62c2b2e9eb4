"""Backup, check, export and import of a data file.

All but import work beside a server that runs on the file. They read through a connection that
writes nothing and makes no checkpoint. Each raises StartError for a bad file.
"""

from __future__ import annotations

import os
import sqlite3
import sys
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from itertools import islice
from typing import TextIO

from gameserver.errors import StartError
from gameserver.monitoring.progress import Progress
from gameserver.numbers import MAX_NUMBER, parse_number
from gameserver.storage.sqlite.database import Database
from gameserver.storage.sqlite.datafile import examine, put_in_place, reading, require_place
from gameserver.storage.sqlite.scores import CHUNK, IN_ORDER, NEXT_ARRIVAL, chunks

HEADER = "level,user,score"

DatabaseError = sqlite3.Error
"""The error that a file can raise beside StartError and OSError."""

OUT_OF_RANGE = f"""
SELECT count(*) FROM score
WHERE typeof(level) || typeof(user) || typeof(score) <> 'integerintegerinteger'
OR min(level, user, score) < 0 OR max(level, user, score) > {MAX_NUMBER}
"""
KEEP_BETTER = """
INSERT INTO score VALUES (?, ?, ?, ?)
ON CONFLICT DO UPDATE SET score = excluded.score, arrival = excluded.arrival
WHERE excluded.score > score
"""

BACKUP_PAGES = 1_000
"""Pages that are copied between two looks of the progress bar."""

STANDARD_STREAM = "-"
"""In the place of a CSV file."""


def backup(file: str, copy: str) -> None:
    """Copies the file as it is at this moment; the copy has its name when it is whole."""
    if os.path.exists(copy):
        raise StartError(f"{copy} exists already")
    path = os.path.abspath(copy)
    require_place(path)
    new = path + "-new"
    with reading(file) as source:
        examine(file, source)
        source.execute("BEGIN")  # without it the copy would start again with each commit
        source.execute("SELECT count(*) FROM secret").fetchone()
        with _new_file(new):
            _copy(source, new)
            put_in_place(new, path)
    print(f"{copy}: {os.path.getsize(path):,} bytes")


@contextmanager
def _new_file(path: str) -> Iterator[None]:
    """An empty file that only this user can read, removed if anything goes wrong."""
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600))
    try:
        yield
    except BaseException:
        with suppress(OSError):
            os.unlink(path)
        raise


def _copy(source: sqlite3.Connection, path: str) -> None:
    progress = Progress("copying", 100)

    def show(status: int, remaining: int, total: int) -> None:
        progress.show(100 * (total - remaining) // max(total, 1))

    with closing(sqlite3.connect(path)) as target:
        source.backup(target, pages=BACKUP_PAGES, progress=show, sleep=0)
    progress.end()


def check(file: str) -> bool:
    """Examines every page, index and score of the file; whether all is well."""
    with reading(file) as connection:
        examine(file, connection)
        problems = [text for (text,) in connection.execute("PRAGMA integrity_check")]
        (strays,) = connection.execute(OUT_OF_RANGE).fetchone()
        scores, levels = connection.execute(
            "SELECT count(*), count(DISTINCT level) FROM score"
        ).fetchone()
    problems = [text for text in problems if text != "ok"]
    if strays:
        problems.append(f"{strays} scores with numbers out of range")
    for text in problems:
        print(f"{file}: {text}", file=sys.stderr)
    verdict = "damaged" if problems else "ok"
    print(f"{file}: {verdict}, {scores:,} scores, {levels:,} levels")
    return not problems


def export(file: str, target: str) -> None:
    """Writes all scores as CSV, those of a level in rank order, to a new file or to stdout."""
    with reading(file) as connection:
        examine(file, connection)
        (count,) = connection.execute("SELECT count(*) FROM score").fetchone()
        rows = connection.execute(IN_ORDER)
        if target == STANDARD_STREAM:
            _write(rows, count, sys.stdout)
        else:
            with open(target, "x", encoding="ascii", newline="") as stream:
                _write(rows, count, stream)


def _write(rows: sqlite3.Cursor, count: int, target: TextIO) -> None:
    target.write(HEADER + "\n")
    progress = Progress("exporting", count)
    lines = ("%d,%d,%d\n" % row for row in progress.follow(chunks(rows)))  # noqa: UP031 (faster)
    target.writelines(lines)
    target.flush()


def import_(file: str, source: str) -> None:
    """Takes in the better scores of a CSV file: all of them, or none if a line is bad."""
    which = 0 if source == STANDARD_STREAM else source
    with open(which, encoding="utf-8", errors="replace", newline="", closefd=bool(which)) as stream:
        database = Database(file)
        try:
            with database.transaction() as connection:
                before = connection.total_changes
                _import_lines(stream, source, connection)
                kept = connection.total_changes - before
        finally:
            database.close()
    print(f"{file}: {kept:,} scores are new or better")


def _import_lines(source: TextIO, name: str, connection: sqlite3.Connection) -> None:
    (arrival,) = connection.execute(NEXT_ARRIVAL).fetchone()
    progress = Progress("importing", os.fstat(source.fileno()).st_size)
    lines = enumerate(source, start=1)
    size = 0
    while chunk := list(islice(lines, CHUNK)):
        rows = [(*numbers, arrival + at) for at, numbers in _parse(chunk, name)]
        connection.executemany(KEEP_BETTER, rows)
        size += sum(len(line) for _, line in chunk)
        progress.show(size)
    progress.end()


def _parse(
    lines: Iterable[tuple[int, str]], name: str
) -> Iterator[tuple[int, tuple[int, int, int]]]:
    """Line numbers and what the lines say; StartError for the first bad one."""
    for number, line in lines:
        text = line.rstrip("\r\n")
        if number == 1 and text == HEADER:
            continue
        try:
            level_id, user_id, score = map(parse_number, text.split(","))
        except ValueError:
            raise StartError(
                f"{name}, line {number}: not {HEADER} in numbers from 0 to {MAX_NUMBER};"
                " nothing was imported"
            ) from None
        yield number, (level_id, user_id, score)
