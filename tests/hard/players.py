"""Players that post scores as fast as they can, and know what was acknowledged."""

from __future__ import annotations

import random
import re
import socket
import sqlite3
import threading
from collections.abc import Mapping
from contextlib import suppress

from gameserver.storage.sqlite.datafile import reading
from tests.hard.moderator import BIG

Place = tuple[int, int]
"""A level and a user."""

SCORES = f"""
SELECT level, user, 1073741823 - (min(key) >> 33) FROM (
    SELECT level, user, key FROM score UNION ALL SELECT level, user, key FROM withheld
    UNION ALL SELECT level, user, key FROM removed
) WHERE level < {BIG} GROUP BY level, user
"""
"""What is on a board, or kept back, or may be brought back."""

_RESPONSE = re.compile(rb"HTTP/1\.1 ([0-9]{3}) .*?\r\n\r\n", re.DOTALL)
_SECONDS = 10


class Player:
    """One connection after another, and users of its own, whose scores only rise.

    `sent` has all scores of a place; `acknowledged` the best that was answered 200.
    """

    def __init__(self, number: int, users: int, levels: int, pipeline: int) -> None:
        self._chance = random.Random(number)
        self._users = range(number * users, (number + 1) * users)
        self._levels = levels
        self._pipeline = pipeline
        self._keys: dict[int, str] = {}
        self._last = 0
        self._left = b""
        self.sent: dict[Place, set[int]] = {}
        self.acknowledged: dict[Place, int] = {}
        self.count = 0
        self.refused = 0
        self.banned = 0
        self.wrong: list[int] = []

    def log_in(self, address: tuple[str, int]) -> None:
        with socket.create_connection(address[:2], _SECONDS) as client:
            for user_id in self._users:
                request = f"GET /{user_id}/login HTTP/1.1\r\nHost: x\r\n\r\n"
                client.sendall(request.encode())
                reply = b""
                while b"\r\n\r\n" not in reply or reply.endswith(b"\r\n\r\n"):
                    reply += client.recv(4096)
                self._keys[user_id] = reply.partition(b"\r\n\r\n")[2].decode()

    def play(self, address: tuple[str, int], stop: threading.Event) -> None:
        """Posts scores until the server is gone, or until told to stop."""
        with suppress(OSError), socket.create_connection(address[:2], _SECONDS) as client:
            self._left = b""
            while not stop.is_set() and self.post(client):
                pass

    def post(self, client: socket.socket) -> bool:
        """Posts some scores at once; whether all of them were answered."""
        places = [self._next_place() for _ in range(self._pipeline)]
        request = b""
        for place in places:
            self._last += 1
            self.sent.setdefault(place, set()).add(self._last)
            request += self._request(place, self._last)
        client.sendall(request)
        first = self._last - len(places) + 1
        for score, place in enumerate(places, start=first):
            status = self._status(client)
            if not status:
                return False
            self._note(status, place, score)
        return True

    def _next_place(self) -> Place:
        return self._chance.randrange(self._levels), self._chance.choice(self._users)

    def _request(self, place: Place, score: int) -> bytes:
        body = str(score)
        return (
            f"POST /{place[0]}/score?sessionkey={self._keys[place[1]]} HTTP/1.1\r\n"
            f"Host: x\r\nContent-Length: {len(body)}\r\n\r\n{body}"
        ).encode()

    def _status(self, client: socket.socket) -> int:
        """The status of the next response; 0 if there is none."""
        while not (found := _RESPONSE.search(self._left)):
            data = client.recv(65536)
            if not data:
                return 0
            self._left += data
        self._left = self._left[found.end() :]
        return int(found[1])

    def _note(self, status: int, place: Place, score: int) -> None:
        if status == 200:
            self.acknowledged[place] = score
            self.count += 1
        elif status == 503:
            self.refused += 1
        elif status == 403:
            self.banned += 1
        else:
            self.wrong.append(status)


def stored(path: str) -> dict[Place, int]:
    """All scores of a data file; AssertionError if the file is damaged."""
    with reading(path) as connection:
        return stored_in(connection)


def stored_in(connection: sqlite3.Connection) -> dict[Place, int]:
    (verdict,) = connection.execute("PRAGMA integrity_check").fetchone()
    assert verdict == "ok", verdict
    rows = connection.execute(SCORES)
    return {(level_id, user_id): score for level_id, user_id, score in rows}


def lost(acknowledged: Mapping[Place, int], found: Mapping[Place, int]) -> int:
    """How many acknowledged scores are not there, nor a better one in their place."""
    return sum(found.get(place, -1) < score for place, score in acknowledged.items())


def invented(sent: Mapping[Place, set[int]], found: Mapping[Place, int]) -> int:
    """How many scores are there that nobody has sent."""
    return sum(score not in sent.get(place, ()) for place, score in found.items())
