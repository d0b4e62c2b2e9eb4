"""The boards' application in this process, with a clock to set, and what people ask it."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import mock  # noqa: UP026 (the same mock on every Python)

from gameserver.assembly import make_services
from gameserver.settings import DEFAULTS
from gameserver.storage.engine import Engine, open_engine
from gameserver.web.messages import Request, Response
from tests.folder import FolderTestCase
from tests.support import Clock, app_on, router

ADMIN = "an-admin's-token-of-the-tests"
SECRET = "0123456789abcdef-of-ann"


class Reply(NamedTuple):
    status: int
    body: bytes
    headers: dict[str, str]

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def value(self) -> Any:
        return json.loads(self.body)

    @property
    def error(self) -> tuple[int, str]:
        return self.status, self.value["error"]


class PeopleTestCase(FolderTestCase):
    """A test case with an application. A subclass chooses the engine and how keys are kept."""

    is_durable = False
    store_tokens = False
    secrets = "optional"

    def setUp(self) -> None:
        super().setUp()
        self.clock = Clock()
        self.addresses = (f"192.0.2.{number}" for number in itertools.cycle(range(1, 255)))
        self.start()

    def start(self) -> None:
        engine = self.open_engine()
        self.addCleanup(engine.close)
        settings = replace(DEFAULTS, secrets=self.secrets)
        with mock.patch.dict("os.environ", GAMESERVER_ADMIN_TOKEN=ADMIN):
            self.services = make_services(engine, settings, clock=self.clock)
        self.engine = engine
        self.app = app_on(engine, self.services)

    def open_engine(self) -> Engine:
        data = self.path if self.is_durable else ""
        return open_engine(data, self.store_tokens, clock=self.clock)

    def restart(self) -> None:
        """Where nothing is kept on disk, everything stays as it is."""
        if self.is_durable:
            self.engine.close()
            self.start()

    def ask(
        self,
        method: str,
        target: str,
        body: Any = b"",
        token: str = "",
        client: str = "192.0.2.7",
        **headers: str,
    ) -> Reply:
        """One request; a body that is no bytes is sent as JSON."""
        path, _, query = target.partition("?")
        sent = body if isinstance(body, bytes) else json.dumps(body).encode()
        if token:
            headers["authorization"] = f"Bearer {token}"
        match = router.resolve(method, path)
        return self.send(Request(method, path, query, headers, sent, client, match))

    def send(self, *requests: Request) -> Reply:
        responses: list[Response] = self.app.handle(requests)
        last = responses[-1]
        return Reply(last.status, last.body, {**dict(last.headers)})

    # What people do

    def log_in(self, user_id: int, secret: str = "", client: str = "192.0.2.7") -> str:
        """A session key."""
        method = "POST" if secret else "GET"
        reply = self.ask(method, f"/{user_id}/login", secret.encode(), client=client)
        self.assertEqual(reply.status, 200, reply)
        return reply.text

    def submit(self, level_id: int, key: str, score: int, more: str = "") -> Reply:
        target = f"/{level_id}/score?sessionkey={key}{more}"
        return self.ask("POST", target, b"%d" % score)

    def post(self, level_id: int, key: str, score: int, token: str = "", **more: Any) -> Reply:
        body = {"score": score, **({"sessionkey": key} if key else {}), **more}
        return self.ask("POST", f"/api/levels/{level_id}/scores", body, token)

    def configure(self, level_id: int, **settings: Any) -> None:
        reply = self.ask("PUT", f"/api/levels/{level_id}", settings, ADMIN)
        self.assertEqual(reply.status, 200, reply)

    def game_token(self, name: str = "game") -> str:
        reply = self.ask("POST", "/api/tokens", {"name": name}, ADMIN)
        self.assertEqual(reply.status, 200, reply)
        return str(reply.value["token"])

    def scores(self, level_id: int) -> bytes:
        return self.ask("GET", f"/{level_id}/highscorelist").body

    def data_bytes(self) -> bytes:
        """Everything in the files of the data."""
        folder = Path(self.path).parent
        return b"".join(path.read_bytes() for path in folder.iterdir() if path.is_file())
