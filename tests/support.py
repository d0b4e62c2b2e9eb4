"""What several tests need: a clock to set, raw clients, servers in a thread or in processes."""

from __future__ import annotations

import json
import os
import re
import select
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import mock  # noqa: UP026 (the same mock on every Python)

from gameserver.app import App
from gameserver.assembly import make_game
from gameserver.server.base import GameServer
from gameserver.server.listeners import open_listeners
from gameserver.server.threaded import ThreadedServer
from gameserver.settings import Settings
from gameserver.storage.sqlite.database import Database
from gameserver.urls import router, urlpatterns
from gameserver.web.messages import Request
from gameserver.web.routing import Router

ROOT = Path(__file__).resolve().parent.parent

PATIENCE = 10
"""Seconds after which a test gives up: far more than anything here takes."""


class TimeMachine:
    """Stands for the `time` module in a running server; goes on, and can be set forward."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def monotonic(self) -> float:
        return time.monotonic() + self.ahead

    def __getattr__(self, name: str) -> Any:
        return getattr(time, name)


class Clock:
    """A clock that stands still until it is set."""

    def __init__(self, now: float = 1_700_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def make_app(sessions: Any = None) -> App:
    """An application with empty stores."""
    database = Database()
    game = make_game(Settings(), database)
    app = App(replace(game, sessions=sessions) if sessions else game)
    weakref.finalize(app, database.close)
    return app


def make_request(
    method: str, target: str, body: bytes = b"", routes: Router = router, **headers: str
) -> Request:
    """A request as the reader would make it."""
    path, _, query = target.partition("?")
    return Request(
        method=method,
        path=path,
        query=query,
        headers=headers,
        body=body,
        client="192.0.2.7",
        match=routes.resolve(method, path),
    )


def wait_until(condition: Callable[[], Any], seconds: float = PATIENCE) -> Any:
    """What the condition says as soon as that is something; fails if it never is."""
    give_up = time.monotonic() + seconds
    while not (result := condition()):
        if time.monotonic() > give_up:
            raise AssertionError(f"it did not happen within {seconds} s")
        time.sleep(0.01)
    return result


def run_together(work: Callable[[int], Any], count: int) -> list[Any]:
    """Runs `work(0)` … `work(count - 1)` in threads that start at once; returns the results."""
    barrier = threading.Barrier(count)
    results: list[Any] = [None] * count

    def run(index: int) -> None:
        barrier.wait(PATIENCE)
        results[index] = work(index)

    threads = [threading.Thread(target=run, args=(index,)) for index in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(3 * PATIENCE)
    return results


# Clients


class Reply(NamedTuple):
    """One response as a client sees it; header names in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes


_STATUS_LINE = re.compile(rb"HTTP/1\.1 ([1-5][0-9]{2}) [A-Za-z' -]+\r\n")
_FIELD_LINE = re.compile(rb"([A-Za-z-]+): ([!-~](?:[ -~]*[!-~])?)\r\n")


