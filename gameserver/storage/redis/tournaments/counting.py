"""Counting submissions to tournaments, in Redis: one, or several as one."""

from __future__ import annotations

from collections.abc import Sequence

from gameserver.storage.redis.link.link import Command
from gameserver.storage.redis.link.questions import Change, Read, Transaction
from gameserver.storage.redis.link.rounds import Rounds
from gameserver.storage.redis.tournaments.submissions import Submissions, game_key
from gameserver.storage.redis.tournaments.tournament_values import (
    issued_in,
    tournament_key,
    unpacked,
)
from gameserver.tournaments.keys import Key
from gameserver.tournaments.tournament import Submission
from gameserver.tournaments.tournament_store import Counts


def counting_of(
    rounds: Rounds,
    key: Key,
    submissions: Sequence[tuple[Submission, Counts]],
    moment: int,
    only_best: bool,
) -> Transaction:
    """What counts them, and returns a list of which did; see `TournamentStore.count`."""
    tournament_id, user_id = key.tournament_id, key.user_id
    place, keys = tournament_key(tournament_id), tournament_key(tournament_id, "keys")
    there = Submissions(tournament_id)
    games = [game_key(submission.digest) for submission, _ in submissions]

    def change(read: Read) -> Change:
        found, drawn = read([("GET", place), ("HGET", keys, user_id)])
        tournament = unpacked(found) if found else None
        issued = issued_in(tournament_id, user_id, drawn)
        known = read([("GET", game) for game in games])
        table = there.read(user_id, only_best, read)
        made: list[Command] = []
        counted = []
        for (submission, rule), game in zip(submissions, known, strict=True):
            counts = rule(tournament, table.earlier(issued, submission, game))
            counted.append(counts)
            if counts:
                commands, table = table.added(submission, moment)
                made += commands
        return Change(made, counted)

    return Transaction(rounds.transact, [place, keys, *there.keys, *games], change)
