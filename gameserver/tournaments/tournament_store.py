"""What a store of tournaments does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple, Protocol

from gameserver.tournaments.keys import IssuedKey, Key
from gameserver.tournaments.tournament import Entry, Score, Submission, Tournament


class Detail(NamedTuple):
    """A tournament with all who have to do with it."""

    tournament: Tournament
    host: str
    entries: list[tuple[int, str, Entry]]
    """User id, name and entry of everybody in the tournament, by id."""
    newest_score: int
    """Grows with every submission that counts; 0 without any."""


class Earlier(NamedTuple):
    """What is there when a submission comes."""

    issued: IssuedKey | None
    """The key that its player has been issued."""
    counted_for: tuple[int, int] | None
    """Tournament and user for which the same game counts already."""
    scores: int
    """How many submissions of the player count in the tournament."""


class TournamentStore(Protocol):
    """Tournaments, entries, keys and submissions. Every method is one atomic operation.

    What decides is a *rule*: a function of values, which an engine may call more than once, and
    which raises `Refused` for what is not allowed. All moments are in microseconds. For a
    tournament that is not there `Refused` with the code `no_such_tournament` is raised. Methods
    that write raise StorageFull if nothing can be stored, and then change nothing.
    """

    def add(self, make: Callable[[Callable[[int, int], int]], Tournament]) -> Tournament:
        """Keeps a new tournament and returns it with its id.

        `make(count_hosted)` makes it; `count_hosted(host_id, now)` says how many tournaments of
        a host end after a moment.
        """

    def change(self, tournament_id: int, rule: Callable[[Tournament], Tournament]) -> Tournament:
        """Puts what the rule makes of the tournament in its place."""

    def tournament(self, tournament_id: int) -> Tournament:
        """The tournament."""

    def listed(self, user_id: int | None, ending_after: int) -> list[tuple[Tournament, Entry]]:
        """The tournaments that end after a moment, by id, and the user's entries."""

    def detail(self, tournament_id: int) -> Detail:
        """The tournament with all who have to do with it."""

    def unproven(self, tournament_id: int) -> Mapping[str, int]:
        """User name → how many of the user's games do not bear out their values."""

    def enter(
        self, tournament_id: int, user_id: int, rule: Callable[[Tournament, Entry], Entry]
    ) -> Entry:
        """Makes the user's entry what the rule makes of it."""

    def issue_key(
        self,
        tournament_id: int,
        user_id: int,
        rule: Callable[[Tournament, Entry, IssuedKey | None], IssuedKey],
    ) -> IssuedKey:
        """Keeps the key that the rule issues."""

    def end_keys(self, user_id: int) -> None:
        """Forgets all keys of a user: nothing that is played with them counts any more."""

    def key(self, tournament_id: int, user_id: int) -> tuple[Tournament, IssuedKey | None]:
        """The tournament, and the key that the user has been issued."""

    def count(
        self,
        key: Key,
        submission: Submission,
        now: int,
        rule: Callable[[Tournament | None, Earlier], bool],
    ) -> bool:
        """Counts the submission if the rule says so; returns what it said."""

    def scores(self, tournament_id: int, newest: int) -> list[Score]:
        """The submissions that counted when `Detail.newest_score` was this."""
