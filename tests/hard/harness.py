"""What the hard tests share: a server with all its processes, strict clients, load, a report.

Everything goes to 127.0.0.1 (and its neighbours 127.0.0.2 … as source addresses) and is bounded in
count and time. Processes are counted through /proc, so these scripts need Linux.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import resource
import selectors
import signal
import socket
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.raw_client import request_bytes  # noqa: E402 (found only now)
from tests.servers import ServerProcess  # noqa: E402

PATIENCE = 20
"""Seconds after which a client gives up on a reply."""

MIB = 1 << 20


# The command line and the report


def arguments(description: str | None, **options: Any) -> argparse.Namespace:
    """Parses the command line: `--mode`, `--seed` and one option for each default given."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--mode", choices=("threaded", "forked", "both"), default="both")
    parser.add_argument("--seed", type=int, default=1, help="of all random choices")
    for name, default in options.items():
        kind = str if default is None else type(default)
        parser.add_argument(
            f"--{name.replace('_', '-')}", type=kind, default=default, help=f"default: {default}"
        )
    parsed = parser.parse_args()
    parsed.modes = ("threaded", "forked") if parsed.mode == "both" else (parsed.mode,)
    raise_descriptor_limit()
    return parsed


def raise_descriptor_limit() -> None:
    """As many open files as this process may have: some tests open 10,000 connections."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


class Report:
    """The table that a script prints, and its exit code."""

    def __init__(self, title: str) -> None:
        print(f"{title}\n{'-' * len(title)}", flush=True)
        self.failed = 0

    def row(self, what: str, number: object, bar: object, passed: bool) -> None:
        """One line: what was counted, what it should be, whether it is."""
        self.failed += not passed
        word = "PASS" if passed else "FAIL"
        print(f"{word}  {what:<52} {number!s:>24}   bar: {bar}", flush=True)

    def note(self, text: str) -> None:
        print(f"      {text}", flush=True)

    def end(self) -> int:
        print("FAIL" if self.failed else "PASS", flush=True)
        return 1 if self.failed else 0


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which this share of the values lies; 0 of nothing."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0


# Servers

WORKERS = os.cpu_count() or 1


@contextmanager
def serving(
    mode: str, *flags: str, workers: int | None = None, **options: Any
) -> Iterator[ServerProcess]:
    """A server on 127.0.0.1 with all its processes there; ended at once behind the block.

    `workers`: how many there are if the flags say something else than one for each core.
    """
    # As many workers as cores: what happens between them shall be seen, too.
    mode_flags = ("--threaded",) if mode == "threaded" else ("--max_proc", str(WORKERS))
    server = ServerProcess("--host", "127.0.0.1", *mode_flags, *flags, **options)
    try:
        # The announcement comes when connections are taken, before all processes are there.
        owned = "--store" not in flags
        ready = seconds_until(
            lambda: answers(server.address) and all_there(server, workers, owned), 10
        )
        assert ready is not None, "not all of the server's processes are there"
        yield server
    finally:
        server.kill()


def all_there(server: ServerProcess, workers: int | None = None, owned: bool = True) -> bool:
    """Whether the owner, if the state has one, and all workers have started."""
    wanted = workers or WORKERS
    return server.mode == "threaded" or (
        (server.owner() is not None or not owned) and len(server.workers()) == wanted
    )


def stop(server: ServerProcess) -> int | None:
    """Stops the server; its exit code, or None if it does not end."""
    server.send_signal(signal.SIGTERM)
    return server.exit_code()


def seconds_until(condition: Callable[[], Any], seconds: float) -> float | None:
    """How long it took until the condition held, in seconds; None if it did not in time."""
    start = time.monotonic()
    while not condition():
        if time.monotonic() - start > seconds:
            return None
        time.sleep(0.01)
    return time.monotonic() - start


# Single clients


def connect(address: tuple[str, int], source: str | None = None) -> socket.socket:
    client = socket.create_connection(address, PATIENCE, (source, 0) if source else None)
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return client


def read_to_end(client: socket.socket, seconds: float = PATIENCE) -> tuple[bytes, str]:
    """All bytes until the server ends the connection, and how that was: end, reset or open."""
    client.settimeout(seconds)
    data = bytearray()
    try:
        while piece := client.recv(65536):
            data += piece
    except TimeoutError:
        return bytes(data), "open"
    except OSError:
        return bytes(data), "reset"
    return bytes(data), "end"


def ask(address: tuple[str, int], data: bytes, seconds: float = PATIENCE) -> bytes:
    """The whole answer to a request that asks for `Connection: close`; empty if there is none."""
    try:
        with connect(address) as client:
            client.sendall(data)
            return read_to_end(client, seconds)[0]
    except OSError:
        return b""


LIST = request_bytes("GET", "/1/highscorelist")
LIST_AND_CLOSE = request_bytes("GET", "/1/highscorelist", None, "Connection: close")


def answers(address: tuple[str, int], seconds: float = 1) -> bool:
    """Whether a new client gets a 200."""
    return ask(address, LIST_AND_CLOSE, seconds).startswith(b"HTTP/1.1 200 ")


def log_in(address: tuple[str, int], user: int) -> str:
    answer = ask(address, request_bytes("GET", f"/{user}/login", None, "Connection: close"))
    return answer.rpartition(b"\r\n\r\n")[2].decode()


# Responses, read strictly


_HEAD = re.compile(rb"HTTP/1\.1 ([1-5][0-9]{2}) [A-Za-z' -]+\r\n((?:[A-Za-z-]+: [ -~]*\r\n)*)\r\n")
_LENGTH = re.compile(rb"(?:^|\r\n)Content-Length: ([0-9]+)\r\n")
_FINISHED = re.compile(rb"(?:^|\r\n)Connection: close\r\n")


class Reply(NamedTuple):
    """One response: its status, whether the connection ends with it, its body, its header."""

    status: int
    last: bool
    body: bytes
    fields: bytes = b""


class Malformed(Exception):
    """What came is no response."""


def take_reply(data: bytearray, to_head: bool = False) -> Reply | None:
    """Removes one response from the front of `data`; None if it is not all there."""
    if b"\r\n\r\n" not in data:
        return None
    head = _HEAD.match(data)
    if head is None:
        raise Malformed(bytes(data[:200]))
    status, fields = int(head[1]), head[2]
    length = _LENGTH.search(fields)
    bodiless = status < 200 or status in (204, 304)
    if bodiless == bool(length):
        raise Malformed(bytes(data[:200]))
    size = 0 if to_head or length is None else int(length[1])
    end = head.end() + size
    if len(data) < end:
        return None
    reply = Reply(status, bool(_FINISHED.search(fields)), bytes(data[head.end() : end]), fields)
    del data[:end]
    return reply


# Honest load


class Exchange(NamedTuple):
    """A request and what became of it. `status` 0: no complete response; then `failure` says why.

    Failures: `refused` (no connection), `unanswered` (the connection ended without a byte of the
    response), `cut` (in the middle of it), `malformed`, `late`.
    """

    tag: Any
    start: float
    end: float
    status: int
    body: bytes
    failure: str
    fields: bytes = b""


MakeRequest = Callable[[random.Random], tuple[Any, bytes]]


class _Player:
    """One connection of the load: one request at a time."""

    def __init__(self) -> None:
        self.socket: socket.socket | None = None
        self.data = bytearray()
        self.tag: Any = None
        self.start = 0.0
        self.asked = False
        self.again_at = 0.0


class Load(threading.Thread):
    """Honest clients in a thread: each sends a request, reads the response, sends the next.

    `keep_alive` False: each request asks for the end of its connection. `pause` seconds lie
    between two requests of a client. After `finish` (or a refused connection, if
    `end_when_refused`) the requests in flight are awaited.
    """

    def __init__(
        self,
        address: tuple[str, int],
        clients: int,
        make_request: MakeRequest,
        seed: int = 1,
        pause: float = 0.0,
        end_when_refused: bool = False,
        source: str | None = None,
    ) -> None:
        super().__init__(daemon=True)
        self._address = address
        self._make_request = make_request
        self._chance = random.Random(seed)
        self._pause = pause
        self._end_when_refused = end_when_refused
        self._source = source
        self._players = [_Player() for _ in range(clients)]
        self._selector = selectors.DefaultSelector()
        self._ended = False
        self.exchanges: list[Exchange] = []
        self.connected = 0

    def run(self) -> None:
        for player in self._players:
            self._next(player)
        while any(player.asked for player in self._players) or not self._ended:
            for key, _ in self._selector.select(0.01):
                self._read(key.data)
            now = time.monotonic()
            for player in self._players:
                if player.asked and now - player.start > PATIENCE:
                    self._record(player, failure="late")
                    self._hang_up(player)
                elif not player.asked and now >= player.again_at and not self._ended:
                    self._next(player)
        for player in self._players:
            self._hang_up(player)
        self._selector.close()

    def finish(self) -> list[Exchange]:
        """Sends nothing more; returns all exchanges once the last response is there."""
        self._ended = True
        self.join()
        return self.exchanges

    def _next(self, player: _Player) -> None:
        if self._ended:
            return
        player.tag, data = self._make_request(self._chance)
        player.start = time.monotonic()
        try:
            if player.socket is None:
                self._dial(player)
        except OSError:
            self._record(player, failure="refused")
            self._ended = self._ended or self._end_when_refused
            player.again_at = time.monotonic() + 0.01
            return
        assert player.socket
        player.asked = True
        with suppress(OSError):  # then reading says what is wrong
            player.socket.send(data)

    def _dial(self, player: _Player) -> None:
        player.socket = connect(self._address, self._source)
        player.socket.setblocking(False)
        player.data = bytearray()
        self._selector.register(player.socket, selectors.EVENT_READ, player)
        self.connected += 1

    def _hang_up(self, player: _Player) -> None:
        player.asked = False
        if player.socket is not None:
            self._selector.unregister(player.socket)
            player.socket.close()
            player.socket = None

    def _read(self, player: _Player) -> None:
        if player.socket is None:
            return
        try:
            piece = player.socket.recv(65536)
        except BlockingIOError:
            return
        except OSError:
            piece = b""
        player.data += piece
        try:
            reply = take_reply(player.data)
        except Malformed:
            self._record(player, failure="malformed")
            self._hang_up(player)
            return
        if reply and player.asked:
            self._answered(player, reply)
        elif not piece:
            if player.asked:
                self._record(player, failure="cut" if player.data else "unanswered")
            self._hang_up(player)

    def _answered(self, player: _Player, reply: Reply) -> None:
        player.asked = False
        self._record(player, reply.status, reply.body, fields=reply.fields)
        if reply.last:
            self._hang_up(player)
        if self._pause:
            player.again_at = time.monotonic() + self._pause
        else:
            self._next(player)

    def _record(
        self,
        player: _Player,
        status: int = 0,
        body: bytes = b"",
        failure: str = "",
        fields: bytes = b"",
    ) -> None:
        player.asked = False
        now = time.monotonic()
        exchange = Exchange(player.tag, player.start, now, status, body, failure, fields)
        self.exchanges.append(exchange)


@contextmanager
def loaded(*arguments: Any, **options: Any) -> Iterator[Load]:
    """Load while the block runs."""
    load = Load(*arguments, **options)
    load.start()
    try:
        yield load
    finally:
        load.finish()


def outcomes(exchanges: Sequence[Exchange]) -> Counter[str]:
    """How often each status or failure was."""
    return Counter(exchange.failure or str(exchange.status) for exchange in exchanges)


class Game:
    """Requests of the game: log in, post scores, read lists; users with keys from the start."""

    def __init__(
        self, address: tuple[str, int], users: int = 20, levels: int = 5, close_share: float = 0.0
    ) -> None:
        self.keys = {user: log_in(address, user) for user in range(1, users + 1)}
        self.levels = levels
        self._close_share = close_share

    def __call__(self, chance: random.Random) -> tuple[Any, bytes]:
        """(kind, user, level, score) and the request."""
        user = chance.randint(1, len(self.keys))
        level = chance.randint(1, self.levels)
        score = chance.randint(0, 1_000_000_000)
        fields = ("Connection: close",) if chance.random() < self._close_share else ()
        draw = chance.random()
        if draw < 0.1:
            return ("login", user, level, score), request_bytes(
                "GET", f"/{user}/login", None, *fields
            )
        if draw < 0.4:
            target = f"/{level}/highscorelist"
            return ("list", user, level, score), request_bytes("GET", target, None, *fields)
        target = f"/{level}/score?sessionkey={self.keys[user]}"
        body = str(score).encode()
        return ("score", user, level, score), request_bytes("POST", target, body, *fields)


def high_scores(address: tuple[str, int], level: int) -> dict[int, int]:
    """The scores of a level's list by user: the top fifteen."""
    answer = ask(
        address, request_bytes("GET", f"/{level}/highscorelist", None, "Connection: close")
    )
    text = answer.rpartition(b"\r\n\r\n")[2].decode()
    return {
        int(user): int(score) for user, _, score in (e.partition("=") for e in text.split(",") if e)
    }
