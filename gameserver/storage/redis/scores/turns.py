"""What all servers of a Redis do one after the other."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from gameserver.errors import Busy
from gameserver.storage.redis.scores.audit import RedisAudit

TRIES = 50
"""As long as it is another server's turn, one every `TRY_SECONDS`."""
TRY_SECONDS = 0.1


class Turns:
    """Turns of threads of this server, and of others.

    In Redis a turn is a key that expires after ten seconds, so that a server which is gone holds
    nobody up; every step of a job begins these anew. A server that stands still for longer may
    find another one at work: the steps of a job that is done do nothing.
    """

    def __init__(self, audit: RedisAudit, sleep: Callable[[float], None] = time.sleep) -> None:
        self._audit = audit
        self._sleep = sleep
        self._here = threading.Lock()

    @contextmanager
    def turn(self, wait: bool) -> Iterator[None]:
        """See `ScoreStore.turn`."""
        with self._here:
            token = secrets.token_hex(8)
            self._begin(token, TRIES if wait else 1)
            try:
                yield
            finally:
                self._audit.do("end_turn", token)

    def _begin(self, token: str, tries: int) -> None:
        for left in reversed(range(tries)):
            if self._audit.do("begin_turn", token):
                return
            if left:
                self._sleep(TRY_SECONDS)
        raise Busy
