"""What the parts of the scenario share: the server, a host, a player, their tournaments."""

from __future__ import annotations

import io
import os
import re
import secrets
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from host import Host

from scoreganizer_client_lib import Scoreganizer

PASSWORD = "correct horse battery"
LATER = timedelta(days=1)
CLOSED = {"open_entry": False}
TOURNAMENTS: dict[str, dict[str, Any]] = {
    "open": {},
    "asking": CLOSED,
    "inviting": CLOSED,
    "limited": {"mode": "sum_timelimit", "modeparams": "1+0+0,10"},
    "missed": {},  # entered, but no key is generated before it is stopped
    "stopped": {},
    "foreign": {},  # never entered
    "later": {},  # starts `LATER` than the others
}


class World:
    """`client` is the player's, with an auth file; `keys` are those generated so far."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self.address = {"host": settings["host"], "port": settings["port"], "https": False}
        self.folder = settings["folder"]
        self.auth_filename = os.path.join(self.folder, "auth.txt")
        run = secrets.token_hex(3)
        self.name = f"player_{run}"
        self.host = Host(f"{settings['host']}:{settings['port']}", f"host_{run}", PASSWORD)
        self.host.register(self.name, PASSWORD)
        ahead = timedelta(seconds=settings["seconds_to_start"])
        start = datetime.now(UTC).replace(tzinfo=None) + ahead
        self.ids = {
            name: self.host.create(f"{name} {run}", start + LATER * (name == "later"), **fields)
            for name, fields in TOURNAMENTS.items()
        }
        self.client = self.new_client(auth_filename=self.auth_filename)
        self.keys: dict[str, str] = {}

    def new_client(self, **arguments: Any) -> Scoreganizer:
        return Scoreganizer(**{**self.address, **arguments})

    def saved(self) -> str:
        """What the auth file holds."""
        with open(self.auth_filename, encoding="utf-8") as file:
            return file.read()

    def status_of(self, auth_str: str) -> str:
        client = self.new_client()
        client.set_auth_str(auth_str)
        return str(client.token_status())

    def participate(self, name: str) -> None:
        self.client.tournaments.participate(self.ids[name])

    def statuses(self, client: Scoreganizer, list_name: str) -> dict[str, str]:
        """This run's tournaments in one of the lists: name → status."""
        listed = getattr(client.tournaments, list_name)()
        mine = (each for each in listed if int(each) in self.ids.values())
        return {each.name.split()[0]: each.status for each in mine}

    def names(self, list_name: str) -> list[str]:
        return sorted(self.statuses(self.client, list_name))

    def keep(self, name: str, call: Callable[[int], str]) -> bool:
        """Remembers the key that a call returns; whether it reads as a key does."""
        number = self.ids[name]
        self.keys[name] = call(number)
        return bool(re.fullmatch(f"[0-9]+_{number}_[0-9a-f]{{32}}", self.keys[name]))

    def written(self, name: str, content: bytes) -> str:
        path = os.path.join(self.folder, name)
        with open(path, "wb") as file:
            file.write(content)
        return path

    def upload(self, content: bytes, filename: str, **arguments: Any) -> Any:
        """Uploads as somebody who is not logged in: the key names the player."""
        return self.new_client().scores.upload_file(io.BytesIO(content), filename, **arguments)
