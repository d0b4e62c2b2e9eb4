"""Slow clients: honest ones do not notice, and every slow one is closed at its deadline.

    python tests/hard/slow_clients.py [--seconds 60] [--connections 1000] [--idle 10000]

slowhttptest sends slow heads (-H), slow bodies (-B) and reads slowly (-X) with 1,000 connections;
then idle connections from many addresses. Meanwhile honest clients measure their responses. Clients
of a kind that this script makes itself say how long the server lets each of them live.
"""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable

from harness import (
    Exchange,
    Game,
    Load,
    Report,
    arguments,
    connect,
    outcomes,
    percentile,
    read_to_end,
    serving,
)

from tests.servers import ServerProcess

HONEST = 16
PAUSE = 0.01

SLOW = {
    "slow heads (-H)": ["-H", "-i", "5", "-t", "GET", "-x", "24", "-u", "/1/highscorelist"],
    "slow bodies (-B)": ["-B", "-i", "5", "-s", "1000", "-t", "POST", "-x", "10", "-u", "/1/score"],
    "slow reading (-X)": ["-X", "-w", "10", "-y", "20", "-n", "5", "-z", "32", "-k", "3", "-u",
                          "/1/highscorelist"],
}  # fmt: skip

GET = b"GET /1/highscorelist HTTP/1.1\r\nHost: a\r\n"
POST = b"POST /1/score?sessionkey=0 HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n"
# What a client sends at once, what it sends every second then, and the deadline in seconds.
KINDS: dict[str, tuple[bytes, bytes, float]] = {
    "nothing at all": (b"", b"", 10),
    "a head, a field a second": (GET, b"X: y\r\n", 10),
    "a head, a byte a second": (b"G", b"E", 10),
    "an empty line a second": (b"\r\n", b"", 10),
    "a body, a byte a second": (POST, b"1", 10 + 1000 / 16384),
    "idle behind a request": (GET + b"\r\n", b"", 15),
    "a head behind a request": (GET + b"\r\n" + GET, b"X: y\r\n", 10),
}


def main() -> int:
    options = arguments(__doc__, seconds=60.0, connections=1000, idle=10_000)
    report = Report("slow clients")
    if not shutil.which("slowhttptest"):
        raise SystemExit("slowhttptest is not installed")
    for mode in options.modes:
        with serving(mode) as server:
            game = Game(server.address)
            unloaded = measured(server, game, lambda: time.sleep(min(5, options.seconds)))
            base = percentile(times(unloaded), 0.99)
            report.note(
                f"{mode}, unloaded: p50 {percentile(times(unloaded), 0.5) * 1e3:.2f} ms, "
                f"p99 {base * 1e3:.2f} ms of {len(unloaded):,}"
            )
            for name, flags in SLOW.items():
                found = measured(server, game, lambda f=flags: slowhttptest(server, f, options))
                judge(f"{mode}, {name}", found, base, report)
            found = measured(server, game, lambda: idle(server, options, report))
            judge(f"{mode}, {options.idle:,} idle", found, base, report)
            deadlines(server, report)
    return report.end()


def measured(server: ServerProcess, game: Game, meanwhile: Callable[[], object]) -> list[Exchange]:
    load = Load(server.address, HONEST, game, pause=PAUSE)
    load.start()
    meanwhile()
    return load.finish()


def times(exchanges: list[Exchange]) -> list[float]:
    return [exchange.end - exchange.start for exchange in exchanges]


def judge(what: str, found: list[Exchange], base: float, report: Report) -> None:
    failed = len(found) - outcomes(found)["200"]
    report.row(
        f"{what}: honest failures", f"{failed} of {len(found):,}", 0, not failed and bool(found)
    )
    p99 = percentile(times(found), 0.99)
    report.row(
        f"{what}: honest p99", f"{p99 * 1e3:.2f} ms", f"{3 * base * 1e3:.2f} ms", p99 <= 3 * base
    )


def slowhttptest(server: ServerProcess, flags: list[str], options) -> None:
    host, port = server.address
    *flags, path = flags
    subprocess.run(
        ["slowhttptest", *flags, f"http://{host}:{port}{path}", "-c", str(options.connections),
         "-r", "500", "-l", str(int(options.seconds)), "-p", "3"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        timeout=options.seconds + 60, check=False,
    )  # fmt: skip


def idle(server: ServerProcess, options, report: Report) -> None:
    """Connections that say nothing, from as many addresses as the limit for each one takes."""
    clients = []
    per_address = 900
    for number in range(options.idle - 2 * HONEST):
        with contextlib.suppress(OSError):
            clients.append(connect(server.address, f"127.0.1.{1 + number // per_address}"))
    made = len(clients)
    time.sleep(2)
    with connect(server.address) as newcomer:  # there is room for some still
        newcomer.sendall(GET + b"Connection: close\r\n\r\n")
        start = time.monotonic()
        answer, _ = read_to_end(newcomer, 15)
        took = time.monotonic() - start
    report.row(
        f"{server.mode}: a newcomer beside {made:,} idle",
        f"{took * 1e3:.0f} ms",
        "1 s",
        answer.startswith(b"HTTP/1.1 200 ") and took < 1,
    )
    left = lasting(clients, 11)
    report.row(f"{server.mode}: idle ones left after their deadline + 1 s", left, 0, not left)
    for client in clients:
        client.close()


def lasting(clients: list[socket.socket], seconds: float) -> int:
    """How many are still open after so many seconds."""
    time.sleep(seconds)
    left = 0
    for client in clients:
        client.setblocking(False)
        try:
            left += client.recv(1000) != b""
        except BlockingIOError:
            left += 1
        except OSError:
            pass
    return left


def deadlines(server: ServerProcess, report: Report) -> None:
    """Twenty of each kind, all at once; how long the last of each lived."""
    clients = []
    for name, (first, _, _) in KINDS.items():
        for _ in range(20):
            client = connect(server.address)
            client.sendall(first)
            clients.append((name, client, time.monotonic()))
    lived: dict[str, float] = {}
    shortest: dict[str, float] = {}
    next_piece = time.monotonic() + 1
    while clients and time.monotonic() < next_piece + 30:
        time.sleep(0.02)
        now = time.monotonic()
        send = now >= next_piece
        if send:
            next_piece = now + 1
        for entry in list(clients):
            name, client, start = entry
            if not at_end(client):
                if send and KINDS[name][1]:
                    with contextlib.suppress(OSError):
                        client.send(KINDS[name][1])
                if now - start < KINDS[name][2] + 5:
                    continue
            lived[name] = max(lived.get(name, 0), now - start)
            shortest[name] = min(shortest.get(name, 99), now - start)
            client.close()
            clients.remove(entry)
    for name, (_, _, deadline) in KINDS.items():
        report.row(
            f"{server.mode}: closed: {name}",
            f"{shortest[name]:.1f} to {lived[name]:.1f} s",
            f"{deadline:.1f} + 1 s",
            deadline - 0.5 <= lived[name] <= deadline + 1,
        )


def at_end(client: socket.socket) -> bool:
    client.setblocking(False)
    try:
        while client.recv(65536):
            pass
    except BlockingIOError:
        return False
    except OSError:
        pass
    return True


if __name__ == "__main__":
    sys.exit(main())
