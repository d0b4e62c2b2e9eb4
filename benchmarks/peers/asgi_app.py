"""The game API as a bare ASGI application, without a framework."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs

from game import InvalidKeyError, InvalidNumberError, MemoryGame, number

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

ROUTE = re.compile(r"/([0-9]+)/(login|score|highscorelist)")
VERBS = {"login": "GET", "score": "POST", "highscorelist": "GET"}
MAX_BODY = 1024


class BodyTooLongError(Exception):
    """The body is longer than any score."""


async def read_body(receive: Receive) -> str:
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > MAX_BODY:
            raise BodyTooLongError
    return body.decode("latin-1")


async def reply(send: Send, status: int, text: str = "") -> None:
    body = text.encode()
    headers = [(b"content-type", b"text/plain"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


class Application:
    """The ASGI callable."""

    def __init__(self) -> None:
        self._game = MemoryGame()

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        route = ROUTE.fullmatch(scope["path"])
        if route is None:
            return await reply(send, 404)
        if VERBS[route[2]] != scope["method"]:
            return await reply(send, 405)
        try:
            text = await self.play(number(route[1]), route[2], scope, receive)
        except InvalidNumberError:
            return await reply(send, 400)
        except InvalidKeyError:
            return await reply(send, 401)
        except BodyTooLongError:
            return await reply(send, 413)
        await reply(send, 200, text)

    async def play(self, target: int, action: str, scope: Message, receive: Receive) -> str:
        if action == "login":
            return self._game.login(target)
        if action == "highscorelist":
            return self._game.high_score_list(target)
        score = number(await read_body(receive))
        key = parse_qs(scope["query_string"].decode("latin-1")).get("sessionkey", [""])[0]
        self._game.submit(key, target, score)
        return ""


def create_app() -> Application:
    """The application, for `uvicorn --factory`."""
    return Application()
