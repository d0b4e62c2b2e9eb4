"""A player who posts with a tournament's key: on the board and in the tournament, or in neither."""

from __future__ import annotations

import json
import threading
from contextlib import suppress

from gameserver.assembly import make_tournaments
from gameserver.storage.engine import open_engine
from gameserver.storage.sqlite.datafile import reading
from tests.hard.moderator import BIG
from tests.raw_client import Client, request_bytes

LEVEL = USER = 2 * BIG
"""A level that nobody else plays, in the bucket 0 as tournaments are, if there are several buckets;
and a user whom nobody bans.
"""

ON_THE_BOARD = "SELECT 1073741823 - (key >> 33) FROM score WHERE level = ? AND user = ?"
IN_THE_TOURNAMENT = "SELECT max(time_ms) FROM tournament_scores WHERE level = ?"


class KeyedPlayer:
    """One connection after another, and scores that only rise."""

    def __init__(self, path: str = "", store: str = "") -> None:
        """Makes the tournament in the data file, before the server starts, or in a Redis."""
        self.count = 0
        """How many posts were acknowledged."""
        self._last = self._acknowledged = 0
        engine = open_engine(path, store=store)
        try:
            account = engine.accounts.add("keyed", "no hash", 1)
            assert account
            tournaments = make_tournaments(engine)
            window = {"start": "2020-01-01T00:00", "end": "2099-01-01T00:00"}
            described = {"name": "Cup", "mode": "levels", "modeparams": str(LEVEL), **window}
            cup = tournaments.create(described, account).id
            tournaments.participate(cup, account)
            self._key = tournaments.gen_key(cup, account).key
            self._cup = cup
        finally:
            engine.close()

    def work(self, address: tuple[str, int], stop: threading.Event) -> None:
        """Goes on until the server is gone, or until told to stop."""
        with suppress(OSError, AssertionError), Client(address) as client:
            session = client.ask(request_bytes("GET", f"/{USER}/login")).body.decode()
            target = f"/{LEVEL}/score?sessionkey={session}&key={self._key}"
            while not stop.is_set():
                self._last += 1
                reply = client.ask(request_bytes("POST", target, b"%d" % self._last))
                if reply.status == 200:
                    self._acknowledged = self._last
                    self.count += 1

    def is_torn(self, path: str) -> bool:
        """Whether a data file has a post in one place only, or has lost one."""
        with reading(path) as connection:
            board = connection.execute(ON_THE_BOARD, (LEVEL, USER)).fetchone() or (0,)
            tournament = connection.execute(IN_THE_TOURNAMENT, (str(LEVEL),)).fetchone()
        return self._is_torn(board[0], tournament[0] or 0)

    def is_torn_on(self, address: tuple[str, int]) -> bool:
        """The same by what a server says that shares a Redis with the one that is gone."""
        with Client(address) as client:
            target = f"/api/levels/{LEVEL}/users/{USER}"
            board = client.ask(request_bytes("GET", target))
            target = f"/api/tournaments/standings/{self._cup}"
            table = json.loads(client.ask(request_bytes("GET", target)).body)["standings"]
        best = json.loads(board.body)["score"] if board.status == 200 else 0
        return self._is_torn(best, list(table[0].values())[2])

    def _is_torn(self, board: int, tournament: int) -> bool:
        return board != tournament or not self._acknowledged <= board <= self._last
