"""The API of tournaments, as the Scoreganizer's clients speak it: JSON, and errors with a code."""

from __future__ import annotations

import json
from typing import Any

from gameserver.app import Game
from gameserver.times import format_moment
from gameserver.tournaments.errors import invalid
from gameserver.tournaments.keys import DrawnKey
from gameserver.tournaments.rules import Entry, Tournament
from gameserver.web.forms import read_fields, read_upload, text_field
from gameserver.web.messages import JSON, Request, Response, View

FORM_SIZE = 64 * 1024
UPLOAD_SIZE = 1024 * 1024

NOT_LOGGED_IN = "not_logged_in"
"""What stands in the place of an entry for somebody whom the server does not know."""

# Accounts


def register(request: Request, game: Game) -> Response:
    """Opens an account."""
    fields = read_fields(request)
    username = text_field(fields, "username")
    user_id = game.accounts.register(username, text_field(fields, "password"))
    return _json({"id": user_id, "username": username}, 201)


def obtain_token(request: Request, game: Game) -> Response:
    """Logs in. Credentials that are sent along are not looked at."""
    fields = read_fields(request)
    username, password = text_field(fields, "username"), text_field(fields, "password")
    return _json({"token": game.accounts.obtain_token(username, password)})


def token_status(request: Request, game: Game) -> Response:
    """What has become of the token in the header, if there is one."""
    return _json({"status": game.accounts.token_status(_header(request))})


def refresh_token(request: Request, game: Game) -> Response:
    """A new token for an old one."""
    return _json({"token": game.accounts.refresh_token(_header(request))})


# Lists


def listing(name: str) -> View:
    """The view of one of the lists that everybody may see."""

    def view(request: Request, game: Game) -> Response:
        user_id = game.accounts.user_of(_header(request))
        listed = game.tournaments.listed(name, user_id)
        return _json([_tournament(each, entry, user_id) for each, entry in listed])

    return view


def my_active(request: Request, game: Game) -> Response:
    """The tournaments that are not over and that the user is in, or may come into."""
    user_id = _user(request, game)
    listed = game.tournaments.my_active(user_id)
    return _json([_tournament(each, entry, user_id) for each, entry in listed])


def detail(request: Request, game: Game, tournament_id: int) -> Response:
    """A tournament, its host and its players."""
    user_id = game.accounts.user_of(_header(request))
    shown = game.tournaments.detail(tournament_id, user_id)
    players = [{"username": name, "status": entry} for name, entry in shown.players]
    page = {
        "tournament": _tournament(shown.tournament, shown.entry, user_id),
        "host": shown.host,
        "players": players,
    }
    if shown.unproven is not None:
        page["unproven"] = dict(shown.unproven)
    return _json(page)


def standings(request: Request, game: Game, tournament_id: int) -> Response:
    """The table of a tournament."""
    user_id = game.accounts.user_of(_header(request))
    table = game.tournaments.standings(tournament_id, user_id)
    return _json({"standings": [standing._asdict() for standing in table]})


# Hosting


def create(request: Request, game: Game) -> Response:
    """A new tournament, whose host the user is."""
    user_id = _user(request, game)
    tournament = game.tournaments.create(read_fields(request), user_id)
    return _json(_tournament(tournament, Entry.NONE, user_id), 201)


def stop(request: Request, game: Game, tournament_id: int) -> Response:
    """Ends a tournament now."""
    tournament = game.tournaments.stop(tournament_id, _user(request, game))
    return _json({"end": format_moment(tournament.end)})


def invite(request: Request, game: Game, tournament_id: int) -> Response:
    """Invites a player."""
    user_id = _user(request, game)
    game.tournaments.invite(tournament_id, user_id, _player(request, game))
    return _json({})


def host_confirm(request: Request, game: Game, tournament_id: int) -> Response:
    """Grants a player's request."""
    user_id = _user(request, game)
    game.tournaments.host_confirm(tournament_id, user_id, _player(request, game))
    return _json({})


# Playing


def participate(request: Request, game: Game, tournament_id: int) -> Response:
    """Enters a tournament, or asks to be let in."""
    game.tournaments.participate(tournament_id, _user(request, game))
    return _json({})


def player_confirm(request: Request, game: Game, tournament_id: int) -> Response:
    """Accepts an invitation."""
    game.tournaments.player_confirm(tournament_id, _user(request, game))
    return _json({})


def gen_key(request: Request, game: Game, tournament_id: int) -> Response:
    """Draws the user's key."""
    return _key(game.tournaments.gen_key(tournament_id, _user(request, game)), 201)


def get_key(request: Request, game: Game, tournament_id: int) -> Response:
    """The key that the user has drawn."""
    return _key(game.tournaments.get_key(tournament_id, _user(request, game)))


def upload(request: Request, game: Game) -> Response:
    """Counts the game in a replay. The key in it names the player: nobody need be logged in."""
    parts = read_upload(request)
    video = parts.get("video")
    if video is None or not video.is_file:
        raise invalid("video", "the replay's file is wanted")
    game.tournaments.upload(video.data)
    return _json({}, 201)


# What all of these have in common


def _header(request: Request) -> str:
    return request.headers.get("x-scoreganizer-authorization", "")


def _user(request: Request, game: Game) -> int:
    return game.accounts.logged_in(_header(request))


def _player(request: Request, game: Game) -> int:
    """The user whom the body names."""
    return game.accounts.id_of(text_field(read_fields(request), "username"))


def _json(value: object, status: int = 200) -> Response:
    return Response(status, json.dumps(value).encode(), JSON)


def _key(drawn: DrawnKey, status: int = 200) -> Response:
    expiry = None if drawn.expiry is None else format_moment(drawn.expiry)
    return _json({"key": str(drawn.key), "key_expiry": expiry}, status)


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
