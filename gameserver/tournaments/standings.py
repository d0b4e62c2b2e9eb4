"""Standings: the players of a tournament in the order of their results."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from gameserver.minesweeper.modes import Mode, Result
from gameserver.minesweeper.replays import Level


class Score(NamedTuple):
    """A game that counts, as it was uploaded."""

    user_id: int
    level: Level
    time_ms: int


class Standing(NamedTuple):
    """A player's line in the table. `score` is in milliseconds."""

    rank: int
    username: str
    score: int
    games: int
    finished: bool


def standings(mode: Mode, players: Mapping[int, str], scores: Iterable[Score]) -> list[Standing]:
    """A line for each player (user id → name), best first.

    Equal results share a rank, and the next one is counted on past them: 1, 1, 3. Among
    themselves they stand in the order of `players`.
    """
    times: defaultdict[int, defaultdict[Level, list[int]]]
    times = defaultdict(lambda: defaultdict(list))
    for score in sorted(scores, key=lambda score: score.time_ms):
        times[score.user_id][score.level].append(score.time_ms)
    results = [(name, mode.result(times[user_id])) for user_id, name in players.items()]
    results.sort(key=lambda line: line[1].rank_key)
    return _ranked(results)


def _ranked(results: list[tuple[str, Result]]) -> list[Standing]:
    table: list[Standing] = []
    previous = None
    for place, (name, result) in enumerate(results, start=1):
        rank = table[-1].rank if table and result == previous else place
        table.append(Standing(rank, name, result.score, result.games, result.finished))
        previous = result
    return table
