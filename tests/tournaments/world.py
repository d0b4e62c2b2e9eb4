"""A server's application in this process, with a clock to set and passwords that cost nothing."""

from __future__ import annotations

import json
import unittest
from dataclasses import replace
from typing import Any, NamedTuple

from gameserver.assembly import make_services, make_tournaments
from gameserver.auth.accounts import Accounts
from gameserver.auth.passwords import Cost, Passwords, Workers
from gameserver.minesweeper.replay_folder import ReplayFolder
from gameserver.minesweeper.uploads import Uploads
from gameserver.scores.moderation import Moderation
from gameserver.services import Services
from gameserver.storage.engine import Engine, open_engine
from gameserver.times import format_moment, moment_of
from gameserver.tournaments.posts import KeyedPosts
from gameserver.web.messages import Request, Response
from tests.support import Clock, app_on, router

CHEAP = Cost(n=2, r=1, p=1)
PASSWORD = "correct horse"
HOUR = 3600.0


class Reply(NamedTuple):
    status: int
    value: Any
    headers: dict[str, str]

    @property
    def error(self) -> tuple[int, str]:
        return self.status, self.value["error"]


def services_on(engine: Engine, clock: Any, folder: str) -> Services:
    """All services, with state in the engine."""
    passwords = Passwords(CHEAP, Workers(threads=4, queue=1000))
    tournaments = make_tournaments(engine, clock)
    return replace(
        make_services(engine),
        moderation=Moderation(engine.scores, engine.batch, clock),
        accounts=Accounts(engine.accounts, passwords, clock),
        tournaments=tournaments,
        keyed_posts=KeyedPosts(tournaments, clock),
        uploads=Uploads(tournaments, ReplayFolder(folder)),
    )


class World:
    """An application, and what people ask it. Names stand for logged-in users."""

    def __init__(
        self,
        test: unittest.TestCase,
        folder: str = "",
        data: str = "",
        clock: Any = None,
        store: str = "",
    ) -> None:
        """`folder` is that for replays; `data` the data file, `store` the address of a Redis;
        `clock` stands still by default.
        """
        self.clock = clock or Clock()
        self.engine = open_engine(data, clock=self.clock, store=store)
        test.addCleanup(self.engine.close)
        self.services = services_on(self.engine, self.clock, folder)
        self.app = app_on(self.engine, self.services)
        self._tokens: dict[str, str] = {}

    def ask(
        self, method: str, path: str, body: bytes = b"", who: str = "", content_type: str = "",
        arrived: float = 0,
    ) -> Reply:  # fmt: skip
        """One request to /api/<path>, as somebody who is logged in, or nobody."""
        headers = {"content-type": content_type} if content_type else {}
        if who:
            headers["x-scoreganizer-authorization"] = f"{who}:{self.token(who)}"
        return self.send(method, f"/api/{path}", body, headers, arrived)

    def send(
        self, method: str, path: str, body: bytes, headers: dict[str, str], arrived: float = 0
    ) -> Reply:
        path, _, query = path.partition("?")
        match = router.resolve(method, path)
        request = Request(method, path, query, headers, body, "192.0.2.7", match)
        request.arrived = arrived
        (response,) = self.app.handle([request])
        return _reply(response)

    def get(self, path: str, who: str = "") -> Reply:
        return self.ask("GET", path, who=who)

    def post(self, path: str, who: str = "", **fields: Any) -> Reply:
        body = json.dumps(fields).encode() if fields else b""
        return self.ask("POST", path, body, who, "application/json")

    def post_at(self, arrived: float, path: str, who: str = "") -> Reply:
        """A request that had arrived at a moment in the past."""
        return self.ask("POST", path, who=who, arrived=arrived)

    def token(self, name: str) -> str:
        """The token of a user, who is registered when first named."""
        if name not in self._tokens:
            self.post("register", username=name, password=PASSWORD)
            self._tokens[name] = self.log_in(name)
        return self._tokens[name]

    def log_in(self, name: str, password: str = PASSWORD) -> str:
        return str(self.post("obtain_token", username=name, password=password).value["token"])

    def create(self, starts_in: float = 0, lasts: float = HOUR, **fields: Any) -> int:
        """The id of a new tournament of `host`; by default it has just begun."""
        start = self.clock() + starts_in
        created = self.post("tournaments/create", "host", **self.fields(start, lasts, **fields))
        assert created.status == 201, created
        return int(created.value["id"])

    def fields(self, start: float, lasts: float = HOUR, **fields: Any) -> dict[str, Any]:
        """What `create` is asked for."""
        return {
            "name": "Spring cup",
            "mode": "sum",
            "modeparams": "1+0+0",
            "location": "here",
            "start": format_moment(moment_of(start)),
            "end": format_moment(moment_of(start + lasts)),
            **fields,
        }

    def key(self, tournament: int, who: str = "player") -> str:
        """The key of a player, who enters if need be."""
        self.post(f"tournaments/participate/{tournament}", who)
        generated = self.post(f"tournaments/gen_key/{tournament}", who)
        assert generated.status == 201, generated
        return str(generated.value["key"])

    def upload(self, replay: bytes, filename: str = "game.rmv", arrived: float = 0) -> Reply:
        """An upload as the released clients make it: the type first, then the file."""
        parts = [
            b'--B\r\nContent-Disposition: form-data; name="mime_type"\r\n\r\n',
            b"application/x-viennasweeper\r\n",
            b'--B\r\nContent-Disposition: form-data; name="video"; filename="%b"\r\n\r\n'
            % filename.encode(),
            replay,
            b"\r\n--B--\r\n",
        ]
        return self.ask(
            "POST", "scores/upload", b"".join(parts),
            content_type="multipart/form-data; boundary=B", arrived=arrived,
        )  # fmt: skip

    def standings(self, tournament: int, who: str = "") -> list[list[Any]]:
        table = self.get(f"tournaments/standings/{tournament}", who).value["standings"]
        return [list(line.values()) for line in table]


def _reply(response: Response) -> Reply:
    return Reply(response.status, json.loads(response.body or b"null"), dict(response.headers))
