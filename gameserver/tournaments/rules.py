"""Who may do what, and when. Plain functions of values; `now` is the server's clock.

A tournament runs from `start` up to but not including `end`. An entry is a player's place in a
tournament. Whoever may not do something gets `Refused`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, StrEnum, auto

from gameserver.minesweeper.modes import MODES, Mode
from gameserver.minesweeper.replays import Mode as GameMode
from gameserver.minesweeper.replays import Replay
from gameserver.times import format_moment
from gameserver.tournaments.errors import Refused
from gameserver.tournaments.keys import DrawnKey


class Entry(StrEnum):
    """How far a player has come into a tournament."""

    NONE = "not_participating"
    REQUESTED = "requested"
    INVITED = "invited"
    PARTICIPATING = "participating"


class Phase(Enum):
    UPCOMING = auto()
    IN_PROGRESS = auto()
    OVER = auto()


LISTS: Mapping[str, frozenset[Phase]] = {
    "all": frozenset(Phase),
    "archive": frozenset({Phase.OVER}),
    "in_progress": frozenset({Phase.IN_PROGRESS}),
    "upcoming": frozenset({Phase.UPCOMING}),
    "active": frozenset({Phase.UPCOMING, Phase.IN_PROGRESS}),
}
"""The lists of tournaments, and the phases of those that stand in them."""


@dataclass(frozen=True, slots=True)
class Tournament:
    """One tournament. `start` and `end` are moments."""

    id: int
    host_id: int
    name: str
    mode: str
    modeparams: str
    location: str
    start: int
    end: int
    open_entry: bool
    hide_results: bool

    @property
    def rules(self) -> Mode:
        """The mode with this tournament's parameters."""
        return MODES[self.mode](self.modeparams)

    def phase(self, now: int) -> Phase:
        if now >= self.end:
            return Phase.OVER
        return Phase.UPCOMING if now < self.start else Phase.IN_PROGRESS


# Entry


def participate(tournament: Tournament, entry: Entry, now: int) -> Entry:
    """The entry of a player who wants to take part."""
    if entry is Entry.PARTICIPATING and tournament.phase(now) is not Phase.OVER:
        return entry
    _check_entry_is_possible(tournament, now)
    if tournament.open_entry or entry is Entry.INVITED:
        return Entry.PARTICIPATING
    return Entry.REQUESTED


def player_confirm(tournament: Tournament, entry: Entry, now: int) -> Entry:
    """The entry of a player who accepts an invitation."""
    if entry not in (Entry.INVITED, Entry.PARTICIPATING):
        raise Refused("not_invited")
    return participate(tournament, entry, now)


def invite(tournament: Tournament, entry: Entry, now: int) -> Entry:
    """The entry of a player whom the host invites; who has asked already, is in."""
    _check_entry_is_possible(tournament, now)
    if entry is Entry.REQUESTED:
        return Entry.PARTICIPATING
    return entry if entry is Entry.PARTICIPATING else Entry.INVITED


def host_confirm(tournament: Tournament, entry: Entry, now: int) -> Entry:
    """The entry of a player whose request the host grants."""
    if entry not in (Entry.REQUESTED, Entry.PARTICIPATING):
        raise Refused("not_requested")
    _check_entry_is_possible(tournament, now)
    return Entry.PARTICIPATING


def _check_entry_is_possible(tournament: Tournament, now: int) -> None:
    phase = tournament.phase(now)
    late = phase is Phase.IN_PROGRESS and tournament.rules.closes_entry_at_start
    if late or phase is Phase.OVER:
        raise Refused("too_late")


# Hosting


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


def check_gen_key(tournament: Tournament, entry: Entry, drawn: DrawnKey | None, now: int) -> None:
    """A key is drawn once, by a participating player, while the tournament runs."""
    if entry is not Entry.PARTICIPATING:
        raise Refused("not_participating")
    if drawn:
        raise Refused("key_exists")
    phase = tournament.phase(now)
    if phase is Phase.OVER:
        raise Refused("tournament_over")
    if phase is Phase.UPCOMING:
        raise Refused("too_early", wait=tournament.start - now)


def why_no_key(tournament: Tournament, now: int) -> Refused:
    """What is said to somebody who has not generated a key."""
    phase = tournament.phase(now)
    if phase is Phase.OVER:
        return Refused("never_generated")
    if phase is Phase.UPCOMING:
        return Refused("not_generated_yet", wait=tournament.start - now)
    return Refused("not_generated")


# Uploads


def check_upload(tournament: Tournament, drawn: DrawnKey, replay: Replay, now: int) -> None:
    """A won game, by normal rules, at a level that the mode wants, uploaded in time."""
    if tournament.phase(now) is Phase.OVER:
        raise Refused("tournament_over")
    if drawn.expiry is not None and now >= drawn.expiry:
        until = format_moment(drawn.expiry)
        raise Refused("mode_constraint_violated", f"the time for this key ended at {until} UTC")
    violated = game_violation(tournament.rules, replay)
    if violated:
        raise Refused("mode_constraint_violated", violated)


def game_violation(mode: Mode, replay: Replay) -> str:
    """Why a game does not count, for a person; empty if it does."""
    if not replay.won:
        return "the game was not won"
    if replay.mode is not GameMode.NORMAL:
        return "the game was not played by normal rules"
    if not mode.wants(replay.level):
        return f"games of the level {replay.level} do not count in this tournament"
    return ""
