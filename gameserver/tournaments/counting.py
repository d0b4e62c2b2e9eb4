"""Which submissions count: the rules that `TournamentStore.count` is given."""

from __future__ import annotations

from collections.abc import Callable

from gameserver.errors import Refused
from gameserver.tournaments import rules
from gameserver.tournaments.keys import Key
from gameserver.tournaments.modes import Mode
from gameserver.tournaments.tournament import Submission, Tournament
from gameserver.tournaments.tournament_store import Counts, Earlier

ModeOf = Callable[[Tournament], Mode]


def counts_once(
    mode_of: ModeOf, key: Key, submission: Submission, moment: int, keep: Callable[[], None]
) -> Counts:
    """A game counts that is new; `keep` is called before it does."""

    def rule(tournament: Tournament | None, earlier: Earlier) -> bool:
        _checked(mode_of, tournament, key, submission, moment, earlier)
        if not rules.is_new(key, earlier):
            return False
        keep()
        return True

    return rule


def counts_if_best(mode_of: ModeOf, key: Key, submission: Submission, moment: int) -> Counts:
    """A game counts that is better than all of the player's in its category."""

    def rule(tournament: Tournament | None, earlier: Earlier) -> bool:
        mode = _checked(mode_of, tournament, key, submission, moment, earlier)
        return rules.is_best(mode, submission.value, earlier)

    return rule


def _checked(
    mode_of: ModeOf,
    tournament: Tournament | None,
    key: Key,
    submission: Submission,
    moment: int,
    earlier: Earlier,
) -> Mode:
    """The mode of the tournament, where the submission may be made."""
    issued = rules.check_key(key, earlier.issued)
    if tournament is None:
        raise Refused("no_such_tournament")
    rules.check_key_in_time(tournament, issued, moment)
    mode = mode_of(tournament)
    rules.check_submission(mode, submission)
    return mode
