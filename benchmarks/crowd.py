"""Thousands of clients that watch levels, in a process of their own."""

from __future__ import annotations

import multiprocessing
import re
import select
import socket
import time
from collections.abc import Mapping
from multiprocessing.connection import Connection

PER_ADDRESS = 250
AT_ONCE = 200
"""Clients that connect before the first of them is answered: fewer than wait in a backlog."""
SILENCE_SECONDS = 30

_SCORE = re.compile(rb'"score":([0-9]+)}')


class CrowdError(Exception):
    """A client was not served as it should be."""


class Crowd:
    """The clients, seen from the program that measures."""

    def __init__(self, port: int) -> None:
        context = multiprocessing.get_context("fork")
        self._pipe, inside = context.Pipe()
        self._process = context.Process(
            target=_run, args=(inside, self._pipe, port), daemon=True
        )
        self._process.start()
        inside.close()

    def open(self, count: int, levels: int, first_level: int) -> None:
        """So many clients come, and each watches one of the levels; returns when all see it."""
        self._ask("open", count, levels, first_level)

    def saw(self, score: int) -> list[float]:
        """Waits until every client has seen the score; the moments at which each did."""
        return self._ask("saw", score)

    def close(self) -> None:
        """All clients go."""
        self._ask("close")

    def end(self) -> None:
        """Ends the process."""
        self._pipe.close()
        self._process.join()

    def _ask(self, *question: object) -> list[float]:
        self._pipe.send(question)
        answer = self._pipe.recv()
        if isinstance(answer, str):
            raise CrowdError(answer)
        return list(answer)


def _run(pipe: Connection, outside: Connection, port: int) -> None:
    outside.close()  # else it would never see its end
    clients = Clients(port)
    act = {"open": clients.open, "saw": clients.saw, "close": clients.close}
    while True:
        while not pipe.poll():
            clients.read(0.002)
        try:
            name, *arguments = pipe.recv()
        except EOFError:
            return
        try:
            pipe.send(act[name](*arguments))
        except CrowdError as error:
            pipe.send(str(error))


class Clients:
    """The clients, in their process."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._epoll = select.epoll()
        self._sockets: dict[int, socket.socket] = {}
        self._latest: dict[int, int] = {}
        """By descriptor: the newest score that it has seen; -1 before the first board."""
        self._moments: dict[int, float] = {}
        """When that was."""
        self._tails: dict[int, bytes] = {}

    def open(self, count: int, levels: int, first_level: int) -> list[float]:
        """`count` more clients, each at one of the levels."""
        for start in range(0, count, AT_ONCE):
            for number in range(start, min(start + AT_ONCE, count)):
                self._connect(number, first_level + number % levels)
            self._wait_for(0)
        return []

    def _connect(self, number: int, level: int) -> None:
        sock = socket.socket()
        sock.bind((f"127.0.1.{1 + number // PER_ADDRESS}", 0))
        sock.connect(("127.0.0.1", self._port))
        sock.sendall(b"GET /api/live?levels=%d HTTP/1.1\r\nHost: a\r\n\r\n" % level)
        sock.setblocking(False)
        self._sockets[sock.fileno()] = sock
        self._latest[sock.fileno()] = -1
        self._epoll.register(sock.fileno(), select.EPOLLIN)

    def saw(self, score: int) -> list[float]:
        """The moments at which the clients saw the score."""
        self._wait_for(score)
        return list(self._moments.values())

    def close(self) -> list[float]:
        """All go."""
        for descriptor, sock in self._sockets.items():
            self._epoll.unregister(descriptor)
            sock.close()
        self._sockets, self._latest, self._moments, self._tails = {}, {}, {}, {}
        return []

    def _wait_for(self, score: int) -> None:
        give_up = time.monotonic() + SILENCE_SECONDS
        while missing := sum(latest < score for latest in self._latest.values()):
            self.read(0.05)
            if time.monotonic() > give_up:
                raise CrowdError(f"{missing} clients have not seen {score}")

    def read(self, seconds: float) -> None:
        """Reads whatever has come."""
        for descriptor, _ in self._epoll.poll(seconds):
            data = self._sockets[descriptor].recv(65536)
            if not data:
                raise CrowdError("a stream has ended")
            data = self._tails.get(descriptor, b"") + data
            self._tails[descriptor] = data[-20:]  # where a score may be cut in two
            found = [int(text) for text in _SCORE.findall(data)]
            newest = max(found, default=0 if b"data:" in data else -1)
            if newest > self._latest[descriptor]:
                self._latest[descriptor] = newest
                self._moments[descriptor] = time.monotonic()


def quantiles(values: list[float]) -> Mapping[str, float]:
    """The median, the 99th percentile and the largest of the values."""
    ordered = sorted(values)
    return {
        "p50": ordered[len(ordered) // 2],
        "p99": ordered[len(ordered) * 99 // 100],
        "max": ordered[-1],
    }
