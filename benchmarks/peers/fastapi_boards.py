"""Reading a board on FastAPI: a page, the same with an ETag, a player and the neighbours.

As one would write it: the route's values are checked by their types, and a dictionary is returned.
The board is in memory, sorted once, as it does not change in this comparison.
"""

from __future__ import annotations

import os
from typing import Annotated, Any

from fastapi import FastAPI, Header, HTTPException, Path, Query, Response

LARGEST = 2**31 - 1
Number = Annotated[int, Path(ge=0, le=LARGEST)]


def create_app() -> FastAPI:
    """The application, for `uvicorn --factory`, with `BOARD_PLAYERS` players on level 7."""
    app = FastAPI(openapi_url=None)
    players = int(os.environ["BOARD_PLAYERS"])
    ranking = [(user, 10 * (players - user)) for user in range(players)]
    places = {user: place for place, (user, _) in enumerate(ranking)}
    etag = 'W/"1"'

    def entries(start: int, stop: int) -> list[dict[str, Any]]:
        return [
            {"rank": rank, "user": user, "name": None, "score": score}
            for rank, (user, score) in enumerate(ranking[start:stop], start + 1)
        ]

    @app.get("/api/levels/{level_id}", response_model=None)
    async def leaderboard(
        level_id: Number,
        response: Response,
        offset: Annotated[int, Query(ge=0, le=LARGEST)] = 0,
        limit: Annotated[int, Query(ge=1, le=1000)] = 15,
        if_none_match: Annotated[str | None, Header()] = None,
    ) -> dict[str, Any] | Response:
        if if_none_match == etag:
            return Response(status_code=304, headers={"ETag": etag})
        response.headers["ETag"] = etag
        return {
            "level": level_id, "title": None, "season": "all", "players": players,
            "offset": offset, "limit": limit, "next": str(offset + limit),
            "entries": entries(offset, offset + limit), "next_reset": None, "resets_in": None,
        }  # fmt: skip

    @app.get("/api/levels/{level_id}/users/{user_id}", response_model=None)
    async def around_user(
        level_id: Number,
        user_id: Number,
        response: Response,
        around: Annotated[int, Query(ge=0, le=500)] = 0,
    ) -> dict[str, Any]:
        place = places.get(user_id)
        if place is None:
            raise HTTPException(404)
        size = 2 * around + 1
        start = max(0, min(place - around, players - size))
        response.headers["ETag"] = etag
        return {
            "level": level_id, "season": "all", "user": user_id, "name": None,
            "rank": place + 1, "score": ranking[place][1],
            "percentile": round(100 * (players - place) / players, 2), "players": players,
            "entries": entries(start, start + size),
        }  # fmt: skip

    return app
