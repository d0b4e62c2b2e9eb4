"""A TCP proxy in a thread, between a server and its Redis or between two of those.

What it does to the data on its way is up to a `Judge`; it can stand still as a whole, as a network
does that is cut in two, and let its connections go to another port from now on.
"""

from __future__ import annotations

import heapq
import random
import select
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from typing import NamedTuple

Socket = socket.socket


class Fate(NamedTuple):
    """What becomes of some data: it waits for `delay` seconds, then so many bytes of it go on; if
    that is not all (None), the connection ends behind them, in both directions."""

    delay: float = 0.0
    keep: int | None = None


UNHARMED = Fate()
Judge = Callable[[bytes, int], Fate]
"""Of some data, and how much has passed on its connection before it, in pieces."""


OPENING, OPENING_SHARE = 8, 0.02
"""The pieces with which a connection begins; a server waits after faults in these."""


class Faults:
    """Does something to a share of what passes, in both directions, and counts it."""

    def __init__(self, seed: int, share: float = 0.05) -> None:
        self._chance = random.Random(seed)
        self.share = share
        self.counts: Counter[str] = Counter()

    def __call__(self, data: bytes, before: int) -> Fate:
        chance = self._chance
        if chance.random() >= min(self.share, OPENING_SHARE if before < OPENING else 1):
            return UNHARMED
        draw = chance.random()
        if draw < 0.34:
            return self._count("delayed", Fate(chance.uniform(0.001, 0.03)))
        if draw < 0.35:
            return self._count("delayed for too long", Fate(chance.uniform(0.3, 0.7)))
        if draw < 0.6:
            return self._count("cut before", Fate(0.0, 0))
        if draw < 0.75:
            return self._count("cut behind", Fate(0.0, len(data)))
        return self._count("truncated", Fate(0.0, chance.randrange(1, max(2, len(data)))))

    def _count(self, what: str, fate: Fate) -> Fate:
        self.counts[what] += 1
        return fate


class Middle(threading.Thread):
    """Runs until `close`. Use as a context manager."""

    def __init__(self, target: int, judge: Judge = lambda data, before: UNHARMED) -> None:
        super().__init__(daemon=True)
        self.target = target
        """The port that new connections lead to."""
        self.judge = judge
        self.stands_still = False
        """Nothing passes; nothing is lost either until a connection ends."""
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port = int(self._listener.getsockname()[1])
        self._peers: dict[Socket, Socket] = {}
        self._due: list[tuple[float, int, Socket, bytes, bool]] = []
        self._busy_until: dict[Socket, float] = {}
        self._passed: Counter[frozenset[Socket]] = Counter()
        self._numbers = count()
        self._cut = self._closed = False

    def __enter__(self) -> Middle:
        self.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._closed = True
        self.join()

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def cut(self) -> None:
        """Ends all connections."""
        self._cut = True

    def run(self) -> None:
        while not self._closed:
            if self._cut:
                self._cut = False
                for one in list(self._peers):
                    self._end(one)
            if self.stands_still:
                time.sleep(0.005)
                continue
            now = time.monotonic()
            while self._due and self._due[0][0] <= now:
                _, _, to, data, last = heapq.heappop(self._due)
                self._deliver(to, data, last)
            wait = max(0.0, min(0.05, self._due[0][0] - now)) if self._due else 0.05
            for ready in select.select([self._listener, *self._peers], (), (), wait)[0]:
                if ready is self._listener:
                    self._accept()
                elif ready in self._peers:
                    self._take(ready)
        for one in [*self._peers, self._listener]:
            one.close()

    def _accept(self) -> None:
        client, _ = self._listener.accept()
        try:
            server = socket.create_connection(("127.0.0.1", self.target), 1)
        except OSError:
            return client.close()
        for one, other in ((client, server), (server, client)):
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            one.settimeout(1)
            self._peers[one] = other
            self._busy_until[one] = 0.0

    def _take(self, sender: Socket) -> None:
        try:
            data = sender.recv(1 << 18)
        except OSError:
            data = b""
        if not data:
            return self._end(sender)
        to = self._peers[sender]
        both = frozenset((sender, to))
        fate = self.judge(data, self._passed[both])
        self._passed[both] += 1
        at = max(time.monotonic() + fate.delay, self._busy_until[to])
        self._busy_until[to] = at
        kept = data if fate.keep is None else data[: fate.keep]
        heapq.heappush(self._due, (at, next(self._numbers), to, kept, fate.keep is not None))

    def _deliver(self, to: Socket, data: bytes, last: bool) -> None:
        if to not in self._peers:
            return  # it has ended meanwhile
        with suppress(OSError):
            to.sendall(data)
            if not last:
                return
        self._end(to)

    def _end(self, one: Socket) -> None:
        other = self._peers.pop(one, None)
        if other is not None:
            self._passed.pop(frozenset((one, other)), None)
        for each in (one, other):
            if each is not None:
                self._peers.pop(each, None)
                self._busy_until.pop(each, None)
                each.close()