class Client:
    """A client that sends what it is told and reads replies one by one, with no mercy."""

    def __init__(
        self,
        address: tuple[Any, ...],
        source: str | None = None,
        receive_buffer: int | None = None,
    ) -> None:
        family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        self.socket = socket.socket(family, socket.SOCK_STREAM)
        self._stream = self.socket.makefile("rb")
        self.socket.settimeout(PATIENCE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        if source:
            self.socket.bind((source, 0))
        try:
            self.socket.connect(address[:2])
        except OSError:
            self.close()
            raise

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        self._stream.close()
        self.socket.close()

    def send(self, *pieces: bytes) -> Client:
        for piece in pieces:
            self.socket.sendall(piece)
        return self

    def reply(self, to_head: bool = False) -> Reply:
        """The next response; `to_head`: to a HEAD request."""
        line = self._stream.readline()
        found = _STATUS_LINE.fullmatch(line)
        assert found, f"no status line: {line!r}"
        status, headers = int(found[1]), self._headers()
        bodiless = status < 200 or status in (204, 304)
        assert bodiless == ("content-length" not in headers), headers
        size = 0 if to_head or bodiless else int(headers["content-length"])
        body = self._stream.read(size)
        assert len(body) == size, "the body is cut off"
        return Reply(status, headers, body)

    def _headers(self) -> dict[str, str]:
        headers: dict[str, str] = {}
        while (line := self._stream.readline()) != b"\r\n":
            field = _FIELD_LINE.fullmatch(line)
            assert field, f"no header field: {line!r}"
            name = field[1].decode().lower()
            assert name not in headers, f"{name} is there twice"
            headers[name] = field[2].decode()
        return headers

    def reset_at_close(self) -> None:
        """From now on closing is a reset: what was sent may not even arrive."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def ask(self, data: bytes) -> Reply:
        """Sends one request and reads its reply."""
        return self.send(data).reply(data.startswith(b"HEAD "))

    def at_end(self) -> bool:
        """Waits for the server's end of the connection; whether nothing came before it."""
        return self._stream.read(1) == b""

    def is_quiet(self) -> bool:
        """Whether nothing has come, not even an end. What was read ahead does not count."""
        return not select.select([self.socket], [], [], 0)[0]


def refuses(address: tuple[Any, ...]) -> bool:
    """Whether nobody can connect any more."""
    try:
        socket.create_connection(address[:2], timeout=0.1).close()
    except (ConnectionRefusedError, TimeoutError):
        return True
    except ConnectionResetError:  # it was let in at the very last moment
        return False
    return False


def request_bytes(method: str, target: str, body: bytes | None = None, *fields: str) -> bytes:
    """A request as a browser would send it."""
    lines = [f"{method} {target} HTTP/1.1", "Host: localhost", *fields]
    if body is not None:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + (body or b"")


# Servers in a thread of the test


@contextmanager
def running(
    *more_routes: Any, server_class: type[GameServer] = ThreadedServer, **options: Any
) -> Iterator[GameServer]:
    """A server that runs in a thread; `more_routes` stand before the API's."""
    with mock.patch("gameserver.server.base.router", Router([*more_routes, *urlpatterns])):
        server = server_class(make_app(), open_listeners("127.0.0.1", 0), **options)
    failures: list[BaseException] = []

    def serve() -> None:
        try:
            server.serve_forever(poll_interval=0.02)
        except BaseException as error:
            failures.append(error)
        server.server_close()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        if not server.stopping:
            server.stop()
        thread.join(PATIENCE)
    assert not failures, f"the loop has ended: {failures[0]!r}"
    assert not thread.is_alive(), "the loop does not end"


# Servers in processes of their own

_LAUNCHER = """
import importlib, json, sys
for name, value in json.loads(sys.argv.pop(1)).items():
    module, _, constant = name.rpartition(".")
    assert hasattr(importlib.import_module(module), constant), name
    setattr(importlib.import_module(module), constant, value)
from gameserver.command import main
sys.exit(main())
"""

_ANNOUNCEMENT = re.compile(r"\S+: listening on (https?://\S+/) \((threaded|forked)\)\n")

has_proc = os.path.isdir("/proc/self")


class ServerProcess:
    """A server started by its command on a free port, with all processes that it starts.

    `constants` sets module constants before the start, such as
    {"gameserver.server.connection.HEAD_SECONDS": 0.2}; `descriptors` is how many files each of its
    processes may have open.
    """

    def __init__(
        self,
        *flags: str,
        constants: dict[str, Any] | None = None,
        descriptors: int | None = None,
    ) -> None:
        self._folder = tempfile.TemporaryDirectory()
        self.logfile = Path(self._folder.name, "server.log")
        command = [sys.executable, str(ROOT / "run_server.py")]
        if constants:
            command = [sys.executable, "-c", _LAUNCHER, json.dumps(constants)]
        if descriptors:
            command[:0] = ["sh", "-c", f'ulimit -n {descriptors}; exec "$@"', "sh"]
        self._errors = open(Path(self._folder.name, "stderr"), "w+")  # noqa: SIM115
        self._process = subprocess.Popen(
            [*command, "-p", "0", "--logfile", str(self.logfile), *flags],
            cwd=ROOT,
            env={**os.environ, "TMPDIR": self._folder.name},
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
            start_new_session=True,
        )
        self.pid = self._process.pid
        assert self._process.stdout
        line = self._process.stdout.readline()
        found = _ANNOUNCEMENT.fullmatch(line)
        if not found:
            self.kill()
        assert found, f"no announcement but {line!r}"
        self.url, self.mode = found.groups()
        parts = urlsplit(self.url)
        assert parts.port
        self.address = (
            "127.0.0.1" if parts.hostname == "localhost" else str(parts.hostname),
            parts.port,
        )

    def __enter__(self) -> ServerProcess:
        return self

    def __exit__(self, error_type: type[BaseException] | None, *error: object) -> None:
        if error_type:
            self.kill()
        else:
            self.stop()

    def client(self) -> Client:
        return Client(self.address)

    def send_signal(self, number: int) -> None:
        """To the first process only, as `kill` does."""
        os.kill(self.pid, number)

    def send_signal_to_all(self, number: int) -> None:
        """To all processes, as a terminal does on Ctrl-C."""
        os.killpg(self.pid, number)

    def stop(self, number: int = signal.SIGTERM) -> None:
        """Stops the server and asserts that it went as it should."""
        self.send_signal(number)
        self.wait()

    def wait(self, exit_code: int = 0) -> None:
        """Waits for the end, which leaves no process and no word behind."""
        try:
            output, _ = self._process.communicate(timeout=3 * PATIENCE)
            assert self._process.returncode == exit_code, self._process.returncode
            assert output == "", f"it printed {output!r}"
            wait_until(lambda: not self.any_left())
            self._errors.seek(0)
            errors = self._errors.read()
            assert errors == "", f"on stderr: {errors}"
        finally:
            self.kill()

    def kill(self) -> None:
        """Ends every process at once and removes the files; may be called again."""
        if self.any_left():
            self.send_signal_to_all(signal.SIGKILL)
        self._process.communicate()
        self._errors.close()
        self._folder.cleanup()

    def any_left(self) -> bool:
        """Whether any process of the server is there; the dead that init has to bury are not."""
        try:
            self.send_signal_to_all(0)
        except ProcessLookupError:
            return False
        states = [state for state, _, group in map(_state, _pids()) if group == str(self.pid)]
        return not has_proc or any(state != "Z" for state in states)

    def log(self) -> str:
        return self.logfile.read_text()

    # The forked server's processes, as /proc shows them

    def children(self) -> list[int]:
        """The processes that the first one has started."""
        return [int(pid) for pid in _proc(self.pid, f"task/{self.pid}/children").split()]

    def owner(self) -> int:
        """The child that owns the state: the one that ignores SIGTERM."""
        return next(pid for pid in self.children() if _ignores(pid, signal.SIGTERM))

    def workers(self) -> list[int]:
        return [pid for pid in self.children() if not _ignores(pid, signal.SIGTERM)]

    def seconds_of_work(self) -> float:
        """The processor time that the first process has used so far."""
        user, system = _stat(self.pid)[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")

    def states(self) -> str:
        """A letter for each child; `Z` is a zombie."""
        return "".join(_state(pid)[0] for pid in self.children())


def _proc(pid: int, name: str) -> str:
    try:
        return Path(f"/proc/{pid}/{name}").read_text()
    except OSError:
        return ""


def _stat(pid: int) -> list[str]:
    """What /proc/<pid>/stat says behind the name, see proc(5)."""
    return _proc(pid, "stat").rpartition(")")[2].split()


def _state(pid: int) -> list[str]:
    """Its state, its parent and its process group; all empty if it is gone."""
    return (_stat(pid) or [""] * 3)[:3]


def _pids() -> list[int]:
    return [int(name) for name in os.listdir("/proc") if name.isdigit()] if has_proc else []


def _ignores(pid: int, number: int) -> bool:
    found = re.search(r"^SigIgn:\s*([0-9a-f]+)$", _proc(pid, "status"), re.MULTILINE)
    return bool(found and int(found[1], 16) >> number - 1 & 1)


def start_and_fail(arguments: Sequence[str], **environment: str) -> tuple[int, str, str]:
    """Runs the command that should not start; returns exit code, stdout and stderr."""
    done = subprocess.run(
        [sys.executable, str(ROOT / "run_server.py"), *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        env={**os.environ, **environment},
    )
    return done.returncode, done.stdout, done.stderr
