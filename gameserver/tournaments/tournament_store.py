"""The interface of a store of tournaments."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, Protocol

from gameserver.tournaments.catalogue import Hosted, Listing, Page
from gameserver.tournaments.keys import IssuedKey, Key
from gameserver.tournaments.tournament import Entry, Score, Submission, Tournament


class Detail(NamedTuple):
    """A tournament with everybody in it."""

    tournament: Tournament
    host: str
    entries: list[tuple[int, str, Entry]]
    """User id, name and entry of everybody in the tournament, by id."""
    newest_score: int
    """Grows with every submission that counts, and with every removal; 0 without any."""


class Earlier(NamedTuple):
    """The state that a submission meets."""

    issued: IssuedKey | None
    """The key that its player has been issued."""
    counted_for: tuple[int, int] | None
    """Tournament and user for which the same game counts already."""
    scores: int
    """How many submissions of the player count in the tournament."""
    is_removed: bool = False
    """Whether the same game counts no more, as a host has removed it."""
    values: Sequence[int] = ()
    """What counts of the player's in the submission's category, if only the best does."""


def outdone(kept: Sequence[tuple[int, int]], moment: int) -> list[int]:
    """Which of the numbers of what is kept of a category are needed no more (`only_best`).

    `kept` are numbers and moments, the oldest first. What came at the `moment` of a better one, or
    later, never counts again. Of what came before, the newest does if the tournament turns out
    to have been stopped meanwhile.
    """
    before = [number for number, at in kept if at < moment]
    return [number for number, at in kept if at >= moment or number != before[-1]]


Counts = Callable[[Tournament | None, Earlier], bool]
"""Whether a submission counts that meets this state: a rule."""


class TournamentStore(Protocol):
    """Tournaments, entries, keys and submissions. Every method is one atomic operation.

    Decisions are made by a *rule*: a function of values, which an engine may call more than once,
    and which raises `Refused` for what is not allowed. All moments are in microseconds. For a
    tournament that is not there `Refused` with the code `no_such_tournament` is raised. Methods
    that write raise StorageFull if nothing can be stored, and then change nothing.
    """

    def add(self, make: Callable[[Callable[[int, int], Hosted]], Tournament]) -> Tournament:
        """Keeps a new tournament and returns it with its id.

        `make(hosted)` makes it; `hosted(host_id, now)` says what its host has at a moment.
        """

    def change(self, tournament_id: int, rule: Callable[[Tournament], Tournament]) -> Tournament:
        """Puts what the rule makes of the tournament in its place."""

    def delete(self, tournament_id: int, rule: Callable[[Tournament, bool], None]) -> None:
        """Forgets a tournament that nobody has entered, unless the rule refuses.

        `rule(tournament, entered)` is told whether anybody has entered, and then has to refuse.
        """

    def tournament(self, tournament_id: int) -> Tournament:
        """The tournament."""

    def listing(self, name: str, now: int, page: Page | None) -> Listing:
        """What one of the `LISTS` shows at a moment, which never goes back."""

    def entries(self, user_id: int, listing: Listing) -> Mapping[int, Entry]:
        """The user's entries in what a list shows, by tournament."""

    def entered(self, user_id: int, ending_after: int) -> list[tuple[Tournament, Entry]]:
        """The tournaments that end after a moment and that the user has an entry in, by id."""

    def detail(self, tournament_id: int) -> Detail:
        """The tournament with everybody in it."""

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
        moment: int,
        rule: Counts,
        only_best: bool = False,
    ) -> bool:
        """Counts the submission if the rule says so; returns what it said.

        `moment` is when it arrived. `only_best`: what counts is better than all that the player
        has in its category, and what of that is `outdone` is forgotten as if it had never been.
        """

    def counting(
        self, key: Key, submissions: Sequence[tuple[Submission, Counts]], moment: int
    ) -> Callable[[], object]:
        """What does `count` with `only_best` for each in turn, as one, when it is called.

        `ScoreStore.post` takes it as `also`.
        """

    def remove(self, tournament_id: int, user_id: int, rule: Callable[[Tournament], None]) -> int:
        """Has nothing count that the user has submitted so far; returns how much there was.

        What is removed is still known as the same game (`Earlier.is_removed`).
        """

    def scores(self, tournament_id: int, newest: int) -> list[Score]:
        """The submissions that counted when `Detail.newest_score` was this, if they are kept.

        One that arrived after the tournament had been stopped does not, though it may have been
        judged before that was known.
        """
