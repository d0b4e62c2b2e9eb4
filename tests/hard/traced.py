"""A threaded server under strace (Linux), a client that posts fifty scores, and what people do."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.hard.moderator import TOKEN, write_token
from tests.hard.players import Place
from tests.raw_client import request_bytes
from tests.servers import ServerProcess

LEVEL, USERS, SCORES = 1, 10, 50

PERSONS = 3
"""Who claim users, use runs up and have tokens."""

CONSTANTS = {
    "gameserver.storage.sqlite.database.CHECKPOINT_CHANGES": 20,
    "gameserver.scores.moderation.SMALL": 0,
}
"""Checkpoints come often, so that fifty scores see some, and all that is removed goes in slices."""


def start_traced(options: Sequence[str], folder: Path) -> ServerProcess:
    """A threaded server with a data file in the folder; `options` are strace's."""
    return ServerProcess(
        "--threaded", "--host", "127.0.0.1", "--data", str(folder / "game.db"),
        *write_token(folder), constants=CONSTANTS, through=["strace", "-D", "-f", "-qq", *options],
    )  # fmt: skip


class Poster:
    """Ten users on one level, each time with a better score, one request at a time."""

    def __init__(self, server: ServerProcess, pipeline: int = 1) -> None:
        self._client = server.client()
        self._pipeline = pipeline
        self._keys = [self._ask("GET", f"/{user}/login").body.decode() for user in range(USERS)]
        self.sent: dict[Place, set[int]] = {}
        self.acknowledged: dict[Place, int] = {}
        self.order: list[tuple[Place, int]] = []
        """The scores in the order in which they were acknowledged."""
        self.states: dict[int, str] = {}
        """What the admin has made of users, as far as it was acknowledged."""
        self.refused = 0

    def moderate(self) -> None:
        """Bans and hides users, takes scores away and undoes it; as `post_all` if that fails."""
        for user_id, action, state in ((1, "ban", "banned"), (2, "hide", "hidden")):
            if self._manage("POST", f"/api/users/{user_id}/{action}"):
                self.states[user_id] = state
        removed = self._manage("DELETE", f"/api/levels/{LEVEL}/users/3")
        self._manage("DELETE", f"/api/levels/{LEVEL}")
        if removed:
            self._manage("POST", f"/api/audit/{removed['undo']}/undo")

    def _manage(self, method: str, target: str) -> Any:
        """What an admin's call answers; None if it is refused."""
        self._client.send(request_bytes(method, target, None, f"Authorization: Bearer {TOKEN}"))
        reply = self._client.reply()
        # A user whose score was refused has none: 404.
        assert reply.status in (200, 404, 503), reply.status
        self.refused += reply.status == 503
        return json.loads(reply.body) if reply.status == 200 else None

    def _ask(self, method: str, target: str, body: bytes | None = None) -> Any:
        return self._client.ask(request_bytes(method, target, body))

    def post_all(self) -> None:
        """OSError or AssertionError if the server goes away."""
        for first in range(0, SCORES, self._pipeline):
            self._post(range(first, min(first + self._pipeline, SCORES)))

    def _post(self, numbers: range) -> None:
        for number in numbers:
            user_id, score = number % USERS, 100 + number
            self.sent.setdefault((LEVEL, user_id), set()).add(score)
            target = f"/{LEVEL}/score?sessionkey={self._keys[user_id]}"
            self._client.send(request_bytes("POST", target, b"%d" % score))
        for number in numbers:
            status = self._client.reply().status
            assert status in (200, 503), status
            if status == 200:
                place, score = (LEVEL, number % USERS), 100 + number
                self.acknowledged[place] = score
                self.order.append((place, score))
            self.refused += status == 503

    def shows_what_was_acknowledged(self) -> bool:
        """Whether the list is answered, with all that was acknowledged and nothing else."""
        body = self._ask("GET", f"/{LEVEL}/highscorelist").body.decode()
        shown = dict(entry.split("=") for entry in body.split(",") if entry)
        expected = {str(user_id): str(score) for (_, user_id), score in self.acknowledged.items()}
        return bool(shown == expected)

    def close(self) -> None:
        self._client.close()
