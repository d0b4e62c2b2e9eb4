"""The game API on Flask. With `GAME_DATA` set, the scores are in that SQLite file."""

from __future__ import annotations

from flask import Flask, Response, request
from game import InvalidKeyError, InvalidNumberError, number
from sqlite_game import open_game


def text(body: str) -> Response:
    return Response(body, mimetype="text/plain")


def create_app() -> Flask:
    """The application, for gunicorn."""
    app = Flask(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = 1024
    game = open_game()

    @app.get("/<user_id>/login")
    def login(user_id: str) -> Response:
        return text(game.login(number(user_id)))

    @app.post("/<level_id>/score")
    def submit_score(level_id: str) -> Response:
        score = number(request.get_data().decode("latin-1"))
        game.submit(request.args.get("sessionkey", ""), number(level_id), score)
        return text("")

    @app.get("/<level_id>/highscorelist")
    def high_score_list(level_id: str) -> Response:
        return text(game.high_score_list(number(level_id)))

    app.register_error_handler(InvalidNumberError, lambda error: ("", 400))
    app.register_error_handler(InvalidKeyError, lambda error: ("", 401))
    return app
