"""Players who post, and visitors who have a page open, in processes of their own.

Each has an address of its own in 127.0.0.0/8, as in life: so each has a rate limit of its own.
"""

from __future__ import annotations

import multiprocessing
import random
import re
import selectors
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from multiprocessing.sharedctypes import Synchronized
from multiprocessing.synchronize import Event

LISTED = 24
"""Levels on the first page."""
VISIBLE = 12
"""Of those, the levels that a window shows: a page follows these."""
REFRESH_SECONDS = 30
SLICE_SECONDS = 0.01


@dataclass
class Crowd:
    """A process in which many clients act, until it is told to stop."""

    act: Callable[..., None]
    arguments: Sequence[object]
    _stop: Event = field(default_factory=multiprocessing.Event)
    refused: Synchronized[int] = field(default_factory=lambda: multiprocessing.Value("i", 0))
    """Answers that were 429, or another error."""
    answers: Synchronized[int] = field(default_factory=lambda: multiprocessing.Value("i", 0))

    def __enter__(self) -> Crowd:
        arguments = (*self.arguments, self._stop, self.refused, self.answers)
        self._process = multiprocessing.Process(target=self.act, args=arguments, daemon=True)
        self._process.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._stop.set()
        self._process.join()


def connect(port: int, number: int, block: int) -> socket.socket:
    """A connection from the address of one client of a block."""
    sock = socket.socket()
    sock.bind((f"127.{block}.{number // 250}.{1 + number % 250}", 0))
    sock.connect(("127.0.0.1", port))
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sock


def ask(sock: socket.socket, method: str, target: str, body: str = "", fields: str = "") -> bytes:
    """The body of an answer that must be 200 or 304; empty is 304."""
    size = f"Content-Length: {len(body)}\r\n" if method == "POST" else ""
    sock.sendall(f"{method} {target} HTTP/1.1\r\nHost: a\r\n{fields}{size}\r\n{body}".encode())
    data = b""
    while b"\r\n\r\n" not in data:
        data += sock.recv(65536)
    head, _, answer = data.partition(b"\r\n\r\n")
    status = int(head[9:12])
    if status not in (200, 304):
        raise SystemExit(f"{method} {target}: {head.decode()}")
    length = re.search(rb"Content-Length: (\d+)", head)
    while length and len(answer) < int(length[1]):
        answer += sock.recv(65536)
    return answer


def play(
    port: int, players: int, levels: int, rate: int, stop: Event,
    refused: Synchronized[int], answers: Synchronized[int],
) -> None:  # fmt: skip
    """Players who post `rate` random scores a second in all, to random levels."""
    chance = random.Random(7)
    socks = [connect(port, number, 1) for number in range(players)]
    keys = [ask(sock, "GET", f"/{n}/login").decode() for n, sock in enumerate(socks)]
    start, sent = time.monotonic(), 0
    while not stop.is_set():
        due = int((time.monotonic() - start) * rate)
        while sent < due:
            number = sent % players
            score = str(chance.randrange(1 << 30))
            target = f"/{chance.randrange(levels)}/score?sessionkey={keys[number]}"
            request = f"POST {target} HTTP/1.1\r\nHost: a\r\nContent-Length: {len(score)}\r\n\r\n"
            socks[number].sendall((request + score).encode())
            sent += 1
        for number in range(max(0, sent - players), sent):
            _read_replies(socks[number % players], refused, answers)
        time.sleep(SLICE_SECONDS)


def _read_replies(
    sock: socket.socket, refused: Synchronized[int], answers: Synchronized[int]
) -> None:
    try:
        data = sock.recv(65536, socket.MSG_DONTWAIT)
    except BlockingIOError:
        return
    count, good = data.count(b"HTTP/1.1 "), data.count(b"HTTP/1.1 200")
    answers.value += count
    refused.value += count - good


def visit(
    port: int, pages: int, seconds: float, stop: Event,
    refused: Synchronized[int], answers: Synchronized[int],
) -> None:  # fmt: skip
    """Visitors who open the first page within these seconds, and leave it open.

    Each does what `boards.js` does: it loads the page with its files and the list of levels,
    follows those that the window shows, and asks for the list again every 30 seconds.
    """
    selector = selectors.DefaultSelector()
    start = time.monotonic()
    opened: list[float] = []
    refreshes = _refreshes(opened, port, refused)
    while not stop.is_set():
        now = time.monotonic()
        while len(opened) < pages and now - start >= len(opened) * seconds / pages:
            selector.register(_open(port, len(opened)), selectors.EVENT_READ)
            opened.append(time.monotonic())
        next(refreshes)
        for key, _ in selector.select(SLICE_SECONDS):
            data = key.fileobj.recv(1 << 18)  # type: ignore[union-attr]
            answers.value += data.count(b"event: board")
            if not data or b"HTTP/1.1 503" in data or b"HTTP/1.1 429" in data:
                refused.value += 1
                selector.unregister(key.fileobj)


def _open(port: int, number: int) -> socket.socket:
    """Opens the page; the connection of its stream."""
    with connect(port, number, 2) as sock:
        page = ask(sock, "GET", "/").decode()
        for name in re.findall(r"/static/[\w.-]+", page):
            ask(sock, "GET", name)
        ask(sock, "GET", f"/api/levels?limit={LISTED}")
    stream = connect(port, number, 2)
    levels = ",".join(map(str, range(VISIBLE)))
    stream.sendall(f"GET /api/live?levels={levels} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
    return stream


def _refreshes(opened: list[float], port: int, refused: Synchronized[int]) -> Iterator[None]:
    """At each step asks for the list for all whose time has come."""
    while True:
        for number, at in enumerate(opened):
            if time.monotonic() - at >= REFRESH_SECONDS:
                opened[number] += REFRESH_SECONDS
                with connect(port, number, 2) as sock:
                    try:
                        ask(sock, "GET", f"/api/levels?limit={LISTED}")
                    except SystemExit:
                        refused.value += 1
        yield
