"""What the hard tests share: servers as processes, strict clients, load, a report.

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
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

PATIENCE = 20
"""Seconds after which a client gives up on a reply."""

PAGE = os.sysconf("SC_PAGE_SIZE")
TICKS = os.sysconf("SC_CLK_TCK")
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


_ANNOUNCEMENT = re.compile(r"\S+: listening on http://\S+:([0-9]+)/ \((threaded|forked)\)\n")


class Process(NamedTuple):
    """One process as /proc shows it; times in seconds, memory in bytes."""

    pid: int
    parent: int
    state: str
    cpu: float
    threads: int
    rss: int


def processes_of(session: int) -> list[Process]:
    """The processes of a session: a server and all that it has started."""
    found = []
    for name in os.listdir("/proc"):
        if name.isdigit():
            with suppress(OSError):
                text = Path("/proc", name, "stat").read_text()
                fields = text.rpartition(")")[2].split()
                if int(fields[3]) == session:
                    cpu = (int(fields[11]) + int(fields[12])) / TICKS
                    found.append(
                        Process(
                            int(name),
                            int(fields[1]),
                            fields[0],
                            cpu,
                            int(fields[17]),
                            int(fields[21]) * PAGE,
                        )
                    )
    return found


class Server:
    """A server started by its command on a free port of 127.0.0.1, in a session of its own."""

    def __init__(self, mode: str, *flags: str, descriptors: int | None = None) -> None:
        self.mode = mode
        self._folder = tempfile.TemporaryDirectory(prefix="hard-")
        self.logfile = Path(self._folder.name, "server.log")
        self._errors = open(Path(self._folder.name, "stderr"), "w+")  # noqa: SIM115
        command = [
            sys.executable,
            str(ROOT / "run_server.py"),
            "-p",
            "0",
            "--host",
            "127.0.0.1",
            "--logfile",
            str(self.logfile),
            *flags,
        ]
        if mode == "threaded":
            command.append("--threaded")
        if descriptors:
            command = ["prlimit", f"--nofile={descriptors}:{descriptors}", *command]
        self.process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
            cwd=ROOT,
            start_new_session=True,
        )
        self.pid = self.process.pid
        assert self.process.stdout
        line = self.process.stdout.readline()
        found = _ANNOUNCEMENT.fullmatch(line)
        if found is None:
            self.kill()
            raise SystemExit(f"the server did not start: {line!r}")
        self.address = ("127.0.0.1", int(found[1]))
        # The announcement comes when connections are taken; here all processes have to be there.
        wait_until(lambda: answers(self.address) and self._complete(), 10)

    def _complete(self) -> bool:
        """Whether the owner and all workers have started."""
        wanted = min(60, os.cpu_count() or 1)
        return self.mode == "threaded" or (
            self.owner() is not None and len(self.workers()) == wanted
        )

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *error: object) -> None:
        self.kill()

    def processes(self) -> list[Process]:
        return processes_of(self.pid)

    def workers(self) -> list[int]:
        """The processes that speak HTTP: those that listen, but for a parent that does not."""
        if self.mode == "threaded":
            return [self.pid]
        owner = self.owner()
        return [
            p.pid
            for p in self.processes()
            if p.parent == self.pid and p.pid != owner and p.state != "Z"
        ]

    def owner(self) -> int | None:
        """The process that owns the state: the one whose open files include the listening
        socket of the manager, a path that ends in `/owner`."""
        inodes = {
            fields[6]: fields[7]
            for fields in (line.split() for line in Path("/proc/net/unix").read_text().splitlines())
            if len(fields) == 8 and fields[7].endswith("/owner") and fields[3] == "00010000"
        }
        for process in self.processes():
            for link in descriptors_of(process.pid):
                if link.startswith("socket:[") and link[8:-1] in inodes:
                    return process.pid
        return None

    def rss(self) -> int:
        return sum(process.rss for process in self.processes())

    def cpu(self) -> float:
        return sum(process.cpu for process in self.processes())

    def footprint(self) -> tuple[int, int, int]:
        """Processes, threads and open descriptors."""
        processes = self.processes()
        return (
            len(processes),
            sum(p.threads for p in processes),
            sum(len(descriptors_of(p.pid)) for p in processes),
        )

    def stderr(self) -> str:
        self._errors.flush()
        return Path(self._errors.name).read_text()

    def log(self) -> str:
        older = self.logfile.with_name(self.logfile.name + ".1")
        return "".join(f.read_text(errors="replace") for f in (older, self.logfile) if f.exists())

    def signal(self, number: int) -> None:
        os.kill(self.pid, number)

    def wait(self, seconds: float = 35) -> int | None:
        """The exit code, or None if it has not ended by then."""
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def stop(self) -> int | None:
        self.signal(signal.SIGTERM)
        return self.wait()

    def kill(self) -> None:
        """Ends all processes of the session; may be called again."""
        for process in self.processes():
            with suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGKILL)
        self.process.wait()
        if self.process.stdout:
            self.process.stdout.close()
        self._errors.close()
        self._folder.cleanup()


def descriptors_of(pid: int) -> list[str]:
    """Where the open descriptors of a process lead."""
    links = []
    with suppress(OSError):
        for name in os.listdir(f"/proc/{pid}/fd"):
            with suppress(OSError):
                links.append(os.readlink(f"/proc/{pid}/fd/{name}"))
    return links


def wait_until(condition: Callable[[], Any], seconds: float) -> float | None:
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


def request(method: str, target: str, body: bytes | None = None, *fields: str) -> bytes:
    lines = [f"{method} {target} HTTP/1.1", "Host: localhost", *fields]
    if body is not None:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + (body or b"")


LIST = request("GET", "/1/highscorelist")
LIST_AND_CLOSE = request("GET", "/1/highscorelist", None, "Connection: close")


def answers(address: tuple[str, int], seconds: float = 1) -> bool:
    """Whether a new client gets a 200."""
    return ask(address, LIST_AND_CLOSE, seconds).startswith(b"HTTP/1.1 200 ")


def log_in(address: tuple[str, int], user: int) -> str:
    answer = ask(address, request("GET", f"/{user}/login", None, "Connection: close"))
    return answer.rpartition(b"\r\n\r\n")[2].decode()


# Responses, read strictly


_HEAD = re.compile(rb"HTTP/1\.1 ([1-5][0-9]{2}) [A-Za-z' -]+\r\n((?:[A-Za-z-]+: [ -~]*\r\n)*)\r\n")
_LENGTH = re.compile(rb"(?:^|\r\n)Content-Length: ([0-9]+)\r\n")
_FINISHED = re.compile(rb"(?:^|\r\n)Connection: close\r\n")


class Reply(NamedTuple):
    """One response: its status, whether the connection ends with it, its body."""

    status: int
    last: bool
    body: bytes


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
    reply = Reply(status, bool(_FINISHED.search(fields)), bytes(data[head.end() : end]))
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
        self._record(player, reply.status, reply.body)
        if reply.last:
            self._hang_up(player)
        if self._pause:
            player.again_at = time.monotonic() + self._pause
        else:
            self._next(player)

    def _record(
        self, player: _Player, status: int = 0, body: bytes = b"", failure: str = ""
    ) -> None:
        player.asked = False
        now = time.monotonic()
        self.exchanges.append(Exchange(player.tag, player.start, now, status, body, failure))


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
            return ("login", user, level, score), request("GET", f"/{user}/login", None, *fields)
        if draw < 0.4:
            target = f"/{level}/highscorelist"
            return ("list", user, level, score), request("GET", target, None, *fields)
        target = f"/{level}/score?sessionkey={self.keys[user]}"
        body = str(score).encode()
        return ("score", user, level, score), request("POST", target, body, *fields)


def high_scores(address: tuple[str, int], level: int) -> dict[int, int]:
    """The scores of a level's list by user: the top fifteen."""
    answer = ask(address, request("GET", f"/{level}/highscorelist", None, "Connection: close"))
    text = answer.rpartition(b"\r\n\r\n")[2].decode()
    return {
        int(user): int(score) for user, _, score in (e.partition("=") for e in text.split(",") if e)
    }
