"""Tournaments, and the calls under ``tournaments``: lists, entry, keys."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any, Literal, SupportsIndex, SupportsInt, TypeAlias, overload

from requests import Response

from .exceptions import ScoreganizerError, ScoreganizerKeyExists, ScoreganizerWait
from .reply import INVALID_RESPONSE, objects, optional_field, text_field
from .transport import Transport

TournamentId: TypeAlias = SupportsInt | SupportsIndex | str
"""A `Tournament`, or anything else that `int` takes: then it is the tournament's id."""

KeyAndExpiry: TypeAlias = tuple[str, datetime | None]
"""A key and when it stops being accepted; None if that is the tournament's end."""


@dataclass(frozen=True)
class Tournament:
    """A tournament as the server shows it to the caller. ``int()`` of it is its id.

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
    def deserialize(cls, data: Mapping[str, Any]) -> "Tournament":
        """From a JSON object. Fields that are not known here are ignored.

        Raises `ScoreganizerError` ("invalid_response") if one is missing or no date.
        """
        try:
            known = {field.name: data[field.name] for field in fields(cls)}
        except KeyError:
            raise ScoreganizerError(INVALID_RESPONSE) from None
        known |= {name: parse_utc(known[name]) for name in ("start", "end")}
        return cls(**known)

    def __int__(self) -> int:
        return self.id


class Listing(list[Tournament]):
    """The tournaments of one list call: a list, on which ``next`` works as well.

    The API is documented to return generators, and its examples print lists. `next`
    takes the first tournament out, so a loop after it goes on with the second.
    """

    def __next__(self) -> Tournament:
        if not self:
            raise StopIteration
        return self.pop(0)


class Tournaments:
    """Lists, entry and keys. Reach it as ``Scoreganizer().tournaments``."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def all(self) -> Listing:
        """All tournaments that were ever created."""
        return self._list("all")

    def archive(self) -> Listing:
        """Those that have ended."""
        return self._list("archive")

    def in_progress(self) -> Listing:
        """Those that are running."""
        return self._list("in_progress")

    def upcoming(self) -> Listing:
        """Those that have not started."""
        return self._list("upcoming")

    def active(self) -> Listing:
        """Those that are running or have not started."""
        return self._list("active")

    def my_active(self) -> Listing:
        """Of the active ones, those that the user entered, asked to enter or is invited to.

        Raises `ScoreganizerNotLoggedIn`.
        """
        return self._list("my_active")

    def participate(self, tournament: TournamentId) -> None:
        """Enter the tournament, or ask its host to be let in if entry is not open."""
        self._transport.post(f"tournaments/participate/{int(tournament)}")

    def player_confirm(self, tournament: TournamentId) -> None:
        """Accept the host's invitation to the tournament."""
        self._transport.post(f"tournaments/player_confirm/{int(tournament)}")

    @overload
    def gen_key(self, tournament: TournamentId, with_expiry: Literal[False] = False) -> str: ...
    @overload
    def gen_key(self, tournament: TournamentId, with_expiry: Literal[True]) -> KeyAndExpiry: ...

    def gen_key(self, tournament: TournamentId, with_expiry: bool = False) -> str | KeyAndExpiry:
        """Generate the user's key for the tournament.

        Raises `ScoreganizerTooEarly` before the start, `ScoreganizerKeyExists` the second
        time, `ScoreganizerTournamentOver` after the end.
        """
        return _key(self._transport.post(f"tournaments/gen_key/{int(tournament)}"), with_expiry)

    @overload
    def get_key(self, tournament: TournamentId, with_expiry: Literal[False] = False) -> str: ...
    @overload
    def get_key(self, tournament: TournamentId, with_expiry: Literal[True]) -> KeyAndExpiry: ...

    def get_key(self, tournament: TournamentId, with_expiry: bool = False) -> str | KeyAndExpiry:
        """The key that was generated.

        Raises `ScoreganizerNotGenerated` if none was, `ScoreganizerNotGeneratedYet` if
        none could be so far, `ScoreganizerNeverGenerated` if none can be any more.
        """
        return _key(self._transport.get(f"tournaments/get_key/{int(tournament)}"), with_expiry)

    def wait_key(self, tournament: TournamentId) -> str:
        """The key, generated if need be, and waited for until the tournament starts."""
        while True:
            try:
                return self._gen_or_get_key(tournament)
            except ScoreganizerWait as too_early:
                too_early.do_wait()

    def _gen_or_get_key(self, tournament: TournamentId) -> str:
        try:
            return self.gen_key(tournament)
        except ScoreganizerKeyExists:
            return self.get_key(tournament)

    def _list(self, name: str) -> Listing:
        response = self._transport.get(f"tournaments/{name}")
        return Listing(map(Tournament.deserialize, objects(response)))


def _key(response: Response, with_expiry: bool) -> str | KeyAndExpiry:
    key = text_field(response, "key")
    if not with_expiry:
        return key
    expiry = optional_field(response, "key_expiry")
    return key, None if expiry is None else parse_utc(expiry)


def parse_utc(text: Any) -> datetime:
    """An ISO 8601 date and time, aware and in UTC, which is meant where no zone is named.

    Raises `ScoreganizerError` ("invalid_response") if it is not one.
    """
    try:
        moment = datetime.fromisoformat(text)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        raise ScoreganizerError(INVALID_RESPONSE) from None
