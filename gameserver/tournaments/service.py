"""Tournaments and what can be done with them: each method is one operation of the store.

The server's clock is read inside the operation, so that a player whom the clock lets in is also
there when the next one looks.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

from gameserver.errors import Refused
from gameserver.times import Clock, moment_of, server_clock
from gameserver.tournaments import rules
from gameserver.tournaments.catalogue import Hosted, Listing, Page
from gameserver.tournaments.counting import counts_if_best, counts_once
from gameserver.tournaments.creation import Fields, read_tournament
from gameserver.tournaments.creation_limit import CreationLimit
from gameserver.tournaments.keys import SECRET_SIZE, IssuedKey, Key
from gameserver.tournaments.modes import Mode, Modes, Settle
from gameserver.tournaments.standings import Standing, standings
from gameserver.tournaments.tournament import Entry, Submission, Tournament, View
from gameserver.tournaments.tournament_store import TournamentStore

_REMEMBERED_TABLES = 64
NO_SETTLING: Mapping[str, Settle] = {}


class Tournaments:
    """All tournaments of this server. Users are known by their ids; None is nobody."""

    def __init__(
        self,
        store: TournamentStore,
        modes: Modes,
        clock: Clock = server_clock,
        randomness: Callable[[int], bytes] = os.urandom,
        settle: Mapping[str, Settle] = NO_SETTLING,
    ) -> None:
        """`settle`: see `read_tournament`."""
        self._store = store
        self._modes = modes
        self._clock = clock
        self._randomness = randomness
        self._settle = settle
        self._creations = CreationLimit()
        self._table = lru_cache(_REMEMBERED_TABLES)(self._make_table)

    # Lists

    def listed(self, name: str, page: Page | None = None) -> Listing:
        """What one of the lists in `LISTS` shows now."""
        return self._store.listing(name, self._now(), page)

    def entries(self, user_id: int, listing: Listing) -> Mapping[int, Entry]:
        """The user's entries in what a list shows, by tournament."""
        return self._store.entries(user_id, listing)

    def my_active(self, user_id: int) -> list[tuple[Tournament, Entry]]:
        """The tournaments that are not over and that the user is in, or may come into."""
        return self._store.entered(user_id, ending_after=self._now())

    def view(self, tournament_id: int, user_id: int | None) -> View:
        """One tournament with its players; pending requests the host alone sees."""
        detail = self._store.detail(tournament_id)
        is_host = user_id == detail.tournament.host_id
        entries = {player_id: entry for player_id, _, entry in detail.entries}
        return View(
            detail.tournament,
            Entry.NONE if user_id is None else entries.get(user_id, Entry.NONE),
            detail.host,
            [(n, e) for _, n, e in detail.entries if is_host or e is not Entry.REQUESTED],
            self._store.unproven(tournament_id) if is_host else None,
            self._mode(detail.tournament).larger_is_better,
        )

    def standings(self, tournament_id: int, user_id: int | None) -> Sequence[Standing]:
        """The table of a tournament, as far as the user may see it."""
        detail = self._store.detail(tournament_id)
        rules.check_results_visible(detail.tournament, user_id, self._now())
        players = tuple((n, name) for n, name, e in detail.entries if e is Entry.PARTICIPATING)
        return self._table(detail.tournament, players, detail.newest_score)

    def _make_table(
        self, tournament: Tournament, players: tuple[tuple[int, str], ...], newest: int
    ) -> Sequence[Standing]:
        """The table after `newest`, and so always the same: scores come and go, but do not change.
        """
        scores = self._store.scores(tournament.id, newest)
        return standings(self._mode(tournament), dict(players), scores)

    # Hosting

    def create(self, fields: Fields, host_id: int) -> Tournament:
        """A new tournament, as the fields of a request describe it."""

        def make(hosted: Callable[[int, int], Hosted]) -> Tournament:
            now = self._now()
            tournament = read_tournament(fields, self._modes, self._settle, host_id, now)
            rules.check_create(hosted(host_id, now))
            take(now)
            return tournament

        with self._creations.place(host_id) as take:
            return self._store.add(make)

    def delete(self, tournament_id: int, host_id: int) -> None:
        """Forgets a tournament that nobody has entered."""

        def rule(tournament: Tournament, entered: bool) -> None:
            rules.check_host(tournament, host_id)
            rules.check_delete(entered)

        self._store.delete(tournament_id, rule)

    def check_host(self, tournament_id: int, user_id: int) -> None:
        """Refuses whoever is not the tournament's host."""
        rules.check_host(self._store.tournament(tournament_id), user_id)

    def stop(self, tournament_id: int, host_id: int, arrived: float = 0) -> Tournament:
        """Ends the tournament at the moment at which this was asked for; 0: now."""

        def rule(tournament: Tournament) -> Tournament:
            moment = self._moment(arrived)
            rules.check_host(tournament, host_id)
            rules.check_stop(tournament, moment)
            return replace(tournament, end=moment)

        return self._store.change(tournament_id, rule)

    def invite(self, tournament_id: int, host_id: int, player_id: int) -> None:
        def rule(tournament: Tournament, entry: Entry) -> Entry:
            rules.check_host(tournament, host_id)
            return rules.invite(tournament, self._mode(tournament), entry, self._now())

        self._store.enter(tournament_id, player_id, rule)

    def host_confirm(self, tournament_id: int, host_id: int, player_id: int) -> None:
        def rule(tournament: Tournament, entry: Entry) -> Entry:
            rules.check_host(tournament, host_id)
            return rules.host_confirm(tournament, self._mode(tournament), entry, self._now())

        self._store.enter(tournament_id, player_id, rule)

    def remove(self, tournament_id: int, host_id: int, player_id: int) -> int:
        """Has nothing count that a player has handed in so far; returns how much there was."""
        removed = self._store.remove(
            tournament_id, player_id, lambda tournament: rules.check_host(tournament, host_id)
        )
        rules.check_removed(removed)
        return removed

    # Playing

    def participate(self, tournament_id: int, user_id: int) -> None:
        def rule(tournament: Tournament, entry: Entry) -> Entry:
            return rules.participate(tournament, self._mode(tournament), entry, self._now())

        self._store.enter(tournament_id, user_id, rule)

    def player_confirm(self, tournament_id: int, user_id: int) -> None:
        def rule(tournament: Tournament, entry: Entry) -> Entry:
            return rules.player_confirm(tournament, self._mode(tournament), entry, self._now())

        self._store.enter(tournament_id, user_id, rule)

    def gen_key(self, tournament_id: int, user_id: int) -> IssuedKey:
        """Issues the user's key for the tournament: once, and not before it has started."""

        def rule(tournament: Tournament, entry: Entry, issued: IssuedKey | None) -> IssuedKey:
            now = self._now()
            rules.check_gen_key(tournament, entry, issued, now)
            key = Key(user_id, tournament_id, self._randomness(SECRET_SIZE))
            return IssuedKey(key, now, self._mode(tournament).key_expiry(now, tournament.end))

        return self._store.issue_key(tournament_id, user_id, rule)

    def end_keys(self, user_id: int) -> None:
        """Ends all keys of a user, whose account is being deleted."""
        self._store.end_keys(user_id)

    def get_key(self, tournament_id: int, user_id: int) -> IssuedKey:
        """The key that the user has been issued."""
        tournament, issued = self._store.key(tournament_id, user_id)
        if issued is None:
            raise rules.missing_key_error(tournament, self._now())
        return issued

    def check_key(self, key: Key, arrived: float = 0, categories: Iterable[str] = ()) -> None:
        """Refuses a key with which nothing can be submitted that arrived then; 0: now.

        The same for one with which nothing can be of one of the categories.
        """
        try:
            tournament, issued = self._store.key(key.tournament_id, key.user_id)
        except Refused as error:
            raise rules.invalid_key() if error.code == "no_such_tournament" else error from None
        rules.check_key_in_time(tournament, rules.check_key(key, issued), self._moment(arrived))
        mode = self._mode(tournament)
        for category in categories:
            rules.check_category(mode, category)

    def submit(
        self,
        key: Key,
        submission: Submission,
        keep: Callable[[], None] = lambda: None,
        arrived: float = 0,
    ) -> bool:
        """Counts a game for the player whose key came with it; False if it counts already.

        `keep` is called before it counts, to keep what is known of the game; it may be called
        more than once. `arrived`: when the server had received it, by its clock; 0: now.
        """
        moment = self._moment(arrived)
        rule = counts_once(self._mode, key, submission, moment, keep)
        return self._store.count(key, submission, moment, rule)

    def counting(
        self, key: Key, submissions: Sequence[Submission], arrived: float
    ) -> Callable[[], object]:
        """What counts games as one when it is called: each that is better than all of the
        player's in its category. It refuses all if one is refused.
        """
        moment = self._moment(arrived)
        counted = [(one, counts_if_best(self._mode, key, one, moment)) for one in submissions]
        return self._store.counting(key, counted, moment)

    def _mode(self, tournament: Tournament) -> Mode:
        return self._modes[tournament.mode](tournament.modeparams)

    def _now(self) -> int:
        return moment_of(self._clock())

    def _moment(self, arrived: float) -> int:
        return moment_of(min(arrived or math.inf, self._clock()))
