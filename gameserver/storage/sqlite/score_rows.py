"""Boards, settings and names as rows of the data file."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import Any

from gameserver.errors import Refused
from gameserver.scores.board import Board
from gameserver.scores.level import Level
from gameserver.scores.rank_key import Line
from gameserver.scores.settings import DEFAULT, LevelSettings, settings_of
from gameserver.scores.user_index import BoardId

KEEP = "REPLACE INTO score (key, at, meta, level, season, user) VALUES (?, ?, ?, ?, ?, ?)"
REMOVE = "DELETE FROM score WHERE level = ? AND season = ? AND user = ?"
REMOVE_SOME = """
DELETE FROM score WHERE (level, season, user) IN (
    SELECT level, season, user FROM score WHERE level = ? AND season = ? LIMIT ?
)
"""
KEEP_SETTINGS = "REPLACE INTO level VALUES (?, ?)"
KEEP_NAME = "REPLACE INTO user_name VALUES (?, ?)"
REMOVE_NAME = "DELETE FROM user_name WHERE user = ?"

# In rank order on each board, which is what a board is made from.
IN_ORDER = "SELECT level, season, user, key, at, meta FROM score ORDER BY level, season, key"
OF_BOARD = """
SELECT level, season, user, key, at, meta FROM score WHERE level = ? AND season = ? ORDER BY key
"""
SEASONS = "SELECT DISTINCT season FROM score WHERE level = ?"
SETTINGS = "SELECT level, settings FROM level ORDER BY level"
SETTINGS_OF = "SELECT level, settings FROM level WHERE level = ?"
NAMES = "SELECT user, name FROM user_name ORDER BY user"
NAME_OF = "SELECT name FROM user_name WHERE user = ?"

DAMAGES = (ValueError, TypeError, OverflowError, sqlite3.DatabaseError, Refused)
"""What reading rows raises that this server did not write."""

CHUNK = 10_000
"""Rows that are fetched at once."""

Row = tuple[int, int, int, int, int | None, bytes | None]
"""Level, season, user, stored key, moment and metadata."""


def stored_key(key: int) -> int:
    """A rank key as it is in the file, whose integers have a sign; the order is the same."""
    return key - 2**63


def rank_key(stored: int) -> int:
    """The rank key of a stored one."""
    return stored + 2**63


def chunks(cursor: sqlite3.Cursor) -> Iterator[list[Row]]:
    """The rows that are left, many at a time."""
    while rows := cursor.fetchmany(CHUNK):
        yield rows


def read_boards(
    rows: Iterable[Row], settings: Mapping[int, LevelSettings]
) -> Iterator[tuple[BoardId, Board]]:
    """The boards that rows in order make; one of `DAMAGES` if they make none."""
    for board_id, of_board in groupby(rows, lambda row: row[:2]):
        level_id, start = board_id
        level = Level(settings.get(level_id, DEFAULT))
        if not level.begins_at(start):
            raise ValueError(f"level {level_id} has no season that begins at {start}")
        lines = ((user, Line(rank_key(key), at, meta)) for _, _, user, key, at, meta in of_board)
        yield board_id, Board.of_lines(lines, level.is_ascending)


def write_lines(
    connection: sqlite3.Connection, board_id: BoardId, board: Board | None, users: Iterable[int]
) -> None:
    """Makes the rows of some users say what the board says; None is an empty one."""
    kept, gone = [], []
    for user_id in users:
        line = None if board is None else board.line(user_id)
        if line is None:
            gone.append((*board_id, user_id))
        else:
            kept.append((stored_key(line.key), line.at, line.meta, *board_id, user_id))
    if kept:
        connection.executemany(KEEP, kept)
    if gone:
        connection.executemany(REMOVE, gone)


def settings_text(settings: LevelSettings) -> str:
    """Settings as they are in the file: a JSON object of those that differ from the default."""
    return json.dumps(settings.changed(), ensure_ascii=False)


def json_object(text: str) -> dict[str, Any]:
    """The JSON object that a text is; ValueError if it is none."""
    value = json.loads(text)
    if not isinstance(value, dict):
        raise ValueError("must be a JSON object")
    return value


def read_settings(cursor: sqlite3.Cursor) -> dict[int, LevelSettings]:
    """The settings by level; one of `DAMAGES` if they are none."""
    return {level_id: settings_of(json_object(text)) for level_id, text in cursor}
