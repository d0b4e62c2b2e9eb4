"""The API of tournaments, as the Scoreganizer's clients speak it: JSON, and errors with a code."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from gameserver.errors import invalid
from gameserver.numbers import MAX_NUMBER, parse_number
from gameserver.services import Services
from gameserver.times import format_moment
from gameserver.tournaments.catalogue import MAX_LISTED, Listing, Page
from gameserver.tournaments.keys import IssuedKey
from gameserver.tournaments.tournament import LISTS, Entry, Tournament
from gameserver.views.accounts import credentials, user
from gameserver.web.forms import read_fields, read_upload, text_field
from gameserver.web.messages import JSON, Request, Response, View, json_response

NOT_LOGGED_IN = "not_logged_in"
"""In the place of an entry, for a client that is not logged in."""

# Lists


def listing(name: str) -> View:
    """The view of one of the lists that everybody may see."""

    def view(request: Request, services: Services) -> Response:
        user_id = services.accounts.user_of(credentials(request))
        listing = services.tournaments.listed(name, _page(request))
        if user_id is None:
            return _for_anybody(listing)
        entries = services.tournaments.entries(user_id, listing)
        statuses = [entries.get(each.id, Entry.NONE) for each in listing.tournaments]
        return _listed(zip(_all_fields(listing), statuses, strict=True))

    view.__name__ = f"list_{name}"  # the name of the endpoint
    return view


def my_active(request: Request, services: Services) -> Response:
    """The tournaments that are not over and that the user is in, or may come into."""
    user_id = user(request, services)
    listed = services.tournaments.my_active(user_id)
    return _listed((_fields(each), entry) for each, entry in listed)


def detail(request: Request, services: Services, tournament_id: int) -> Response:
    """A tournament, its host and its players."""
    user_id = services.accounts.user_of(credentials(request))
    shown = services.tournaments.view(tournament_id, user_id)
    players = [{"username": name, "status": entry} for name, entry in shown.players]
    page = {
        "tournament": _tournament(shown.tournament, shown.entry, user_id),
        "host": shown.host,
        "players": players,
        "order": "desc" if shown.larger_is_better else "asc",
    }
    if shown.unproven is not None:
        page["unproven"] = dict(shown.unproven)
    return json_response(page)


def standings(request: Request, services: Services, tournament_id: int) -> Response:
    """The table of a tournament."""
    user_id = services.accounts.user_of(credentials(request))
    table = services.tournaments.standings(tournament_id, user_id)
    return json_response({"standings": [standing._asdict() for standing in table]})


# Hosting


def create(request: Request, services: Services) -> Response:
    """A new tournament, whose host the user is."""
    user_id = user(request, services)
    tournament = services.tournaments.create(read_fields(request), user_id)
    return json_response(_tournament(tournament, Entry.NONE, user_id), 201)


def stop(request: Request, services: Services, tournament_id: int) -> Response:
    """Ends a tournament now."""
    user_id = user(request, services)
    tournament = services.tournaments.stop(tournament_id, user_id, request.arrived)
    return json_response({"end": format_moment(tournament.end)})


def delete(request: Request, services: Services, tournament_id: int) -> Response:
    """Deletes a tournament that nobody has entered."""
    services.tournaments.delete(tournament_id, user(request, services))
    return json_response({})


def invite(request: Request, services: Services, tournament_id: int) -> Response:
    """Invites a player."""
    user_id = _host(request, services, tournament_id)
    services.tournaments.invite(tournament_id, user_id, _player(request, services))
    return json_response({})


def host_confirm(request: Request, services: Services, tournament_id: int) -> Response:
    """Grants a player's request."""
    user_id = _host(request, services, tournament_id)
    services.tournaments.host_confirm(tournament_id, user_id, _player(request, services))
    return json_response({})


def remove(request: Request, services: Services, tournament_id: int) -> Response:
    """Has nothing count that a player has handed in so far."""
    user_id = _host(request, services, tournament_id)
    player_id = _player(request, services)
    removed = services.tournaments.remove(tournament_id, user_id, player_id)
    return json_response({"removed": removed})


