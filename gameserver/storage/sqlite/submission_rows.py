"""The table of what has been submitted to tournaments.

Submissions and removals are numbered together, in order: a submission has its number in `id`, its
removal one in `removed`. So it can be said what counted when some number was the newest.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from gameserver.storage.sqlite.tournament_rows import issued_key, number
from gameserver.tournaments.keys import Key
from gameserver.tournaments.tournament import Score, Submission
from gameserver.tournaments.tournament_store import Earlier, outdone

NEWEST = """
SELECT max(
    (SELECT ifnull(max(id), 0) FROM tournament_scores WHERE tournament_id = :tournament),
    (SELECT ifnull(max(removed), 0) FROM tournament_scores
        WHERE tournament_id = :tournament AND removed IS NOT NULL)
)
"""
NEXT = """
SELECT 1 + max(
    (SELECT ifnull(max(id), 0) FROM tournament_scores),
    (SELECT ifnull(max(removed), 0) FROM tournament_scores WHERE removed IS NOT NULL)
)
"""
SAME = "SELECT tournament_id, user_id, removed FROM tournament_scores WHERE digest = ?"
COUNT = """
SELECT count(*) FROM tournament_scores
WHERE tournament_id = ? AND user_id = ? AND removed IS NULL
"""
ALIKE = """
SELECT id, uploaded, time_ms FROM tournament_scores
WHERE tournament_id = ? AND user_id = ? AND removed IS NULL AND level = ? ORDER BY id
"""
ADD = """
INSERT INTO tournament_scores
    (id, tournament_id, user_id, level, time_ms, digest, proven, uploaded)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
"""
REMOVE = """
UPDATE tournament_scores SET removed = ?
WHERE tournament_id = ? AND user_id = ? AND removed IS NULL
"""
SCORES = """
SELECT user_id, level, time_ms FROM tournament_scores AS score
JOIN tournaments ON tournament_id = tournaments.id
WHERE tournament_id = ? AND score.id <= ? AND ifnull(removed > ?, 1) AND uploaded < ends
"""


def newest(sql: sqlite3.Connection, tournament_id: int) -> int:
    """The number of the last that happened in a tournament; 0 if nothing has."""
    return int(sql.execute(NEWEST, {"tournament": tournament_id}).fetchone()[0])


def earlier(
    sql: sqlite3.Connection, key: Key, submission: Submission, only_best: bool
) -> Earlier:
    """The state that a submission meets."""
    place = key.tournament_id, key.user_id
    same = sql.execute(SAME, (submission.digest,)).fetchone()
    is_removed = same is not None and same[2] is not None
    return Earlier(
        issued_key(sql, *place),
        same[:2] if same and not is_removed else None,
        number(sql, COUNT, place),
        is_removed,
        tuple(value for _, _, value in _alike(sql, key, submission)) if only_best else (),
    )


def add(
    sql: sqlite3.Connection, key: Key, submission: Submission, moment: int, only_best: bool
) -> None:
    """Counts a submission; see `TournamentStore.count`."""
    new = number(sql, NEXT, ())  # before the newest may be forgotten
    if only_best:
        kept = [(each, at) for each, at, _ in _alike(sql, key, submission)]
        useless = [(each,) for each in outdone(kept, moment)]
        sql.executemany("DELETE FROM tournament_scores WHERE id = ?", useless)
    game = submission.category, submission.value, submission.digest, submission.proven
    place = key.tournament_id, key.user_id
    sql.execute(ADD, (new, *place, *game, moment))


def remove(sql: sqlite3.Connection, tournament_id: int, user_id: int) -> int:
    """Has nothing count of a user's; returns how much there was."""
    return sql.execute(REMOVE, (number(sql, NEXT, ()), tournament_id, user_id)).rowcount


def scores(sql: sqlite3.Connection, tournament_id: int, newest: int) -> list[Score]:
    """What counted when `newest` was the last number, as far as it came before the end."""
    rows = sql.execute(SCORES, (tournament_id, newest, newest)).fetchall()
    return [Score(*row) for row in rows]


def _alike(
    sql: sqlite3.Connection, key: Key, submission: Submission
) -> Sequence[tuple[int, int, int]]:
    """Number, moment and value of what counts of the player's in the category, the oldest first."""
    place = key.tournament_id, key.user_id, submission.category
    return sql.execute(ALIKE, place).fetchall()
