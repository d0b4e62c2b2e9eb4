"""The rules of tournaments: plain functions of values; `now` is the server's clock.

An entry is a player's place in a tournament. Anything that is not allowed raises `Refused`.
"""

from __future__ import annotations

from gameserver.errors import Refused
from gameserver.times import format_moment
from gameserver.tournaments.catalogue import Hosted
from gameserver.tournaments.keys import IssuedKey, Key
from gameserver.tournaments.modes import Mode
from gameserver.tournaments.tournament import Entry, Phase, Submission, Tournament
from gameserver.tournaments.tournament_store import Earlier

MAX_ACTIVE = 100
"""Tournaments of one host that are not over."""
MAX_EMPTY = 1_000
"""Tournaments of one host that nobody has entered, be they over or not."""

MAX_SCORES = 1_000
"""Games that one player may hand in to a tournament."""

# Entry


def participate(tournament: Tournament, mode: Mode, entry: Entry, now: int) -> Entry:
    """The entry of a player who wants to take part."""
    if entry is Entry.PARTICIPATING and tournament.phase(now) is not Phase.OVER:
        return entry
    _check_entry_is_possible(tournament, mode, now)
    if tournament.open_entry or entry is Entry.INVITED:
        return Entry.PARTICIPATING
    return Entry.REQUESTED


def player_confirm(tournament: Tournament, mode: Mode, entry: Entry, now: int) -> Entry:
    """The entry of a player who accepts an invitation."""
    if entry not in (Entry.INVITED, Entry.PARTICIPATING):
        raise Refused("not_invited")
    return participate(tournament, mode, entry, now)


def invite(tournament: Tournament, mode: Mode, entry: Entry, now: int) -> Entry:
    """The entry of a player whom the host invites; one who has asked already is in."""
    _check_entry_is_possible(tournament, mode, now)
    if entry is Entry.REQUESTED:
        return Entry.PARTICIPATING
    return entry if entry is Entry.PARTICIPATING else Entry.INVITED


def host_confirm(tournament: Tournament, mode: Mode, entry: Entry, now: int) -> Entry:
    """The entry of a player whose request the host grants."""
    if entry not in (Entry.REQUESTED, Entry.PARTICIPATING):
        raise Refused("not_requested")
    _check_entry_is_possible(tournament, mode, now)
    return Entry.PARTICIPATING


def _check_entry_is_possible(tournament: Tournament, mode: Mode, now: int) -> None:
    phase = tournament.phase(now)
    late = phase is Phase.IN_PROGRESS and mode.closes_entry_at_start
    if late or phase is Phase.OVER:
        raise Refused("too_late")


# Hosting


def check_create(hosted: Hosted) -> None:
    """A host has a limited number of tournaments that are not over, and of those without players.
    """
    if hosted.active >= MAX_ACTIVE:
        raise Refused("too_many_tournaments", f"{MAX_ACTIVE} of your tournaments are not over yet")
    if hosted.empty >= MAX_EMPTY:
        raise Refused(
            "too_many_tournaments",
            f"nobody has entered {MAX_EMPTY} of your tournaments: delete some of them",
        )


def check_delete(entered: bool) -> None:
    """What somebody has entered stays."""
    if entered:
        raise Refused("has_entries", "somebody has entered, asked to enter or been invited")


def check_host(tournament: Tournament, user_id: int) -> None:
    if tournament.host_id != user_id:
        raise Refused("not_host")


def check_stop(tournament: Tournament, now: int) -> None:
    """A tournament can be ended as long as it has not ended."""
    if tournament.phase(now) is Phase.OVER:
        raise Refused("tournament_over")


def check_results_visible(tournament: Tournament, user_id: int | None, now: int) -> None:
    hidden = tournament.hide_results and tournament.phase(now) is not Phase.OVER
    if hidden and user_id != tournament.host_id:
        raise Refused("results_hidden")


# Keys


def check_gen_key(tournament: Tournament, entry: Entry, issued: IssuedKey | None, now: int) -> None:
    """A key is issued once, to a participating player, while the tournament runs."""
    if entry is not Entry.PARTICIPATING:
        raise Refused("not_participating")
    if issued:
        raise Refused("key_exists")
    phase = tournament.phase(now)
    if phase is Phase.OVER:
        raise Refused("tournament_over")
    if phase is Phase.UPCOMING:
        raise Refused("too_early", wait=tournament.start - now)


def missing_key_error(tournament: Tournament, now: int) -> Refused:
    """The refusal for a player who has not generated a key."""
    phase = tournament.phase(now)
    if phase is Phase.OVER:
        return Refused("never_generated")
    if phase is Phase.UPCOMING:
        return Refused("not_generated_yet", wait=tournament.start - now)
    return Refused("not_generated")


# Submissions


def invalid_key() -> Refused:
    """The refusal of what was never issued as a key, or is none any more."""
    return Refused("invalid_data", "the key is not valid: it is not that of a player")


def check_key(key: Key, issued: IssuedKey | None) -> IssuedKey:
    """The key as it was issued; a game with any other key counts for nobody."""
    if issued is None or not issued.key.matches(key):
        raise invalid_key()
    return issued


def check_key_in_time(tournament: Tournament, issued: IssuedKey, moment: int) -> None:
    """A key with which somebody may submit what arrived at this moment."""
    if tournament.phase(moment) is Phase.OVER:
        raise Refused("tournament_over")
    if issued.expiry is not None and moment >= issued.expiry:
        until = format_moment(issued.expiry)
        raise Refused("mode_constraint_violated", f"the time for this key ended at {until} UTC")


def check_submission(mode: Mode, submission: Submission) -> None:
    """A game that counts, of a category that the mode wants."""
    if submission.violation:
        raise Refused("mode_constraint_violated", submission.violation)
    check_category(mode, submission.category)


def check_category(mode: Mode, category: str) -> None:
    """A category that the mode wants."""
    if not mode.wants(category):
        raise Refused(
            "mode_constraint_violated",
            f"games of the level {category} do not count in this tournament",
        )


def check_removed(count: int) -> None:
    if not count:
        raise Refused("nothing_submitted", "nothing of this player counts in the tournament")


def is_best(mode: Mode, value: int, earlier: Earlier) -> bool:
    """Whether a value is better than all that the player has handed in so far."""
    if not earlier.values:
        return True
    if mode.larger_is_better:
        return value > max(earlier.values)
    return value < min(earlier.values)


def is_new(key: Key, earlier: Earlier) -> bool:
    """Whether a game is to be counted; False if it is already, for the same player."""
    if earlier.counted_for:
        if earlier.counted_for != (key.tournament_id, key.user_id):
            raise Refused("invalid_data", "this game was uploaded with another key")
        return False
    if earlier.is_removed:
        raise Refused("invalid_data", "the host has removed this game")
    if earlier.scores >= MAX_SCORES:
        raise Refused("too_many_scores")
    return True