# Playing


def participate(request: Request, services: Services, tournament_id: int) -> Response:
    """Enters a tournament, or asks to be let in."""
    services.tournaments.participate(tournament_id, user(request, services))
    return json_response({})


def player_confirm(request: Request, services: Services, tournament_id: int) -> Response:
    """Accepts an invitation."""
    services.tournaments.player_confirm(tournament_id, user(request, services))
    return json_response({})


def gen_key(request: Request, services: Services, tournament_id: int) -> Response:
    """Draws the user's key."""
    return _key(services.tournaments.gen_key(tournament_id, user(request, services)), 201)


def get_key(request: Request, services: Services, tournament_id: int) -> Response:
    """The key that the user has drawn."""
    return _key(services.tournaments.get_key(tournament_id, user(request, services)))


def upload(request: Request, services: Services) -> Response:
    """Counts the game in a replay for the player whom the key in it names, logged in or not."""
    parts = read_upload(request)
    video = parts.get("video")
    if video is None or not video.is_file:
        raise invalid("video", "must be the replay's file")
    services.uploads.upload(video.data, request.arrived)
    return json_response({}, 201)


# Common parts of these


def _host(request: Request, services: Services, tournament_id: int) -> int:
    """The tournament's host; anybody else is told nothing of what the request says."""
    user_id = user(request, services)
    services.tournaments.check_host(tournament_id, user_id)
    return user_id


def _player(request: Request, services: Services) -> int:
    """The user whom the body names."""
    return services.accounts.id_of(text_field(read_fields(request), "username"))


def _key(issued: IssuedKey, status: int = 200) -> Response:
    expiry = None if issued.expiry is None else format_moment(issued.expiry)
    return json_response({"key": str(issued.key), "key_expiry": expiry}, status)


def _page(request: Request) -> Page | None:
    """The part of a list that the query asks for, if it does."""
    offset, limit = request.parameter("offset"), request.parameter("limit")
    if offset is None and limit is None:
        return None
    return Page(
        _number("offset", offset, 0, MAX_NUMBER, default=0),
        _number("limit", limit, 1, MAX_LISTED, default=MAX_LISTED),
    )


def _number(name: str, text: str | None, lowest: int, highest: int, default: int) -> int:
    try:
        return default if text is None else parse_number(text, lowest, highest)
    except ValueError as error:
        raise invalid(name, str(error)) from None


def _tournament(tournament: Tournament, entry: str, user_id: int | None) -> dict[str, Any]:
    """The ten fields that the clients know; one more, and they fail."""
    return {
        "id": tournament.id,
        "mode": tournament.mode,
        "modeparams": tournament.modeparams,
        "name": tournament.name,
        "location": tournament.location,
        "start": format_moment(tournament.start),
        "end": format_moment(tournament.end),
        "open_entry": tournament.open_entry,
        "hide_results": tournament.hide_results,
        "status": NOT_LOGGED_IN if user_id is None else entry,
    }


# A list is rendered from what is remembered: a thousand tournaments would take many milliseconds.


@lru_cache(2 * MAX_LISTED)
def _fields(tournament: Tournament) -> str:
    """A tournament as JSON, up to the status of whoever asks."""
    return json.dumps(_tournament(tournament, "", tournament.host_id)).removesuffix('""}')


@lru_cache(len(LISTS))
def _all_fields(listing: Listing) -> Sequence[str]:
    """The fields of all tournaments that a list shows."""
    return tuple(map(_fields, listing.tournaments))


@lru_cache(len(LISTS))
def _for_anybody(listing: Listing) -> Response:
    """A list for somebody who is not logged in."""
    return _listed((fields, NOT_LOGGED_IN) for fields in _all_fields(listing))


def _listed(tournaments: Iterable[tuple[str, str]]) -> Response:
    """A list of tournaments, each as its fields and a status."""
    body = ", ".join(f'{fields}"{status}"}}' for fields, status in tournaments)
    return Response(200, f"[{body}]\n".encode(), JSON)
