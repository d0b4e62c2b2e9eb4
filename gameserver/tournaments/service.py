"""What can be done with tournaments. Each method is one transaction at one moment.

The server's clock is read inside the transaction, so that whoever is let in by the clock is also
there when the next one looks.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

from gameserver.minesweeper.replay_folder import ReplayFolder
from gameserver.minesweeper.replays import InvalidReplay, Replay, read_replay
from gameserver.storage.sqlite.database import Database
from gameserver.storage.sqlite.tournaments import TournamentStore
from gameserver.times import Clock, moment_of
from gameserver.tournaments import rules
from gameserver.tournaments.creation import read_tournament
from gameserver.tournaments.errors import Refused
from gameserver.tournaments.keys import SECRET_SIZE, DrawnKey, Key, parse_key
from gameserver.tournaments.rules import Entry, Phase, Tournament
from gameserver.tournaments.standings import Standing, standings
from gameserver.web.forms import Fields

MAX_HOSTED = 100
"""Tournaments of one host that are not over."""
MAX_SCORES = 1_000
"""Games that one player may upload to a tournament."""

_REMEMBERED_TABLES = 64

RMV_TYPE = "application/x-viennasweeper"
AVF_TYPE = "application/x-minesweeper-arbiter"
_RMV_SIGNATURE = b"*rmv"


class Detail(NamedTuple):
    """A tournament as its page shows it. `unproven` is for the host alone, as are requests."""

    tournament: Tournament
    entry: Entry
    host: str
    players: list[tuple[str, Entry]]
    unproven: Mapping[str, int] | None


class Tournaments:
    """All tournaments of this server. Users are known by their ids; None is nobody."""

    def __init__(
        self,
        database: Database,
        replays: ReplayFolder | None = None,
        clock: Clock = time.time,
        randomness: Callable[[int], bytes] = os.urandom,
    ) -> None:
        self._database = database
        self._store = TournamentStore(database)
        self._replays = replays or ReplayFolder()
        self._clock = clock
        self._randomness = randomness
        self._table = lru_cache(_REMEMBERED_TABLES)(self._make_table)

    # Lists

    def listed(self, name: str, user_id: int | None) -> list[tuple[Tournament, Entry]]:
        """The tournaments of one of the lists in `LISTS`, and the user's entries in them."""
        phases = rules.LISTS[name]
        with self._database.batch():
            now = self._now()
            ending_after = -1 if Phase.OVER in phases else now
            return [
                (tournament, entry)
                for tournament, entry in self._store.listed(user_id, ending_after)
                if tournament.phase(now) in phases
            ]

    def my_active(self, user_id: int) -> list[tuple[Tournament, Entry]]:
        """What is not over and the user has to do with as a player."""
        listed = self.listed("active", user_id)
        return [(tournament, entry) for tournament, entry in listed if entry is not Entry.NONE]

    def detail(self, tournament_id: int, user_id: int | None) -> Detail:
        """One tournament with its players; whose requests are pending, the host alone sees."""
        with self._reading(tournament_id) as (tournament, _):
            entries = self._store.entries(tournament_id)
            is_host = user_id == tournament.host_id
            return Detail(
                tournament,
                Entry.NONE if user_id is None else self._store.entry(tournament_id, user_id),
                self._store.username(tournament.host_id),
                [(n, e) for _, n, e in entries if is_host or e is not Entry.REQUESTED],
                self._store.unproven(tournament_id) if is_host else None,
            )

    def standings(self, tournament_id: int, user_id: int | None) -> Sequence[Standing]:
        """The table of a tournament, as far as the user may see it."""
        with self._reading(tournament_id) as (tournament, now):
            rules.check_results_visible(tournament, user_id, now)
            entries = self._store.entries(tournament_id)
            players = tuple((n, name) for n, name, entry in entries if entry is Entry.PARTICIPATING)
            return self._table(tournament, players, self._store.newest_score(tournament_id))

    def _make_table(
        self, tournament: Tournament, players: tuple[tuple[int, str], ...], newest_score: int
    ) -> Sequence[Standing]:
        """The table after a score was added; scores do not change, so it is always the same."""
        return standings(tournament.rules, dict(players), self._store.scores(tournament.id))

    # Hosting

    def create(self, fields: Fields, host_id: int) -> Tournament:
        """A new tournament, as the fields of a request describe it."""
        with self._database.transaction():
            now = self._now()
            tournament = read_tournament(fields, host_id, now)
            if self._store.count_hosted(host_id, now) >= MAX_HOSTED:
                raise Refused("too_many_tournaments")
            return self._store.add(tournament)

    def stop(self, tournament_id: int, host_id: int) -> Tournament:
        """Ends the tournament at this moment."""
        with self._changing(tournament_id) as (tournament, now):
            rules.check_host(tournament, host_id)
            rules.check_stop(tournament, now)
            self._store.end(tournament_id, now)
            return replace(tournament, end=now)

    def invite(self, tournament_id: int, host_id: int, player_id: int) -> None:
        with self._changing(tournament_id) as (tournament, now):
            rules.check_host(tournament, host_id)
            self._enter(rules.invite, tournament, player_id, now)

    def host_confirm(self, tournament_id: int, host_id: int, player_id: int) -> None:
        with self._changing(tournament_id) as (tournament, now):
            rules.check_host(tournament, host_id)
            self._enter(rules.host_confirm, tournament, player_id, now)

    # Playing

    def participate(self, tournament_id: int, user_id: int) -> None:
        with self._changing(tournament_id) as (tournament, now):
            self._enter(rules.participate, tournament, user_id, now)

    def player_confirm(self, tournament_id: int, user_id: int) -> None:
        with self._changing(tournament_id) as (tournament, now):
            self._enter(rules.player_confirm, tournament, user_id, now)

    def gen_key(self, tournament_id: int, user_id: int) -> DrawnKey:
        """Draws the user's key for the tournament: once, and not before it has started."""
        with self._changing(tournament_id) as (tournament, now):
            entry = self._store.entry(tournament_id, user_id)
            earlier = self._store.drawn_key(tournament_id, user_id)
            rules.check_gen_key(tournament, entry, earlier, now)
            key = Key(user_id, tournament_id, self._randomness(SECRET_SIZE))
            drawn = DrawnKey(key, now, tournament.rules.key_expiry(now, tournament.end))
            self._store.add_key(drawn)
            return drawn

    def get_key(self, tournament_id: int, user_id: int) -> DrawnKey:
        """The key that the user has drawn."""
        with self._reading(tournament_id) as (tournament, now):
            drawn = self._store.drawn_key(tournament_id, user_id)
            if drawn is None:
                raise rules.why_no_key(tournament, now)
            return drawn

    def upload(self, data: bytes) -> None:
        """Counts the game in a replay for the player whose key is in it.

        The same game again changes nothing. Reading a replay takes a while.
        """
        replay = _read(data)
        key = parse_key(replay.key)
        if key is None:
            raise Refused("invalid_data", "the replay holds no tournament key")
        with self._replays.staged(data) as staged, self._database.transaction():
            now = self._now()
            drawn = self._store.drawn_key(key.tournament_id, key.user_id)
            if drawn is None or not drawn.key.matches(key):
                raise Refused("invalid_data", "the key in the replay is not valid")
            rules.check_upload(self._existing(key.tournament_id), drawn, replay, now)
            if self._is_new(key, replay):
                self._store.add_score(key, replay, now)
                kind = "rmv" if data.startswith(_RMV_SIGNATURE) else "avf"
                staged.keep(f"{key.tournament_id}-{key.user_id}-{replay.digest.hex()}.{kind}")

    def _is_new(self, key: Key, replay: Replay) -> bool:
        """Whether the game is to be counted; False if it is already, for the same player."""
        earlier = self._store.uploader(replay.digest)
        if earlier:
            if earlier != (key.tournament_id, key.user_id):
                raise Refused("invalid_data", "this game was uploaded with another key")
            return False
        if self._store.count_scores(key.tournament_id, key.user_id) >= MAX_SCORES:
            raise Refused("too_many_scores")
        return True

    # What all of these have in common

    def _enter(
        self,
        rule: Callable[[Tournament, Entry, int], Entry],
        tournament: Tournament,
        user_id: int,
        now: int,
    ) -> None:
        before = self._store.entry(tournament.id, user_id)
        after = rule(tournament, before, now)
        if after is not before:
            self._store.set_entry(tournament.id, user_id, after)

    @contextmanager
    def _reading(self, tournament_id: int) -> Iterator[tuple[Tournament, int]]:
        """For operations that write nothing: the tournament, and the moment."""
        with self._database.batch():
            yield self._existing(tournament_id), self._now()

    @contextmanager
    def _changing(self, tournament_id: int) -> Iterator[tuple[Tournament, int]]:
        """For those that write: the tournament, and the moment."""
        with self._database.transaction():
            yield self._existing(tournament_id), self._now()

    def _now(self) -> int:
        return moment_of(self._clock())

    def _existing(self, tournament_id: int) -> Tournament:
        tournament = self._store.tournament(tournament_id)
        if tournament is None:
            raise Refused("no_such_tournament")
        return tournament


def _read(data: bytes) -> Replay:
    """The replay in the data. What a client says of the type is often wrong; an RMV shows."""
    mime_type = RMV_TYPE if data.startswith(_RMV_SIGNATURE) else AVF_TYPE
    try:
        return read_replay(data, mime_type)
    except InvalidReplay as error:
        raise Refused("invalid_data", str(error)) from None
