"""What a server costs before it has work: its start, its memory, an idle connection."""

from __future__ import annotations

import contextlib
import http.client
import resource
import statistics
import time
from dataclasses import dataclass

import processes
from game_client import EMPTY_LEVEL
from servers import Running, Server, running

IDLE_CONNECTIONS = 1000
STARTS = 5
SETTLE_SECONDS = 0.5


@dataclass(frozen=True)
class Footprint:
    """The cost of one server that does nothing: medians of several starts.

    `connection_kb` is the growth of the memory by 1000 keep-alive connections that have made one
    request each, divided by 1000, without what the kernel holds. A heap grows in steps of up to
    1 MB and may have room from the start, so single values differ much: the range tells how much.
    """

    start_ms: float  # from the command to the first answer
    idle_mb: float  # all processes, after one request
    connection_kb: float
    connection_kb_range: tuple[float, float]


def measure(server: Server) -> Footprint:
    """The footprint of the server: starts it a few times, each time with idle connections."""
    allow_files(2 * IDLE_CONNECTIONS)
    starts, idle, growth = zip(*(_one_start(server) for _ in range(STARTS)), strict=True)
    per_connection = [megabytes * 1e3 / IDLE_CONNECTIONS for megabytes in growth]
    return Footprint(
        start_ms=statistics.median(starts) * 1e3,
        idle_mb=statistics.median(idle),
        connection_kb=statistics.median(per_connection),
        connection_kb_range=(min(per_connection), max(per_connection)),
    )


def allow_files(wanted: int) -> None:
    """Raises the limit of open files, which the server inherits."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(wanted, hard), hard))


def _one_start(server: Server) -> tuple[float, float, float]:
    """The seconds of the start, the idle memory and its growth, both in MB."""
    began = time.perf_counter()
    with running(server) as process:
        _answer(process.port).close()
        seconds = time.perf_counter() - began
        time.sleep(SETTLE_SECONDS)
        idle = processes.memory_mb(process.pid)
        return seconds, idle, _memory_with_connections(process) - idle


def _memory_with_connections(process: Running) -> float:
    with contextlib.ExitStack() as connections:
        for _ in range(IDLE_CONNECTIONS):
            connections.callback(_answer(process.port).close)
        time.sleep(SETTLE_SECONDS)
        return processes.memory_mb(process.pid)


def _answer(port: int) -> http.client.HTTPConnection:
    """The connection of one request that was answered, still open."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", f"/{EMPTY_LEVEL}/highscorelist")
    response = connection.getresponse()
    response.read()
    if response.status != 200 or response.will_close:
        raise ConnectionError(f"status {response.status}, no keep-alive connection")
    return connection
