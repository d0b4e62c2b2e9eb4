"""The servers that are compared: how each is started, and stopped with all of its processes."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import processes

ROOT = Path(__file__).resolve().parent.parent
RUN_SERVER = ROOT / "run_server.py"
CODE = ROOT / "benchmarks" / "peers"
INSTALLED = Path(os.environ.get("GAMESERVER_PEERS", "~/.cache/gameserver-peers")).expanduser()
START_SECONDS, STOP_SECONDS = 20.0, 5.0
POLL_SECONDS = 0.001
DATA_FILES = "/var/tmp"  # on a disk, where /tmp may be in memory: there an fsync costs nothing

PLACES = {
    "python": sys.executable,
    "code": str(CODE),
    "venv": str(INSTALLED / "venv" / "bin"),
    "go": str(INSTALLED / "go_server"),
}
UVICORN = (
    "{venv}/python -m uvicorn --factory --app-dir {code} --host 127.0.0.1 --port {port}"
    " --workers 1 --loop uvloop --http httptools --ws none --lifespan off --no-access-log"
    " --log-level warning "
)
# One thread, since more make Flask dearer: 240 µs with 1, 380 µs with 4 or 8; with SQLite and
# each score a new best 365 µs with 1, 476 µs with 4.
GUNICORN = (
    "{venv}/gunicorn --workers 1 --worker-class gthread --keep-alive 75"
    " --bind 127.0.0.1:{port} --chdir {code} --log-level warning --no-control-socket"
    " --threads 1 flask_app:create_app()"
)
OURS = "{python} {ours} --host 127.0.0.1 -p {port}"


@dataclass(frozen=True)
class Server:
    """One server of the comparison."""

    name: str
    label: str
    command: str  # words separated by spaces: see `words` for what stands in braces
    is_ours: bool = False
    in_default_set: bool = True
    plays: bool = True  # it is the game, not a constant
    durable: bool = False  # a score is on the disk when it is answered
    run_server: Path = RUN_SERVER  # {ours}

    def words(self, port: int = 0, data: str = "") -> list[str]:
        """The command line; {redis} and {proxy} are free ports for a Redis (`with_redis.sh`)."""
        places = PLACES | {"ours": str(self.run_server), "port": port, "data": data}
        if "{redis}" in self.command:
            places |= {"redis": _free_port(), "proxy": _free_port()}
        return [word.format(**places) for word in self.command.split()]

    def missing(self) -> str | None:
        """The first file of the command that is not installed, if any."""
        program, *arguments = self.words()
        if shutil.which(program) is None:
            return program
        files = (word for word in arguments if word.startswith("/"))
        return next((file for file in files if not os.path.exists(file)), None)


SERVERS = {
    server.name: server
    for server in (
        Server("threaded", "gameserver, threaded", OURS + " --threaded", is_ours=True),
        Server("forked", "gameserver, forked", OURS, is_ours=True),
        Server("nginx", "nginx, a constant", "sh {code}/nginx.sh {port}", plays=False),
        Server("go", "Go net/http", "{go} {port}"),
        Server("asgi", "bare ASGI, uvicorn + uvloop", UVICORN + "asgi_app:create_app"),
        Server("node", "Node.js http", "node {code}/node_server.js {port}"),
        Server("aiohttp", "aiohttp + uvloop", "{venv}/python {code}/aiohttp_server.py {port}"),
        Server("http.server", "http.server, thread each", "{python} {code}/http_server.py {port}"),
        Server("fastapi", "FastAPI, uvicorn", UVICORN + "fastapi_app:create_app"),
        Server("flask", "Flask, gunicorn gthread", GUNICORN),
        Server(
            "threaded-sqlite", "gameserver, threaded, --data", OURS + " --threaded --data {data}",
            is_ours=True, in_default_set=False, durable=True,
        ),
        Server(
            "forked-sqlite", "gameserver, forked, --data", OURS + " --data {data}",
            is_ours=True, in_default_set=False, durable=True,
        ),
        Server(
            "fastapi-sqlite", "FastAPI + SQLite", UVICORN + "fastapi_app:create_app",
            in_default_set=False, durable=True,
        ),
        Server(
            "flask-sqlite", "Flask + SQLite", GUNICORN, in_default_set=False, durable=True,
        ),
    )
}


BASELINE = "baseline-"
BASELINES = {BASELINE + name: name for name in ("threaded", "forked", "threaded-sqlite")}


def baseline_servers(run_server: Path) -> dict[str, Server]:
    """Servers of ours as another checkout has them, of which `run_server` is the program."""
    return {name: _baseline(name, SERVERS[ours], run_server) for name, ours in BASELINES.items()}


def _baseline(name: str, ours: Server, run_server: Path) -> Server:
    label = ours.label.replace("gameserver", "baseline")
    return replace(ours, name=name, label=label, is_ours=False, run_server=run_server)


class StartError(Exception):
    """The server ended, or did not listen in time; the message ends with what it wrote."""


@dataclass(frozen=True)
class Running:
    """A started server."""

    pid: int
    port: int


@contextlib.contextmanager
def running(server: Server) -> Iterator[Running]:
    """The server, started on a free port in an empty directory; stopped and cleared away after."""
    port = _free_port()
    with tempfile.TemporaryDirectory(prefix="gameserver-benchmark-", dir=DATA_FILES) as directory:
        process = _start(server, port, Path(directory))
        try:
            _wait_until_it_listens(process, port, Path(directory))
            yield Running(process.pid, port)
        finally:
            _stop(process)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _start(server: Server, port: int, directory: Path) -> subprocess.Popen[bytes]:
    data = str(directory / "scores.db")
    environment = os.environ | ({"GAME_DATA": data} if server.durable else {})
    with open(directory / "output", "wb") as output:
        return subprocess.Popen(
            server.words(port, data), cwd=directory, env=environment, stdin=subprocess.DEVNULL,
            stdout=output, stderr=output, start_new_session=True,
        )


def _wait_until_it_listens(process: subprocess.Popen[bytes], port: int, directory: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and not _has_ended(process):
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        time.sleep(POLL_SECONDS)
    written = (directory / "output").read_text(errors="replace")
    raise StartError(f"{process.args!r} does not listen:\n{written[-2000:]}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Asks the first process to stop, gives it time, then ends whatever is left of the tree.

    The first process is reaped last (`Popen.terminate` and `poll` would reap it): until then its
    number, by which the others are found, is not given to a stranger.
    """
    os.kill(process.pid, signal.SIGTERM)
    deadline = time.monotonic() + STOP_SECONDS
    while not _has_ended(process) and time.monotonic() < deadline:
        time.sleep(0.01)
    for member in processes.tree(process.pid):
        with contextlib.suppress(ProcessLookupError):
            os.kill(member.pid, signal.SIGKILL)
    process.wait()


def _has_ended(process: subprocess.Popen[bytes]) -> bool:
    """Whether it has; it is left to be reaped later."""
    options = os.WEXITED | os.WNOHANG | os.WNOWAIT
    return os.waitid(os.P_PID, process.pid, options) is not None
