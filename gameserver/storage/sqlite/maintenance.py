"""Backup and check of a data file.

They work beside a server that runs on the file, through a connection that writes nothing and
makes no checkpoint. Both raise StartError for a bad file.
"""

from __future__ import annotations

import os
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress

from gameserver.errors import StartError
from gameserver.monitoring.progress import Progress
from gameserver.numbers import MAX_NUMBER
from gameserver.scores.level import Level
from gameserver.scores.names import parse_name
from gameserver.scores.settings import DEFAULT, settings_of
from gameserver.storage.sqlite import audit, people_rows, score_rows, withheld_rows
from gameserver.storage.sqlite.datafile import examine, put_in_place, reading, require_place
from gameserver.storage.sqlite.schema import require_newest

DatabaseError = sqlite3.Error
"""The error that a file can raise beside StartError and OSError."""

OUT_OF_RANGE = f"""
SELECT count(*) FROM {{table}}
WHERE typeof(level) || typeof(season) || typeof(user) || typeof(key) <> '{"integer" * 4}'
OR min(level, user) < 0 OR max(level, user) > {MAX_NUMBER}
OR typeof(at) NOT IN ('integer', 'null') OR typeof(meta) NOT IN ('blob', 'null')
"""
LEVELS = "SELECT level, season FROM score UNION SELECT level, season FROM withheld"

BACKUP_PAGES = 1_000
"""Pages that are copied between two looks of the progress bar."""


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
    """Examines every page and index, and what all rows say; whether all is well."""
    with reading(file) as connection:
        examine(file, connection)
        require_newest(file, connection)
        problems = [text for (text,) in connection.execute("PRAGMA integrity_check")]
        problems = [text for text in problems if text != "ok"] + list(_wrong_rows(connection))
        scores, levels = connection.execute(
            "SELECT count(*), count(DISTINCT level) FROM score"
        ).fetchone()
    for text in problems:
        print(f"{file}: {text}", file=sys.stderr)
    verdict = "damaged" if problems else "ok"
    print(f"{file}: {verdict}, {scores:,} scores, {levels:,} levels")
    return not problems


def _wrong_rows(connection: sqlite3.Connection) -> Iterator[str]:
    """What rows say that no server has written."""
    for table in ("score", "withheld", "removed"):
        (strays,) = connection.execute(OUT_OF_RANGE.format(table=table)).fetchone()
        if strays:
            yield f"{strays} scores with numbers out of range"
    yield from people_rows.wrong_rows(connection)
    settings = {}
    for level_id, text in connection.execute(score_rows.SETTINGS):
        try:
            settings[level_id] = settings_of(score_rows.json_object(text))
        except score_rows.DAMAGES as error:
            yield f"settings of level {level_id}: {error}"
    for user_id, name in connection.execute(score_rows.NAMES):
        try:
            parse_name(name)
        except score_rows.DAMAGES as error:
            yield f"name of user {user_id}: {error}"
    yield from _wrong_moderation(connection)
    for level_id, start in connection.execute(LEVELS):
        if not Level(settings.get(level_id, DEFAULT)).begins_at(start):
            yield f"level {level_id} has no season that begins at {start}"


def _wrong_moderation(connection: sqlite3.Connection) -> Iterator[str]:
    """The same of bans and the audit."""
    for user_id, state in connection.execute(withheld_rows.STATES):
        try:
            withheld_rows.parse_state(state)
        except score_rows.DAMAGES as error:
            yield f"state of user {user_id}: {error}"
    for row in connection.execute(f"SELECT {audit.COLUMNS} FROM audit ORDER BY id"):
        try:
            audit.entry_of(row)
        except score_rows.DAMAGES as error:
            yield f"entry {row[0]} of the audit: {error}"
