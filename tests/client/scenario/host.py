"""What a host does, which the released client libraries have no calls for: plain requests.

One method per endpoint, so that a change of the server's API is a change in one place.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import requests

TIMEOUT = 30  # seconds


class Host:
    """An account that hosts tournaments on the server at `address` ("host:port")."""

    def __init__(self, address: str, username: str, password: str) -> None:
        self._base = f"http://{address}/api/"
        self._session = requests.Session()
        self.register(username, password)
        token = self._post("obtain_token", username=username, password=password)["token"]
        self._session.headers["X-Scoreganizer-Authorization"] = f"{username}:{token}"

    def register(self, username: str, password: str) -> None:
        """Opens an account."""
        self._post("register", username=username, password=password)

    def create(self, name: str, start: datetime, **fields: Any) -> int:
        """Creates a tournament that lasts an hour from `start` (naive, UTC); its id."""
        tournament = {
            "name": name,
            "mode": "sum",
            "modeparams": "1+0+0",
            "location": "here",
            "start": start.isoformat(),
            "end": (start + timedelta(hours=1)).isoformat(),
            "open_entry": True,
            "hide_results": False,
            **fields,
        }
        created = self._session.post(
            f"{self._base}tournaments/create", json=tournament, timeout=TIMEOUT
        )
        return int(_json(created)["id"])

    def invite(self, tournament: int, username: str) -> None:
        """Invites a player."""
        self._post(f"tournaments/invite/{tournament}", username=username)

    def confirm(self, tournament: int, username: str) -> None:
        """Lets in a player who asked."""
        self._post(f"tournaments/host_confirm/{tournament}", username=username)

    def stop(self, tournament: int) -> None:
        """Ends the tournament now."""
        self._post(f"tournaments/stop/{tournament}")

    def standings(self, tournament: int) -> list[dict[str, Any]]:
        """The tournament's table, first rank first."""
        address = f"{self._base}tournaments/standings/{tournament}"
        return list(_json(self._session.get(address, timeout=TIMEOUT))["standings"])

    def _post(self, path: str, **form: Any) -> Any:
        return _json(self._session.post(self._base + path, data=form, timeout=TIMEOUT))


def _json(response: requests.Response) -> Any:
    if not response.ok:
        raise RuntimeError(f"{response.request.url}: {response.status_code} {response.text}")
    return response.json() if response.content else {}
