"""The API of tournaments, as the Scoreganizer's clients speak it: JSON, and errors with a code."""

from __future__ import annotations

from typing import Any

from gameserver.errors import invalid
from gameserver.services import Services
from gameserver.times import format_moment
from gameserver.tournaments.keys import IssuedKey
from gameserver.tournaments.tournament import Entry, Tournament
from gameserver.views.accounts import credentials, user
from gameserver.web.forms import read_fields, read_upload, text_field
from gameserver.web.messages import Request, Response, View, json_response

NOT_LOGGED_IN = "not_logged_in"
"""In the place of an entry, for a client that is not logged in."""

# Lists


def listing(name: str) -> View:
    """The view of one of the lists that everybody may see."""

    def view(request: Request, services: Services) -> Response:
        user_id = services.accounts.user_of(credentials(request))
        listed = services.tournaments.listed(name, user_id)
        return json_response([_tournament(each, entry, user_id) for each, entry in listed])

    view.__name__ = f"list_{name}"  # the name of the endpoint
    return view


def my_active(request: Request, services: Services) -> Response:
    """The tournaments that are not over and that the user is in, or may come into."""
    user_id = user(request, services)
    listed = services.tournaments.my_active(user_id)
    return json_response([_tournament(each, entry, user_id) for each, entry in listed])


def detail(request: Request, services: Services, tournament_id: int) -> Response:
    """A tournament, its host and its players."""
    user_id = services.accounts.user_of(credentials(request))
    shown = services.tournaments.view(tournament_id, user_id)
    players = [{"username": name, "status": entry} for name, entry in shown.players]
    page = {
        "tournament": _tournament(shown.tournament, shown.entry, user_id),
        "host": shown.host,
        "players": players,
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
    tournament = services.tournaments.stop(tournament_id, user(request, services))
    return json_response({"end": format_moment(tournament.end)})


def invite(request: Request, services: Services, tournament_id: int) -> Response:
    """Invites a player."""
    user_id = user(request, services)
    services.tournaments.invite(tournament_id, user_id, _player(request, services))
    return json_response({})


def host_confirm(request: Request, services: Services, tournament_id: int) -> Response:
    """Grants a player's request."""
    user_id = user(request, services)
    services.tournaments.host_confirm(tournament_id, user_id, _player(request, services))
    return json_response({})


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
    services.uploads.upload(video.data)
    return json_response({}, 201)


# Common parts of these


def _player(request: Request, services: Services) -> int:
    """The user whom the body names."""
    return services.accounts.id_of(text_field(read_fields(request), "username"))


def _key(issued: IssuedKey, status: int = 200) -> Response:
    expiry = None if issued.expiry is None else format_moment(issued.expiry)
    return json_response({"key": str(issued.key), "key_expiry": expiry}, status)


def _tournament(tournament: Tournament, entry: Entry, user_id: int | None) -> dict[str, Any]:
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
