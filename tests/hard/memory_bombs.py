"""Requests that want the server's memory: what it holds stays within 64 MiB of the start.

python tests/hard/memory_bombs.py
"""

from __future__ import annotations

import re
import selectors
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress

from harness import MIB, Report, answers, arguments, connect, serving

from tests.raw_client import request_bytes
from tests.servers import ServerProcess

BAR = 64 * MIB
CLIENTS = 1000
SECONDS = 25

Stream = Callable[[int], bytes]
"""The bytes that a client sends from a position on; empty at the end."""


def endless(beginning: bytes, piece: bytes, size: int) -> Stream:
    """The beginning, and then the piece again and again up to `size` bytes."""
    block = (piece * (65536 // len(piece) + 1))[: 65536 // len(piece) * len(piece)]

    def take(position: int) -> bytes:
        if position < len(beginning):
            return beginning[position:]
        if position >= size:
            return b""
        return block[(position - len(beginning)) % len(block) :][: size - position]

    return take


GET = b"GET /1/highscorelist HTTP/1.1\r\nHost: a\r\n"
POST = b"POST /1/score?sessionkey=00 HTTP/1.1\r\nHost: a\r\n"
BOMBS: dict[str, tuple[int, Stream]] = {
    "Content-Length 10^12, and a body": (
        100,
        endless(
            request_bytes("POST", "/1/score", None, "Content-Length: 1000000000000"),
            b"x" * 1000,
            2 * MIB,
        ),
    ),
    "Content-Length 10^14 to a GET": (
        100,
        endless(
            request_bytes("GET", "/1/login", None, "Content-Length: 100000000000000"),
            b"x" * 1000,
            2 * MIB,
        ),
    ),
    "1,000 heads of 6 MB": (CLIENTS, endless(GET, b"X-A: " + b"b" * 500 + b"\r\n", 6_000_000)),
    "an endless header line": (CLIENTS, endless(GET + b"X-A: ", b"b" * 1000, 6_000_000)),
    "an endless header name": (CLIENTS, endless(GET, b"b" * 1000, 6_000_000)),
    "an endless request line": (CLIENTS, endless(b"GET /", b"b" * 1000, 6_000_000)),
    "an endless method": (CLIENTS, endless(b"", b"B" * 1000, 6_000_000)),
    "endless empty lines": (CLIENTS, endless(b"", b"\r\n", 6_000_000)),
    "heads of 30 KB that do not end": (
        CLIENTS,
        endless(GET, b"X-A: " + b"b" * 500 + b"\r\n", 30_000),
    ),
    "a chunk of 4 GB": (
        CLIENTS,
        endless(POST + b"Transfer-Encoding: chunked\r\n\r\nffffffff\r\n", b"x" * 1000, 6_000_000),
    ),
    "endless chunks of one byte": (
        CLIENTS,
        endless(POST + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n", 6_000_000),
    ),
    "endless chunk extensions": (
        CLIENTS,
        endless(POST + b"Transfer-Encoding: chunked\r\n\r\n1", b";a=b", 6_000_000),
    ),
    "endless trailers": (
        CLIENTS,
        endless(POST + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"X-A: b\r\n", 6_000_000),
    ),
    "different heads of 2 KB, 3,000 on a connection": (20, lambda at: different_heads(at)),
    "endless pipelined requests, nothing read": (200, endless(b"", GET + b"\r\n", 6_000_000)),
}
ANSWERED = ("different heads", "endless pipelined")
"""These are valid: 200 is right."""


def different_heads(position: int) -> bytes:
    if position >= 6_000_000:
        return b""
    return GET + b"X-A: %d-%b\r\n\r\n" % (time.monotonic_ns(), b"b" * 1900)


def main() -> int:
    options = arguments(__doc__)
    report = Report("memory bombs")
    for mode in options.modes:
        with serving(mode) as server:
            answers(server.address)
            time.sleep(0.5)
            start = server.rss()
            for name, (clients, stream) in BOMBS.items():
                bomb(server, name, clients, stream, start, report)
            again = answers(server.address, 5)
            report.row(f"{mode}: a new client is answered", again, True, again)
    return report.end()


def bomb(
    server: ServerProcess, name: str, clients: int, stream: Stream, start: int, report: Report
) -> None:
    """All clients send as much as the server takes, and read only at the end."""
    selector = selectors.DefaultSelector()
    sent = {}
    for number in range(clients):
        client = connect(server.address, f"127.0.0.{2 + number % 9}")
        client.setblocking(False)
        sent[client] = 0
        selector.register(client, selectors.EVENT_WRITE | selectors.EVENT_READ)
    statuses: Counter[str] = Counter()
    most = 0
    give_up = time.monotonic() + SECONDS
    measured = 0.0
    answer: dict[object, bytes] = {}
    reads = not name.startswith("endless pipelined")
    quiet = time.monotonic()
    while selector.get_map() and time.monotonic() < give_up:
        if time.monotonic() > measured + 0.05:
            most = max(most, server.rss())
            measured = time.monotonic()
        for key, events in selector.select(0.05):
            client = key.fileobj
            if events & selectors.EVENT_READ and reads:
                piece = b""
                with suppress(OSError):
                    piece = client.recv(65536)  # type: ignore[union-attr]
                answer[client] = answer.get(client, piece[:20])
                if not piece:
                    selector.unregister(client)
                    continue
            if events & selectors.EVENT_WRITE:
                data = stream(sent[client])
                with suppress(BlockingIOError):
                    try:
                        sent[client] += client.send(data) if data else 0  # type: ignore[union-attr]
                    except BlockingIOError:
                        raise
                    except OSError:
                        data = b""
                quiet = time.monotonic()
                if not data:
                    events = selectors.EVENT_READ
                    selector.modify(client, events)
        if not reads and time.monotonic() - quiet > 1:
            break
    for client in sent:
        client.close()
    selector.close()
    for text in answer.values():
        found = re.match(rb"HTTP/1\.1 ([0-9]{3})", text)
        statuses[found[1].decode() if found else "none"] += 1
    growth = (most - start) / MIB
    report.row(f"{server.mode}: {name}", f"+{growth:.1f} MiB", "64 MiB", most - start <= BAR)
    if reads:
        right = all(
            status[0] == "4" or (status == "200" and name.startswith(ANSWERED))
            for status in statuses
        )
        report.row(
            "    replies", dict(statuses), "4xx", right and sum(statuses.values()) == clients
        )


if __name__ == "__main__":
    sys.exit(main())
