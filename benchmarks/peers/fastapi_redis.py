"""The game API on FastAPI and Redis, over redis-py's asyncio client.

As cheap as it gets: session keys are signed, so that a login and the check of a key ask nobody; a
score and a list are one command each, over a pool of connections. Ties stand in the order of their
users, where gameserver has the earlier one first.
"""

from __future__ import annotations

import os
import secrets
import time
from hmac import compare_digest, digest
from typing import Annotated

from fastapi import FastAPI, HTTPException, Path, Request, Response
from fastapi.responses import PlainTextResponse
from game import KEY_LIFETIME, LARGEST, LIST_LENGTH, InvalidKeyError, InvalidNumberError, number
from redis.asyncio import Redis

Number = Annotated[int, Path(ge=0, le=LARGEST)]
SECRET = secrets.token_bytes(32)


def open_session(user: int) -> str:
    """A session key: user, end and a nonce, and the code that signs them."""
    signed = b"%d.%d.%b" % (user, time.time() + KEY_LIFETIME, secrets.token_hex(8).encode())
    return f"{signed.decode()}.{digest(SECRET, signed, 'sha256').hex()}"


def user_of(key: str) -> int:
    """Whose key it is, or InvalidKeyError."""
    signed, _, code = key.rpartition(".")
    if not compare_digest(digest(SECRET, signed.encode(), "sha256").hex(), code):
        raise InvalidKeyError(key)
    user, end, _ = signed.split(".")
    if int(end) < time.time():
        raise InvalidKeyError(key)
    return int(user)


def create_app() -> FastAPI:
    """The application, for `uvicorn --factory`."""
    app = FastAPI(openapi_url=None)
    redis = Redis.from_url(os.environ["GAMESERVER_STORE"], decode_responses=True)

    @app.get("/{user_id}/login", response_class=PlainTextResponse)
    async def login(user_id: Number) -> PlainTextResponse:
        return PlainTextResponse(open_session(user_id))

    @app.post("/{level_id}/score", response_class=Response)
    async def submit_score(level_id: Number, sessionkey: str, request: Request) -> Response:
        try:
            score = number((await request.body()).decode("latin-1"))
            user = user_of(sessionkey)
        except InvalidNumberError as error:
            raise HTTPException(400) from error
        except InvalidKeyError as error:
            raise HTTPException(401) from error
        await redis.zadd(f"level:{level_id}", {str(user): score}, gt=True)
        return Response()

    @app.get("/{level_id}/highscorelist", response_class=PlainTextResponse)
    async def high_score_list(level_id: Number) -> PlainTextResponse:
        top = await redis.zrevrange(f"level:{level_id}", 0, LIST_LENGTH - 1, withscores=True)
        return PlainTextResponse(",".join(f"{user}={score:.0f}" for user, score in top))

    return app
