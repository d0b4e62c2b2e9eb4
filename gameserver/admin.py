"""`python -m gameserver.admin`: backup, check, export and import of a data file.

All but import work beside a server that runs on the file. They read through a connection that
writes nothing and makes no checkpoint.
"""

from __future__ import annotations

import argparse
import os
import re
import sqlite3
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from itertools import islice
from typing import TextIO

from gameserver.errors import StartError
from gameserver.progress import Progress
from gameserver.storage.sqlite.database import Database
from gameserver.storage.sqlite.datafile import examine, put_in_place, reading
from gameserver.storage.sqlite.scores import CHUNK, IN_ORDER, NEXT_ARRIVAL, chunks
from gameserver.web.errors import StorageFull
from gameserver.web.routing import MAX_NUMBER

HEADER = "level,user,score"

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

_LINE = re.compile(r"([0-9]{1,10}),([0-9]{1,10}),([0-9]{1,10})")


def main(arguments: Sequence[str] | None = None) -> int:
    """Does what a command line asks for; returns the exit code: 2 if it could not."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except StartError as error:
        problem = str(error)
    except StorageFull:
        problem = f"{options.file}: there is no room; nothing was imported"
    except sqlite3.Error as error:
        problem = f"{options.file}: {error}"
    except BrokenPipeError:  # of the export's reader
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return 2
    except OSError as error:
        problem = f"{error.filename or options.file}: {error.strerror}"
    print(f"gameserver.admin: {problem}", file=sys.stderr)
    return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m gameserver.admin",
        description="Looks after a data file. All but import work while a server runs on it.",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, (run, text, argument, argument_text) in COMMANDS.items():
        command = commands.add_parser(name, help=text, description=text)
        command.add_argument("file", metavar="FILE", help="the data file")
        if argument:
            optional = "?" if name == "export" else None
            command.add_argument("other", metavar=argument, nargs=optional, help=argument_text)
        command.set_defaults(run=run)
    return parser


def backup(options: argparse.Namespace) -> int:
    """Copies the file as it is at this moment; the copy has its name when it is whole."""
    if os.path.exists(options.other):
        raise StartError(f"{options.other} is there already")
    path = os.path.abspath(options.other)
    new = path + "-new"
    with reading(options.file) as source:
        examine(options.file, source)
        source.execute("BEGIN")  # without it the copy would start again with each commit
        source.execute("SELECT count(*) FROM secret").fetchone()
        with _new_file(new):
            _copy(source, new)
            put_in_place(new, path)
    print(f"{options.other}: {os.path.getsize(path):,} bytes")
    return 0


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


def check(options: argparse.Namespace) -> int:
    """Examines every page, index and score of the file."""
    with reading(options.file) as connection:
        examine(options.file, connection)
        problems = [text for (text,) in connection.execute("PRAGMA integrity_check")]
        (strays,) = connection.execute(OUT_OF_RANGE).fetchone()
        scores, levels = connection.execute(
            "SELECT count(*), count(DISTINCT level) FROM score"
        ).fetchone()
    problems = [text for text in problems if text != "ok"]
    if strays:
        problems.append(f"{strays} scores with numbers out of range")
    for text in problems:
        print(f"{options.file}: {text}", file=sys.stderr)
    verdict = "damaged" if problems else "ok"
    print(f"{options.file}: {verdict}, {scores:,} scores, {levels:,} levels")
    return 1 if problems else 0


def export(options: argparse.Namespace) -> int:
    """Writes all scores as CSV, those of a level in rank order."""
    with reading(options.file) as connection:
        examine(options.file, connection)
        (count,) = connection.execute("SELECT count(*) FROM score").fetchone()
        rows = connection.execute(IN_ORDER)
        if options.other:
            with open(options.other, "x", encoding="ascii", newline="") as target:
                _write(rows, count, target)
        else:
            _write(rows, count, sys.stdout)
    return 0


def _write(rows: sqlite3.Cursor, count: int, target: TextIO) -> None:
    target.write(HEADER + "\n")
    progress = Progress("exporting", count)
    lines = ("%d,%d,%d\n" % row for row in progress.follow(chunks(rows)))  # noqa: UP031 (faster)
    target.writelines(lines)
    target.flush()


def import_(options: argparse.Namespace) -> int:
    """Takes in the better scores of a CSV file: all of them, or none if a line is bad."""
    with open(options.other, encoding="utf-8", errors="replace", newline="") as source:
        database = Database(options.file)
        try:
            with database.transaction() as connection:
                before = connection.total_changes
                _import_lines(source, options.other, connection)
                kept = connection.total_changes - before
        finally:
            database.close()
    print(f"{options.file}: {kept:,} scores are new or better")
    return 0


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
        found = _LINE.fullmatch(text)
        level_id, user_id, score = map(int, found.groups()) if found else (-1, -1, -1)
        if not found or max(level_id, user_id, score) > MAX_NUMBER:
            raise StartError(
                f"{name}, line {number}: not {HEADER} in numbers from 0 to {MAX_NUMBER};"
                " nothing was imported"
            )
        yield number, (level_id, user_id, score)


COMMANDS = {
    "backup": (backup, "copy the file as it is now", "COPY", "a file that is not there yet"),
    "check": (check, "examine the whole file", "", ""),
    "export": (export, f"write all scores as CSV: {HEADER}", "CSV", "a new file [standard output]"),
    "import": (import_, f"take in the better scores of a CSV file: {HEADER}", "CSV", "the file"),
}

if __name__ == "__main__":
    sys.exit(main())
