"""An admin who bans users, takes scores away and undoes it, while players go on."""

from __future__ import annotations

import http.client
import json
import random
import threading
from collections import defaultdict
from contextlib import suppress
from pathlib import Path
from typing import Any

from gameserver import admin
from gameserver.storage.sqlite.datafile import reading

BIG, BIG_PLAYERS = 1_000_000, 3_000
"""A level that nobody plays, with so many scores that it goes in slices. Its users have numbers
from `BIG` on, and nobody bans them."""
TOKEN = "a-token-for-hard-tests"
_SECONDS = 10


def write_token(folder: Path) -> list[str]:
    """The flags of a server whose admin has the token."""
    path = folder / "admin-token"
    path.touch(0o600)
    path.write_text(TOKEN)
    return ["--admin_token_file", str(path)]


def states(path: str) -> dict[int, str]:
    """The users of a data file who are banned or hidden."""
    with reading(path) as connection:
        return dict(connection.execute("SELECT user, state FROM user_state"))


class Moderator:
    """One connection after another. `states` has what each user may be, as far as is known."""

    def __init__(self, users: int, levels: int, seed: int = 1) -> None:
        self._chance = random.Random(seed)
        self._users = users
        self._levels = levels
        self.states: defaultdict[int, set[str]] = defaultdict(lambda: {"ok"})
        self.count = 0
        self.refused = 0
        self.wrong: list[Any] = []

    @staticmethod
    def fill(path: str, folder: Path) -> None:
        """Makes the big level, before the server starts."""
        file = folder / "big.csv"
        file.write_text("".join(f"{BIG},{BIG + n},{n}\n" for n in range(BIG_PLAYERS)))
        assert admin.main(["import", path, str(file)]) == 0

    def ask(self, address: tuple[str, int], method: str, target: str) -> tuple[int, Any]:
        """The status and the JSON of an answer; OSError if there is none."""
        client = http.client.HTTPConnection(*address[:2], timeout=_SECONDS)
        try:
            client.request(method, target, headers={"Authorization": f"Bearer {TOKEN}"})
            response = client.getresponse()
            return response.status, json.loads(response.read())
        except http.client.HTTPException as error:
            raise OSError(str(error)) from error
        finally:
            client.close()

    def work(self, address: tuple[str, int], stop: threading.Event) -> None:
        """Goes on until the server is gone, or until told to stop."""
        with suppress(OSError):
            while not stop.is_set():
                if self._chance.random() < 0.2:
                    self.move_big(address)
                elif self._chance.random() < 0.5:
                    self.put_state(address)
                else:
                    self.remove(address)

    def put_state(self, address: tuple[str, int]) -> None:
        """Bans a user, or lets one back."""
        user_id = self._chance.randrange(self._users)
        action, state = self._chance.choice((("ban", "banned"), ("unban", "ok")))
        self.states[user_id].add(state)
        status, _ = self.ask(address, "POST", f"/api/users/{user_id}/{action}")
        if self._is_done(status):
            self.states[user_id] = {state}

    def remove(self, address: tuple[str, int]) -> None:
        """Takes a score away, and mostly undoes it."""
        level, user_id = self._chance.randrange(self._levels), self._chance.randrange(self._users)
        status, answer = self.ask(address, "DELETE", f"/api/levels/{level}/users/{user_id}")
        if status != 404 and self._is_done(status) and self._chance.random() < 0.7:
            self._is_done(self.ask(address, "POST", f"/api/audit/{answer['undo']}/undo")[0])

    def move_big(self, address: tuple[str, int]) -> None:
        """Takes the big level away, or brings it back."""
        if self.big(address):
            self._is_done(self.ask(address, "DELETE", f"/api/levels/{BIG}")[0])
            return
        _, audit = self.ask(address, "GET", "/api/audit?limit=1000")
        removals = [e["id"] for e in audit["entries"] if e["action"] == "remove_level"]
        if removals:
            self._is_done(self.ask(address, "POST", f"/api/audit/{removals[0]}/undo")[0])

    def big(self, address: tuple[str, int]) -> int:
        """How many scores the big level has."""
        return int(self.ask(address, "GET", f"/api/levels/{BIG}?limit=1")[1]["players"])

    def is_half(self, address: tuple[str, int]) -> bool:
        """Whether some of the big level is there, and some is not."""
        return self.big(address) not in (0, BIG_PLAYERS)

    def forgotten(self, path: str) -> int:
        """How many users of a data file are what nobody has made them."""
        found = states(path)
        for user_id, possible in self.states.items():  # the one that was on its way is known now
            state = found.get(user_id, "ok")
            if state not in possible:
                return 1
            self.states[user_id] = {state}
        return 0

    def _is_done(self, status: int) -> bool:
        self.count += status == 200
        self.refused += status == 503
        if status not in (200, 503):
            self.wrong.append(status)
        return status == 200
