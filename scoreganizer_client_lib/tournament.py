"""Tournaments, and the calls under `tournaments`: lists, results, entry, keys, hosting."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, SupportsIndex, SupportsInt, TypeAlias, overload

from requests import Response

from scoreganizer_client_lib.exceptions import ScoreganizerKeyExists, ScoreganizerWait
from scoreganizer_client_lib.moments import format_utc, parse_utc
from scoreganizer_client_lib.reply import (
    json_of,
    object_in,
    objects_in,
    optional_field,
    picked,
    text_field,
)
from scoreganizer_client_lib.transport import Transport

TournamentId: TypeAlias = SupportsInt | SupportsIndex | str
"""A `Tournament`, or anything else that `int` takes: then it is the tournament's id."""

KeyAndExpiry: TypeAlias = tuple[str, datetime | None]
"""A key and when it stops being accepted; None if that is the tournament's end."""


@dataclass(frozen=True)
class Tournament:
    """A tournament as the server shows it to the caller. `int()` of it is its id.

    `start` and `end` are aware, in UTC. `status` is about the caller: "not_logged_in",
    "not_participating", "requested", "invited", "participating".
    """

    id: int
    mode: str
    modeparams: str
    name: str
    location: str
    start: datetime
    end: datetime
    open_entry: bool
    hide_results: bool
    status: str

    @classmethod
    def deserialize(cls, data: Mapping[str, Any]) -> Tournament:
        """From a JSON object. Fields that are not known here are ignored.

        `ScoreganizerError` ("invalid_response"): one is missing, or is no date.
        """
        known = picked(cls, data)
        known |= {name: parse_utc(known[name]) for name in ("start", "end")}
        return cls(**known)

    def __int__(self) -> int:
        return self.id


@dataclass(frozen=True)
class Player:
    """A player of a tournament: "participating", "invited", or, for its host, "requested"."""

    username: str
    status: str


@dataclass(frozen=True)
class Detail:
    """A tournament's page. `host` is a user name.

    `unproven` is None but for the host: then it says of how many of a player's games the events
    do not bear out that they were won (user name → number).
    """

    tournament: Tournament
    host: str
    players: tuple[Player, ...]
    unproven: Mapping[str, int] | None = None

    @classmethod
    def deserialize(cls, data: Mapping[str, Any]) -> Detail:
        """From a JSON object. `ScoreganizerError` ("invalid_response"): something is missing."""
        known = picked(cls, {"unproven": None, **data})
        (tournament,) = objects_in([known["tournament"]])
        players = objects_in(known["players"])
        known["tournament"] = Tournament.deserialize(tournament)
        known["players"] = tuple(Player(**picked(Player, player)) for player in players)
        return cls(**known)


@dataclass(frozen=True)
class Standing:
    """A player's line in the table of a tournament.

    `score` is the sum of the `games` that count: of their times in milliseconds, or, in the mode
    "levels", of their scores. `finished` says
    whether these are all that the mode asks for; who has not finished stands below all who have.
    Equal results share a `rank`.
    """

    rank: int
    username: str
    score: int
    games: int
    finished: bool


class Listing(list[Tournament]):
    """The tournaments of one list call: a list, on which `next` works as well.

    The API is documented to return generators, and its examples print lists. `next`
    takes the first tournament out, so a loop after it goes on with the second.
    """

    def __next__(self) -> Tournament:
        if not self:
            raise StopIteration
        return self.pop(0)


