"""Clients that watch levels and read nothing: they are dropped, and hold up nobody and no memory.

    python tests/hard/slow_watchers.py [--clients 1000] [--levels 20]

1,000 clients with small buffers watch 20 levels each, whose boards are long and change all the
time, and read nothing. Ten others watch one of these, and measure how soon a change reaches them.
"""

from __future__ import annotations

import json
import re
import socket
import sys
import threading
import time

from harness import MIB, Report, arguments, log_in, percentile, serving

from tests.raw_client import Client, request_bytes
from tests.servers import ServerProcess
from tests.watcher import Watcher

PLAYERS = 15
HONEST = 10
MEMORY_BAR = 64 * MIB
DELAY_BAR = 1.0
DROP_SECONDS = 60
"""10 s after a client's buffers, and those of the kernel on this side, are full."""


def main() -> int:
    options = arguments(__doc__, clients=1000, levels=20)
    report = Report("watchers who read nothing")
    for mode in options.modes:
        with serving(mode) as server:
            attack(server, options.clients, list(range(1, 1 + options.levels)), report)
    return report.end()


def attack(server: ServerProcess, clients: int, levels: list[int], report: Report) -> None:
    game = Game(server, levels)
    game.post_all()
    listed = ",".join(map(str, levels))
    honest = [Watcher.of(Client(server.address, "127.0.0.99"), "1") for _ in range(HONEST)]
    for watcher in honest:
        watcher.event()
    start, most = server.rss(), 0
    slow = [watch(server, listed, f"127.0.0.{2 + number // 250}") for number in range(clients)]
    delays: list[float] = []
    begun = time.monotonic()
    while (left := watchers(server) - HONEST) > 0 and time.monotonic() < begun + DROP_SECONDS:
        delays += game.change(honest)
        most = max(most, server.rss())
    seconds = time.monotonic() - begun
    report.row(f"{server.mode}: memory", f"+{(most - start) / MIB:.1f} MiB", "64 MiB",
               most - start <= MEMORY_BAR)  # fmt: skip
    report.row("    all are dropped after", f"{seconds:.0f} s", f"{DROP_SECONDS} s", left == 0)
    worst = max(delays, default=99)
    report.row(f"    a change reaches others: p99 (p50 {percentile(delays, 0.5):.2f})",
               f"{percentile(delays, 0.99):.2f} s", "1 s", worst <= DELAY_BAR)  # fmt: skip
    for client in slow:
        client.close()
    for watcher in honest:
        watcher.client.close()


class Game:
    """Players whose metadata makes the boards long."""

    def __init__(self, server: ServerProcess, levels: list[int]) -> None:
        self._keys = [log_in(server.address, user) for user in range(PLAYERS)]
        self._server = server
        self._levels = levels
        self._score = 0

    def post_all(self) -> None:
        """Everybody posts to every level."""
        self._score += 1
        with self._server.client() as client:
            for key in self._keys:
                self._post(client, key)

    def _post(self, client: Client, key: str) -> None:
        meta = {"x": "y" * 990}
        for level_id in self._levels:
            body = json.dumps({"score": self._score, "meta": meta, "sessionkey": key}).encode()
            target = f"/api/levels/{level_id}/scores"
            assert client.ask(request_bytes("POST", target, body)).status == 200

    def change(self, honest: list[Watcher]) -> list[float]:
        """All levels change; how long each honest watcher waits until it has seen its own."""
        self._score += 1
        delays: list[float] = []
        start = time.monotonic()

        def wait(watcher: Watcher) -> None:
            while watcher.event().json["entries"][0]["score"] < self._score:
                pass
            delays.append(time.monotonic() - start)

        threads = [threading.Thread(target=wait, args=(watcher,)) for watcher in honest]
        for thread in threads:
            thread.start()
        with self._server.client() as client:
            self._post(client, self._keys[0])
        for thread in threads:
            thread.join()
        return delays


def watch(server: ServerProcess, levels: str, source: str) -> socket.socket:
    """A client that watches and reads nothing."""
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    sock.bind((source, 0))
    sock.connect(server.address)
    sock.sendall(request_bytes("GET", f"/api/live?levels={levels}"))
    return sock


def watchers(server: ServerProcess) -> int:
    with server.client() as client:
        text = client.ask(request_bytes("GET", "/metrics")).body.decode()
    found = re.search(r"^gameserver_watchers ([0-9]+)$", text, re.M)
    return int(found[1]) if found else 0


if __name__ == "__main__":
    sys.exit(main())
