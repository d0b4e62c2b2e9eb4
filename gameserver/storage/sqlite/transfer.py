"""Settings, names, bans, claims, tokens, audit and scores as one CSV file (RFC 4180): the export.

Every line has the same columns, and is one of these:

    level,user,score,season,at,meta,name,settings
    7,,,,,,,"{""reset"": ""weekly""}"             the settings of a level
    ,131,,,,,Ann,                                 the name of a user
    7,131,1220,2026-W48,2026-11-27T14:00:00,,,    a score; `season` is empty where it is `all`
    ,131,,,,,,"{""state"": ""banned""}"           a user who is banned or hidden
    ,131,,,,,,"{""claim"": ""9f…"", …}"           a user whom somebody has claimed
    ,,,,,,,"{""token"": ""shooter"", …}"          the token of a game's server
    ,,,,,,,"{""at"": …, ""action"": ""ban"", …}"  an entry of the audit

Scores stand in rank order on each board. A file that has nothing but scores of levels that are
never reset is written with the first three columns alone, `level,user,score`, and an import takes
those with or without a header. The key of the claims is a file of its own: `people_transfer.py`.
"""

from __future__ import annotations

import csv
import sqlite3
import sys
from collections.abc import Iterator, Sequence
from typing import TextIO

from gameserver.monitoring.progress import Progress
from gameserver.scores.rank_key import score_in
from gameserver.scores.seasons import ALL, season_at
from gameserver.scores.settings import DEFAULT, LevelSettings
from gameserver.storage.sqlite import moderation_transfer as moderation
from gameserver.storage.sqlite import people_transfer, score_rows
from gameserver.storage.sqlite.datafile import examine, reading
from gameserver.storage.sqlite.schema import require_newest
from gameserver.storage.sqlite.score_rows import Row, chunks, read_settings
from gameserver.times import format_moment

Columns = Sequence[str]
"""The columns of a line."""

COLUMNS = ("level", "user", "score", "season", "at", "meta", "name", "settings")
HEADER = ",".join(COLUMNS)
OLD_WIDTH = 3
OLD_HEADER = ",".join(COLUMNS[:OLD_WIDTH])

HAS_MORE = """
SELECT EXISTS (SELECT 1 FROM level) OR EXISTS (SELECT 1 FROM user_name)
OR EXISTS (SELECT 1 FROM user_state) OR EXISTS (SELECT 1 FROM audit)
OR EXISTS (SELECT 1 FROM claim WHERE secret IS NOT NULL) OR EXISTS (SELECT 1 FROM game_token)
OR EXISTS (SELECT 1 FROM score WHERE season <> 0 OR at IS NOT NULL OR meta IS NOT NULL)
"""

COUNT = moderation.COUNT
"""How many scores there are."""

STANDARD_STREAM = "-"
"""In the place of a CSV file."""
KEY_END = ".key"
"""Behind the name of a CSV file: that of the file with the key of its claims."""


def export(file: str, target: str, key_file: str | None = None) -> None:
    """Writes all but accounts, tournaments and undo data as CSV, to a new file or to stdout.

    The key of the claims goes into another new file, if there are any.
    """
    key_file = key_file or key_beside(target)
    with reading(file) as connection:
        examine(file, connection)
        require_newest(file, connection)
        connection.execute("BEGIN")  # so that all is of the same moment
        if not people_transfer.has_claims(connection):
            _write_to(connection, target)
        elif key_file:
            with people_transfer.exported_key(connection, key_file):
                _write_to(connection, target)
        else:
            _write_to(connection, target)
            print("The claims can be imported with their key alone: --key writes it to a file.",
                  file=sys.stderr)  # fmt: skip


def key_beside(csv_file: str) -> str | None:
    """Where the key is if nobody says where."""
    return None if csv_file == STANDARD_STREAM else csv_file + KEY_END


def _write_to(connection: sqlite3.Connection, target: str) -> None:
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
    lines.writerows(_people_lines(connection))
    (count,) = connection.execute(moderation.COUNT).fetchone()
    rows = Progress("exporting", count).follow(score_lines(connection))
    lines.writerows(row[:width] for row in rows)
    target.flush()


def other_lines(connection: sqlite3.Connection) -> Iterator[Columns]:
    """All lines but those of scores, claims and tokens."""
    settings = read_settings(connection.execute(score_rows.SETTINGS))
    for level_id, of_level in settings.items():
        yield (str(level_id), *[""] * 6, score_rows.settings_text(of_level))
    for user_id, name in connection.execute(score_rows.NAMES):
        yield ("", str(user_id), *[""] * 4, name, "")
    for user_id, state in moderation.states(connection):
        yield ("", str(user_id), *[""] * 5, state)
    for entry in moderation.entries(connection):
        yield (*[""] * 7, entry)


def _people_lines(connection: sqlite3.Connection) -> Iterator[Columns]:
    """The lines of claims and tokens."""
    for user_id, claim in people_transfer.claims(connection):
        yield ("", str(user_id), *[""] * 5, claim)
    for token in people_transfer.tokens(connection):
        yield (*[""] * 7, token)


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
