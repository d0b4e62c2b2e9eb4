"""Standings: the players of a tournament in the order of their results."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from gameserver.tournaments.modes import Mode, Result
from gameserver.tournaments.tournament import Score


class Standing(NamedTuple):
    """A player's line in the table."""

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
    values: defaultdict[int, defaultdict[str, list[int]]]
    values = defaultdict(lambda: defaultdict(list))
    for score in sorted(scores, key=lambda score: score.value):
        values[score.user_id][score.category].append(score.value)
    results = [(name, mode.result(values[user_id])) for user_id, name in players.items()]
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
