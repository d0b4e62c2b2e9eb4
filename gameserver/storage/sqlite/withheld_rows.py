"""Banned and hidden users, and their scores, as rows of the data file."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import get_args

from gameserver.scores.rank_key import Line
from gameserver.scores.user_index import BoardId
from gameserver.scores.withheld import State, Withheld
from gameserver.storage.sqlite.score_rows import rank_key, stored_key

STATES = "SELECT user, state FROM user_state ORDER BY user"
STATE_OF = "SELECT state FROM user_state WHERE user = ?"
KEEP_STATE = "REPLACE INTO user_state VALUES (?, ?)"
REMOVE_STATE = "DELETE FROM user_state WHERE user = ?"

IN_ORDER = "SELECT user, level, season, key, at, meta FROM withheld ORDER BY user, level, season"
LINE_OF = "SELECT key, at, meta FROM withheld WHERE user = ? AND level = ? AND season = ?"
KEEP = "REPLACE INTO withheld (key, at, meta, user, level, season) VALUES (?, ?, ?, ?, ?, ?)"
REMOVE = "DELETE FROM withheld WHERE user = ? AND level = ? AND season = ?"

Place = tuple[int, BoardId]
"""A user and a board."""


def parse_state(text: object) -> State:
    """A state that is not `ok`; ValueError if it is none."""
    for state in get_args(State):
        if text == state != "ok":
            return state  # type: ignore[no-any-return]
    raise ValueError("a user's state must be banned or hidden")


def load(connection: sqlite3.Connection, withheld: Withheld) -> None:
    """Reads all of them; ValueError or TypeError if they are damaged."""
    for user_id, state in connection.execute(STATES):
        withheld.put_state(user_id, parse_state(state))
    for user_id, level_id, start, key, at, meta in connection.execute(IN_ORDER):
        withheld.put_line(user_id, (level_id, start), Line(rank_key(key), at, meta))


def write(
    connection: sqlite3.Connection,
    withheld: Withheld,
    users: Iterable[int],
    places: Iterable[Place],
) -> None:
    """Makes the rows of some users and places say what is in memory."""
    for user_id in users:
        state = withheld.state(user_id)
        if state == "ok":
            connection.execute(REMOVE_STATE, (user_id,))
        else:
            connection.execute(KEEP_STATE, (user_id, state))
    for user_id, board_id in places:
        line = withheld.line(user_id, board_id)
        if line is None:
            connection.execute(REMOVE, (user_id, *board_id))
        else:
            row = stored_key(line.key), line.at, line.meta, user_id, *board_id
            connection.execute(KEEP, row)


def restore(
    connection: sqlite3.Connection,
    withheld: Withheld,
    users: Iterable[int],
    places: Iterable[Place],
) -> None:
    """Makes the memory say what is in the rows of some users and places."""
    for user_id in users:
        row = connection.execute(STATE_OF, (user_id,)).fetchone()
        withheld.put_state(user_id, parse_state(row[0]) if row else "ok")
    for user_id, board_id in places:
        row = connection.execute(LINE_OF, (user_id, *board_id)).fetchone()
        line = row and Line(rank_key(row[0]), *row[1:])
        withheld.put_line(user_id, board_id, line)
