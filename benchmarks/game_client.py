"""A client of the game API, and a check that a server plays the game before it is measured."""

from __future__ import annotations

import contextlib
import http.client
import random
from collections.abc import Iterator

LIST_LENGTH = 15
CHECKED_LEVEL = 2**31 - 1  # outside the levels of the load
EMPTY_LEVEL = CHECKED_LEVEL - 1


class NotTheGameError(Exception):
    """The server answers something else than the API says."""


class GameClient:
    """One keep-alive connection."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)

    def close(self) -> None:
        self._connection.close()

    def login(self, user: int) -> str:
        return self._request("GET", f"/{user}/login")

    def submit(self, key: str, level: int, score: int) -> str:
        return self._request("POST", f"/{level}/score?sessionkey={key}", str(score))

    def high_score_list(self, level: int) -> str:
        return self._request("GET", f"/{level}/highscorelist")

    def _request(self, method: str, path: str, body: str | None = None) -> str:
        self._connection.request(method, path, body)
        response = self._connection.getresponse()
        text = response.read().decode()
        if response.status != 200:
            raise NotTheGameError(f"{method} {path}: {response.status} {text!r}")
        return text


@contextlib.contextmanager
def connected(port: int) -> Iterator[GameClient]:
    """A client that is closed at the end."""
    client = GameClient(port)
    try:
        yield client
    finally:
        client.close()


def log_in(port: int, users: int) -> list[tuple[int, str]]:
    """(user, session key) of that many users, always the same ones, all logged in."""
    ids = random.Random(1).sample(range(2**31), users)
    with connected(port) as client:
        return [(user, client.login(user)) for user in ids]


def check_game(port: int) -> None:
    """Plays a little; NotTheGameError if an answer is wrong. `CHECKED_LEVEL` gets 15 scores."""
    with connected(port) as client:
        keys = {user: client.login(user) for user in range(1, LIST_LENGTH + 2)}
        _expect(len(set(keys.values())) == len(keys), "session keys differ")
        for user, key in keys.items():
            _expect(client.submit(key, CHECKED_LEVEL, 1000 + user) == "", "a score has no answer")
            client.submit(key, CHECKED_LEVEL, user)
        best = [f"{user}={1000 + user}" for user in sorted(keys, reverse=True)]
        top = ",".join(best[:LIST_LENGTH])
        _expect(client.high_score_list(CHECKED_LEVEL) == top, "the list is each user's best")
        _expect(client.high_score_list(EMPTY_LEVEL) == "", "a level without scores is empty")
        _expect(not _accepts(client, "0" * 22), "an unknown session key is refused")


def _accepts(client: GameClient, key: str) -> bool:
    try:
        client.submit(key, CHECKED_LEVEL, 1)
    except NotTheGameError:
        return False
    return True


def check_played(port: int, level: int) -> None:
    """After the load: NotTheGameError unless the level has a full, ordered list."""
    with connected(port) as client:
        standings = [entry.split("=") for entry in client.high_score_list(level).split(",")]
    scores = [int(score) for _, score in standings]
    _expect(len(scores) == LIST_LENGTH, f"{LIST_LENGTH} scores on level {level}")
    _expect(scores == sorted(scores, reverse=True), "best score first")


def _expect(holds: bool, what: str) -> None:
    if not holds:
        raise NotTheGameError(f"expected: {what}")
