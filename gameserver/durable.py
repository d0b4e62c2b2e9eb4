"""The application with a data file: a batch is one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gameserver.app import App
from gameserver.storage.sqlite.database import Database
from gameserver.web.errors import StorageFull
from gameserver.web.messages import Request, Response


class DurableApp(App):
    """Returns no response before everything that it speaks of is durable.

    Where there is no room for a batch, it is undone and its views are called again with all
    writing refused: logins and lists are answered then, too, and scores are told to wait.

    A request that may block comes alone, and is no batch: it would hold up all others. Each
    operation of its view is a transaction of its own.
    """

    def __init__(self, database: Database, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._database = database

    def handle(self, requests: Sequence[Request]) -> list[Response]:
        if len(requests) == 1 and requests[0].match.blocking:
            return super().handle(requests)
        with self._database.lock:
            try:
                return self._handle_batch(requests)
            except StorageFull:
                return self._handle_batch(requests)

    def _handle_batch(self, requests: Sequence[Request]) -> list[Response]:
        with self._database.batch():
            return super().handle(requests)

    def close(self) -> None:
        self._database.close()