class Tournaments:
    """All calls about tournaments; an instance is `Scoreganizer().tournaments`.

    `ScoreganizerNoSuchTournament`: no tournament has this id. `ScoreganizerNotLoggedIn`: the call
    is one for users.
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def all(self) -> Listing:
        """The tournaments that were ever created."""
        return self._list("all")

    def archive(self) -> Listing:
        """The tournaments that are over."""
        return self._list("archive")

    def in_progress(self) -> Listing:
        """The tournaments that are running."""
        return self._list("in_progress")

    def upcoming(self) -> Listing:
        """The tournaments that have not started."""
        return self._list("upcoming")

    def active(self) -> Listing:
        """The tournaments that are not over."""
        return self._list("active")

    def my_active(self) -> Listing:
        """The active ones that the user entered, asked to enter or is invited to."""
        return self._list("my_active")

    def detail(self, tournament: TournamentId) -> Detail:
        """The tournament, its host and its players."""
        path = f"tournaments/detail/{int(tournament)}"
        return Detail.deserialize(object_in(self._transport.get(path)))

    def standings(self, tournament: TournamentId) -> list[Standing]:
        """The table of the tournament, first rank first.

        `ScoreganizerResultsHidden`: until the end only the host may see it.
        """
        response = self._transport.get(f"tournaments/standings/{int(tournament)}")
        lines = objects_in(optional_field(response, "standings"))
        return [Standing(**picked(Standing, line)) for line in lines]

    def participate(self, tournament: TournamentId) -> None:
        """Enters the tournament, or asks its host to be let in if entry is not open."""
        self._transport.post(f"tournaments/participate/{int(tournament)}")

    def player_confirm(self, tournament: TournamentId) -> None:
        """Accepts the host's invitation to the tournament."""
        self._transport.post(f"tournaments/player_confirm/{int(tournament)}")

    @overload
    def gen_key(self, tournament: TournamentId, with_expiry: Literal[False] = False) -> str: ...
    @overload
    def gen_key(self, tournament: TournamentId, with_expiry: Literal[True]) -> KeyAndExpiry: ...

    def gen_key(self, tournament: TournamentId, with_expiry: bool = False) -> str | KeyAndExpiry:
        """The user's key for the tournament, which is generated by this call, and only once.

        `ScoreganizerTooEarly`: before the start; `ScoreganizerKeyExists`: the second time;
        `ScoreganizerTournamentOver`: after the end.
        """
        return _key(self._transport.post(f"tournaments/gen_key/{int(tournament)}"), with_expiry)

    @overload
    def get_key(self, tournament: TournamentId, with_expiry: Literal[False] = False) -> str: ...
    @overload
    def get_key(self, tournament: TournamentId, with_expiry: Literal[True]) -> KeyAndExpiry: ...

    def get_key(self, tournament: TournamentId, with_expiry: bool = False) -> str | KeyAndExpiry:
        """The key that was generated.

        `ScoreganizerNotGenerated`: none was; `ScoreganizerNotGeneratedYet`: none could be so
        far; `ScoreganizerNeverGenerated`: none can be any more.
        """
        return _key(self._transport.get(f"tournaments/get_key/{int(tournament)}"), with_expiry)

    def wait_key(self, tournament: TournamentId) -> str:
        """The key, generated if need be, and waited for until the tournament starts."""
        while True:
            try:
                return self._gen_or_get_key(tournament)
            except ScoreganizerWait as too_early:
                too_early.do_wait()

    def create(
        self,
        name: str,
        mode: str,
        modeparams: str,
        start: datetime,
        end: datetime,
        location: str = "",
        open_entry: bool = True,
        hide_results: bool = False,
    ) -> Tournament:
        """A new tournament, whose host the user is.

        `mode` and `modeparams` are for example "sum" and "3+2+1". `start` and `end` are in UTC
        where they have no zone. Unless `open_entry`, the host confirms each player; with
        `hide_results` only the host sees the standings before the end.

        `ScoreganizerInvalidData`: its `field` is wrong, and its `message` says why;
        `ScoreganizerTooManyTournaments`: too many of the user's tournaments are not over.
        """
        tournament = {
            "name": name,
            "mode": mode,
            "modeparams": modeparams,
            "location": location,
            "start": format_utc(start),
            "end": format_utc(end),
            "open_entry": open_entry,
            "hide_results": hide_results,
        }
        response = self._transport.post("tournaments/create", json=tournament)
        return Tournament.deserialize(object_in(response))

    def invite(self, tournament: TournamentId, username: str) -> None:
        """Invites a player to the user's tournament, or lets in a player who has asked.

        `ScoreganizerNotHost`: it is somebody else's; `ScoreganizerNoSuchUser`.
        """
        self._post_player("invite", tournament, username)

    def host_confirm(self, tournament: TournamentId, username: str) -> None:
        """Lets in a player who has asked to enter the user's tournament.

        `ScoreganizerNotHost`: it is somebody else's; `ScoreganizerNoSuchUser`;
        `ScoreganizerNotRequested`: the player has not asked.
        """
        self._post_player("host_confirm", tournament, username)

    def remove(self, tournament: TournamentId, username: str) -> None:
        """Has nothing count that a player has handed in to the user's tournament so far.

        `ScoreganizerNotHost`: it is somebody else's; `ScoreganizerNoSuchUser`;
        `ScoreganizerNothingSubmitted`: nothing of the player counts.
        """
        self._post_player("remove", tournament, username)

    def stop(self, tournament: TournamentId) -> datetime:
        """Ends the user's tournament now; its new end.

        `ScoreganizerNotHost`: it is somebody else's; `ScoreganizerTournamentOver`: it is over.
        """
        response = self._transport.post(f"tournaments/stop/{int(tournament)}")
        return parse_utc(text_field(response, "end"))

    def _post_player(self, call: str, tournament: TournamentId, username: str) -> None:
        form = {"username": username}
        self._transport.post(f"tournaments/{call}/{int(tournament)}", data=form)

    def _gen_or_get_key(self, tournament: TournamentId) -> str:
        try:
            return self.gen_key(tournament)
        except ScoreganizerKeyExists:
            return self.get_key(tournament)

    def _list(self, name: str) -> Listing:
        response = self._transport.get(f"tournaments/{name}")
        return Listing(map(Tournament.deserialize, objects_in(json_of(response))))


def _key(response: Response, with_expiry: bool) -> str | KeyAndExpiry:
    key = text_field(response, "key")
    if not with_expiry:
        return key
    expiry = optional_field(response, "key_expiry")
    return key, None if expiry is None else parse_utc(expiry)
