"""Clients that ask for much and read nothing: bounded memory, and nobody else waits.

    python tests/hard/unread_replies.py [--clients 1000] [--seconds 4]

For each route, 1,000 clients send a packet full of requests for it and read nothing, while honest
clients ask for a list every few milliseconds. Then the clients go, and so does what they took.
"""

from __future__ import annotations

import multiprocessing
import sys
import time
from contextlib import suppress

from harness import LIST, MIB, Load, Report, arguments, ask, connect, loaded, percentile, serving

from tests.raw_client import request_bytes
from tests.servers import ServerProcess

PACKET = 16_384
HONEST = 4
HOSTS = 3
TOURNAMENTS = 45
"""Of each host."""

MEMORY_BAR = 64 * MIB
LEFT_BAR = 32 * MIB
"""What may be left of it once they have gone: memory that the process keeps for the next ones."""

LATENCY_BAR = 0.100

FORM = "Content-Type: application/x-www-form-urlencoded"


def main() -> int:
    options = arguments(__doc__, clients=1000, seconds=4.0, route="")
    report = Report("unread replies")
    for mode in options.modes:
        for name in routes(""):
            if options.route in name:
                with serving(mode) as server:
                    flood(server, name, routes(fill(server))[name], options, report)
    return report.end()


def fill(server: ServerProcess) -> str:
    """Scores, tournaments and players for the replies to speak of; a user's credentials."""
    credentials = ""
    for user in range(1, 16):
        key = ask(server.address, closing("GET", f"/{user}/login")).rpartition(b"\r\n")[2]
        ask(server.address, closing("POST", f"/1/score?sessionkey={key.decode()}", b"2147483647"))
    for number in range(HOSTS):
        login = b"username=host%d&password=correct-horse" % number
        ask(server.address, closing("POST", "/api/register", login, FORM))
        token = ask(server.address, closing("POST", "/api/obtain_token", login, FORM)).split(b'"')
        name = f"X-Scoreganizer-Authorization: host{number}:{token[-2].decode()}"
        credentials = credentials or name
        for cup in range(TOURNAMENTS):
            form = (
                f"name={'Cup' * 20}{number}-{cup}&mode=sum&modeparams=1%2B0%2B0"
                "&start=2020-01-01T00:00&end=2099-01-01T00:00"
            )
            created = closing("POST", "/api/tournaments/create", form.encode(), FORM, name)
            ask(server.address, created)
        ask(server.address, closing("POST", "/api/tournaments/participate/1", b"", name))
    return credentials


def closing(method: str, target: str, body: bytes | None = None, *fields: str) -> bytes:
    return request_bytes(method, target, body, *fields, "Connection: close")


def routes(credentials: str) -> dict[str, bytes]:
    """One request of each kind, as short as it can be."""

    def line(method: str, target: str, *fields: str) -> bytes:
        return "\r\n".join([f"{method} {target} HTTP/1.1", "Host:a", *fields, "", ""]).encode()

    gets = [
        "/1/login", "/1/", "/1/highscorelist", "/healthz", "/metrics", "/none",
        "/api/tournaments/all", "/api/tournaments/archive", "/api/tournaments/in_progress",
        "/api/tournaments/upcoming", "/api/tournaments/active",
        "/api/tournaments/detail/1", "/api/tournaments/standings/1",
    ]  # fmt: skip
    signed = ["GET /api/token_status", "GET /api/tournaments/my_active",
              "GET /api/tournaments/get_key/1"]  # fmt: skip
    posts = ["/1/score?sessionkey=0", "/api/register", "/api/scores/upload",
             "/api/tournaments/stop/1"]  # fmt: skip
    found = {f"GET {target}": line("GET", target) for target in gets}
    found |= {call: line(*call.split(), credentials) for call in signed}
    found |= {f"POST {target}": line("POST", target, "Content-Length:1") + b"1" for target in posts}
    found["OPTIONS *"] = line("OPTIONS", "*")
    return found


def flood(server: ServerProcess, name: str, request: bytes, options, report: Report) -> None:
    time.sleep(1)
    start, most = server.rss(), 0
    packet = request * (PACKET // len(request))
    with loaded(server.address, HONEST, lambda chance: (None, LIST), pause=0.005) as load:
        time.sleep(1)
        calm = percentile([e.end - e.start for e in load.exchanges], 0.99)
        attack = multiprocessing.get_context("fork").Process(
            target=send_and_read_nothing, args=(server.address, packet, options), daemon=True
        )
        attack.start()
        while attack.is_alive():
            most = max(most, server.rss())
            time.sleep(0.02)
    time.sleep(2)
    left = server.rss() - start
    judge(f"{server.mode}: {name}", most - start, left, load, report)
    report.note(f"before, with no such clients: p99 {calm * 1e3:.1f} ms")


def send_and_read_nothing(address: tuple[str, int], packet: bytes, options) -> None:
    """Every client sends the packet once a second, as far as it goes."""
    clients = [
        connect(address, f"127.0.0.{2 + number % 9}") for number in range(options.clients)
    ]
    give_up = time.monotonic() + options.seconds
    while (again := time.monotonic() + 1) < give_up + 1:
        for client in clients:
            client.setblocking(False)
            with suppress(OSError):
                client.send(packet)
        time.sleep(max(0, again - time.monotonic()))


def judge(what: str, growth: int, left: int, load: Load, report: Report) -> None:
    times = [e.end - e.start for e in load.exchanges if e.status == 200]
    failed = len(load.exchanges) - len(times)
    p99, worst = percentile(times, 0.99) * 1e3, max(times, default=99) * 1e3
    report.row(f"{what}: memory", f"+{growth / MIB:.1f} MiB", "64 MiB", growth <= MEMORY_BAR)
    report.row("    left when they have gone", f"+{left / MIB:.1f} MiB", "32 MiB", left <= LEFT_BAR)
    report.row(
        f"    others: p99 (worst {worst:.0f}), {failed} of {len(load.exchanges)} failed",
        f"{p99:.1f} ms", "100 ms", p99 / 1e3 <= LATENCY_BAR and not failed,
    )  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
