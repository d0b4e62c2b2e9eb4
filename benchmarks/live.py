"""Thousands of clients that watch boards: how soon they know, and what it costs to tell them.

    python benchmarks/live.py [--watchers 5000] [--rounds 20]

Linux; takes a minute for each of the two front ends. The watchers are in a process of their own,
250 at each of several loopback addresses, and see one level, or one of 500. Then scores are posted,
to the level or to all 500, and each watcher's delay is taken from before the first of these posts;
so it includes the posts, and what this machine needs to read 5,000 events.

The cost of posting is the CPU time of all processes of the server per post, with 8 connections of
16 pipelined posts each that improve a score: without watchers, with watchers of another level, and
with watchers of that level, whose news is then as frequent as it gets. Prints a table and stores
it in `benchmarks/results/live.json`.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import random
import socket
import statistics
import sys
import time
from collections.abc import Iterator, Mapping

import command_line
import processes
import results
from crowd import Crowd, CrowdError, quantiles
from game_client import connected
from measurement import say
from servers import SERVERS, Running, running

LEVELS = 500
FIRST_LEVEL = 100
POSTED_LEVEL = 7
CONNECTIONS, PIPELINED = 8, 16
POSTING_SECONDS = 2
ROUNDS_OF_POSTING = 3
COLUMNS = (
    "server", "levels", "p50 ms", "p99 ms", "max ms", "CPU ms to tell all", "KB each",
    "µs/post", "watched elsewhere", "watched there",
)  # fmt: skip

Figures = Mapping[str, float]
_scores = itertools.count(1)


def main() -> int:
    """Measures, prints, stores."""
    command_line.exit_when_terminated()
    options = parse_arguments()
    measured: dict[str, Figures] = {}
    for name in options.only.split(","):
        for levels in (1, LEVELS):
            say(f"{name}, {options.watchers} watchers, {levels} levels")
            try:
                with running(SERVERS[name]) as server:
                    measured[f"{name}, {levels}"] = measure(server, levels, options)
            except CrowdError as error:
                say(f"!!! {name}: {error} !!!")
                return 1
    print(results.markdown(COLUMNS, [row(name, each) for name, each in measured.items()]))
    path = results.save("live", vars(options), measured)
    say(f"saved {path}")
    return 0


def parse_arguments() -> argparse.Namespace:
    """The command line's settings."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    add = parser.add_argument
    add("--watchers", type=int, default=5000, help="[default: %(default)s]")
    add("--rounds", type=int, default=20, help="changes that they see [default: %(default)s]")
    add("--only", metavar="NAME,...", default="threaded,forked", help="[default: %(default)s]")
    return parser.parse_args()


def row(name: str, figures: Figures) -> list[str]:
    """The cells of one measurement."""
    server, levels = name.split(", ")
    cells = [server, levels, *(f"{figures[each]:.0f}" for each in ("p50", "p99", "max", "tell"))]
    cells += [f"{figures['memory']:.1f}", f"{figures['posting']:.2f}"]
    for each in ("elsewhere", "there"):
        cells.append(f"{figures[each]:.2f} ({figures[each] / figures['posting']:.2f})")
    return cells


def measure(server: Running, levels: int, options: argparse.Namespace) -> Figures:
    """The figures of one server."""
    posting = Posting(server)
    crowd = Crowd(server.port)
    posting.cost(POSTED_LEVEL)
    alone = [posting.cost(POSTED_LEVEL) for _ in range(ROUNDS_OF_POSTING)]
    before = processes.memory_mb(server.pid)
    crowd.open(options.watchers, levels, FIRST_LEVEL)
    time.sleep(1)
    memory = (processes.memory_mb(server.pid) - before) * 1000 / options.watchers
    delays, tell = tell_all(server, crowd, posting, levels, options.rounds)
    elsewhere = [posting.cost(POSTED_LEVEL) for _ in range(ROUNDS_OF_POSTING)]
    there = [posting.cost(FIRST_LEVEL) for _ in range(ROUNDS_OF_POSTING)]
    crowd.close()
    time.sleep(1)
    alone += [posting.cost(POSTED_LEVEL) for _ in range(ROUNDS_OF_POSTING)]
    crowd.end()
    return {
        **{name: 1000 * seconds for name, seconds in quantiles(delays).items()},
        "tell": tell,
        "memory": memory,
        "posting": statistics.median(alone),
        "elsewhere": statistics.median(elsewhere),
        "there": statistics.median(there),
    }


def tell_all(
    server: Running, crowd: Crowd, posting: Posting, levels: int, rounds: int
) -> tuple[list[float], float]:
    """The delays of all watchers in all rounds; the CPU time of a round in ms."""
    delays: list[float] = []
    costs = []
    for _ in range(rounds):
        time.sleep(random.uniform(0.8, 1.2))  # at any moment between two rounds of the server's
        cpu, start = processes.run_seconds(server.pid), time.monotonic()
        score = posting.post_to(range(FIRST_LEVEL, FIRST_LEVEL + levels))
        delays += [moment - start for moment in crowd.saw(score)]
        costs.append(1000 * (processes.run_seconds(server.pid) - cpu))
    return delays, statistics.mean(costs)


class Posting:
    """Players who post at full speed."""

    def __init__(self, server: Running) -> None:
        self._server = server
        with connected(server.port) as client:
            self._keys = [client.login(user) for user in range(1, CONNECTIONS + 1)]

    def cost(self, level: int) -> float:
        """Posts for a while; the CPU time per post in µs."""
        with contextlib.ExitStack() as stack:
            pairs = [(stack.enter_context(self._connect()), key) for key in self._keys]
            cpu = processes.run_seconds(self._server.pid)
            end, posts = time.monotonic() + POSTING_SECONDS, 0
            while time.monotonic() < end:
                posts += CONNECTIONS * PIPELINED
                for sock, key in pairs:
                    sock.sendall(b"".join(self._posts(key, itertools.repeat(level, PIPELINED))))
                for sock, _ in pairs:
                    _take_replies(sock, PIPELINED)
            cpu = processes.run_seconds(self._server.pid) - cpu
        return 1e6 * cpu / posts

    def post_to(self, levels: range) -> int:
        """Posts one score to each of the levels."""
        score = next(_scores)
        requests = [_post(self._keys[0], level, score) for level in levels]
        with self._connect() as sock:
            sock.sendall(b"".join(requests))
            _take_replies(sock, len(requests))
        return score

    def _connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self._server.port))

    def _posts(self, key: str, levels: Iterator[int]) -> Iterator[bytes]:
        for level in levels:
            yield _post(key, level, next(_scores))


def _post(key: str, level: int, score: int) -> bytes:
    head = f"POST /{level}/score?sessionkey={key} HTTP/1.1\r\nHost: a\r\n"
    return f"{head}Content-Length: {len(str(score))}\r\n\r\n{score}".encode()


def _take_replies(sock: socket.socket, count: int) -> None:
    data = b""
    while data.count(b"\r\n\r\n") < count:
        piece = sock.recv(65536)
        if not piece:
            raise CrowdError("a connection has ended")
        data += piece
    if data.count(b"HTTP/1.1 200 OK") != count:
        raise CrowdError("a score was refused")


if __name__ == "__main__":
    sys.exit(main())
