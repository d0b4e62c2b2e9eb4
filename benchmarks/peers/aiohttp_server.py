"""The game API on aiohttp, its event loop uvloop. Usage: `aiohttp_server.py PORT`"""

from __future__ import annotations

import sys

import uvloop
from aiohttp import web
from game import InvalidKeyError, InvalidNumberError, MemoryGame, number

game_key = web.AppKey("game", MemoryGame)


async def login(request: web.Request) -> web.Response:
    user = number(request.match_info["user"])
    return web.Response(text=request.app[game_key].login(user))


async def submit_score(request: web.Request) -> web.Response:
    level = number(request.match_info["level"])
    score = number(await request.text())
    try:
        request.app[game_key].submit(request.query.get("sessionkey", ""), level, score)
    except InvalidKeyError as error:
        raise web.HTTPUnauthorized from error
    return web.Response()


async def high_score_list(request: web.Request) -> web.Response:
    level = number(request.match_info["level"])
    return web.Response(text=request.app[game_key].high_score_list(level))


def bad_request_on_invalid_number(handler):  # a decorator costs less than a middleware
    async def checked(request: web.Request) -> web.Response:
        try:
            return await handler(request)
        except InvalidNumberError as error:
            raise web.HTTPBadRequest from error

    return checked


def create_app() -> web.Application:
    """The application with an empty game."""
    app = web.Application(client_max_size=1024)
    app[game_key] = MemoryGame()
    app.router.add_get("/{user}/login", bad_request_on_invalid_number(login), allow_head=False)
    app.router.add_post("/{level}/score", bad_request_on_invalid_number(submit_score))
    app.router.add_get("/{level}/highscorelist", bad_request_on_invalid_number(high_score_list))
    return app


if __name__ == "__main__":
    loop = uvloop.new_event_loop()
    web.run_app(
        create_app(), host="127.0.0.1", port=int(sys.argv[1]), access_log=None, loop=loop,
        backlog=1024,
    )
