"""What the tests of the boards' views need: an application with an admin, a clock, and requests."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from gameserver.app import App
from gameserver.assembly import make_services
from gameserver.auth.admin_token import AdminToken
from gameserver.auth.sessions import SignedSessions
from gameserver.scores.blocked_names import NONE_BLOCKED, BlockedNames
from gameserver.scores.values import Limits
from gameserver.storage.memory.scores import MemoryScores
from gameserver.web.messages import Request, Response
from tests.support import Clock, make_request, open_engine, router

TOKEN = "a-token-of-the-admin"
ADMIN = AdminToken(TOKEN)
NOW = 1_795_257_000.0
"""2026-11-21 10:30 UTC, a Saturday."""


class Reply:
    """A response, its JSON read."""

    def __init__(self, response: Response) -> None:
        self.status, self.body, self.content_type = response[:3]
        self.headers = dict(response.headers)
        self.etag, self.more = response.etag, response.more
        self.response = response

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> tuple[int, str]:
        """The status and the code of an error."""
        return self.status, self.json["error"]


class World:
    """The boards in memory, and who asks for them."""

    def __init__(
        self,
        limits: Limits | None = None,
        admin: AdminToken | None = ADMIN,
        blocked_names: BlockedNames = NONE_BLOCKED,
    ) -> None:
        self.clock = Clock(NOW)
        self.engine = open_engine()
        self.scores = MemoryScores(limits or Limits(), self.clock)
        self.sessions = SignedSessions(clock=self.clock)
        services = make_services(self.engine)
        self.services = replace(
            services,
            scores=self.scores,
            sessions=self.sessions,
            admin=admin,
            blocked_names=blocked_names,
        )
        self.app = App(router, self.services, self.engine)

    def ask(self, method: str, target: str, body: Any = None, **headers: str) -> Reply:
        """One request; a body that is no bytes is sent as JSON."""
        data = body if isinstance(body, bytes) else b"" if body is None else _json(body)
        fields = {name.replace("_", "-"): value for name, value in headers.items()}
        (response,) = self.app.handle([make_request(method, target, data, **fields)])
        return Reply(response)

    def get(self, target: str, **headers: str) -> Reply:
        return self.ask("GET", target, **headers)

    def chunks(self, target: str) -> list[Reply]:
        """A whole response, chunk by chunk, as the front end asks for it."""
        chunks = [self.get(target)]
        match = router.resolve("GET", target.partition("?")[0])
        while more := chunks[-1].more:
            rest = replace(match, captures=(*match.captures, *more))
            request = Request("", target, "", {}, b"", "192.0.2.7", rest)
            chunks.append(Reply(self.app.handle([request])[0]))
        return chunks

    def manage(self, method: str, target: str, body: Any = None) -> Reply:
        """A request of the admin's."""
        return self.ask(method, target, body, authorization=f"Bearer {TOKEN}")

    def configure(self, level_id: int, **settings: Any) -> None:
        reply = self.manage("PUT", f"/api/levels/{level_id}", settings)
        assert reply.status == 200, reply.body

    def post(self, level_id: int, user_id: int, score: int, **more: Any) -> Reply:
        """A user posts a score."""
        key = self.sessions.login(user_id)
        target = f"/api/levels/{level_id}/scores?sessionkey={key}"
        return self.ask("POST", target, {"score": score, **more})

    def fill(self, level_id: int, count: int) -> None:
        """Users 1 to `count` get a score; the lower the number, the higher."""
        for user_id in range(1, count + 1):
            self.scores.submit(level_id, user_id, 10 * (count - user_id + 1))


def _json(value: Any) -> bytes:
    return json.dumps(value).encode()
