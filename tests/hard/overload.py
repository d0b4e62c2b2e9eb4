"""Overload: twice the capacity is offered, and the server does as much good work as before.

    python tests/hard/overload.py [--seconds 60]

Clients of a closed loop first find the peak. Their requests have many fields, and no two are the
same, so that the server works more for a request than its client does. Then requests are offered
at twice that rate however the answers go (an open loop), each with at most a second of patience.
Good is a 200 in that time. Then a light load says when the server is back to normal. The load
runs in a process of its own, on the same machine: with two cores it takes its share of what is
measured.
"""

from __future__ import annotations

import multiprocessing
import selectors
import socket
import sys
import time
from collections import Counter, deque
from contextlib import suppress

from harness import (
    LIST,
    Load,
    Malformed,
    Report,
    arguments,
    connect,
    percentile,
    serving,
    take_reply,
)

from tests.servers import ServerProcess

CLIENTS = 64
MORE_CLIENTS = 256
DEEP = 4
"""Requests that one connection of the open loop has on their way at most."""
PATIENCE = 1.0

FIELDS = b"".join(
    b"X-Field-%d: the value of a field that a browser sends\r\n" % n for n in range(30)
)
REQUEST = b"GET /1/highscorelist HTTP/1.1\r\nHost: localhost\r\n%bX-Number: %%d\r\n\r\n" % FIELDS


def main() -> int:
    options = arguments(__doc__, seconds=60.0)
    report = Report("overload")
    for mode in options.modes:
        with serving(mode) as server:
            calm = percentile(light(server, 2), 0.99)
            peak_time = max(3.0, options.seconds / 6)
            peak = (
                in_a_process(offer, server.address, CLIENTS, 1e9, peak_time, DEEP)["good"]
                / peak_time
            )
            found = in_a_process(
                offer, server.address, MORE_CLIENTS, 2 * peak, options.seconds, DEEP
            )
            ended = time.monotonic()
            normal = back_to_normal(server, calm)
            good = found["good"] / options.seconds
            report.note(
                f"{mode}: peak {peak:,.0f}/s; offered {found['offered'] / options.seconds:,.0f}/s; "
                f"{dict(found)}"
            )
            report.row(
                f"{mode}: goodput",
                f"{good:,.0f}/s = {good / peak:.0%}",
                "90 % of the peak",
                good >= 0.9 * peak,
            )
            wrong = found["wrong"]
            report.row(f"{mode}: neither 200, 503 nor refused", wrong, 0, not wrong)
            report.row(
                f"{mode}: back to normal after",
                f"{normal - ended:.2f} s",
                "2 s",
                normal - ended <= 2,
            )
    return report.end()


def light(server: ServerProcess, seconds: float) -> list[float]:
    load = Load(server.address, 2, lambda chance: (None, LIST), pause=0.005)
    load.start()
    time.sleep(seconds)
    return [e.end - e.start for e in load.finish() if e.status == 200]


def back_to_normal(server: ServerProcess, calm: float) -> float:
    """When a quarter of a second of light load was as fast as before the overload (or 5 ms)."""
    for _ in range(40):
        start = time.monotonic()
        found = light(server, 0.25)
        if found and percentile(found, 0.9) <= max(3 * calm, 0.005):
            return start
    return time.monotonic()


def in_a_process(work, *arguments) -> Counter[str]:
    queue = multiprocessing.get_context("fork").SimpleQueue()
    process = multiprocessing.get_context("fork").Process(
        target=lambda: queue.put(work(*arguments)), daemon=True
    )
    process.start()
    result = queue.get()
    process.join()
    return result


class Stream:
    """One connection with several requests on their way."""

    def __init__(self) -> None:
        self.socket: socket.socket | None = None
        self.data = bytearray()
        self.asked: deque[float] = deque()


def offer(
    address: tuple[str, int], clients: int, rate: float, seconds: float, deep: int
) -> Counter[str]:
    """Sends `rate` requests a second over the clients' connections, if there is room on one.

    What finds no room is `held back`: the server's own back-pressure, which refuses by not reading.
    """
    selector = selectors.DefaultSelector()
    streams = [Stream() for _ in range(clients)]
    found: Counter[str] = Counter()
    start = now = time.monotonic()
    turn = 0
    while now < start + seconds:
        now = time.monotonic()
        due = min(int((now - start) * rate) - found["offered"], 4 * clients)
        for _ in range(min(due, 4 * clients)):
            stream = streams[turn % clients]
            turn += 1
            if len(stream.asked) < deep:
                ask(address, stream, selector, found, now)
                found["offered"] += 1
            elif rate < 1e9:
                found["offered"] += 1
                found["held back"] += 1
        for key, _ in selector.select(0.001):
            read(key.data, selector, found)
    for stream in streams:
        if stream.socket:
            stream.socket.close()
    return found


def ask(address, stream: Stream, selector, found: Counter[str], now: float) -> None:
    try:
        if stream.socket is None:
            stream.socket = connect(address, f"127.0.0.{2 + found['offered'] % 8}")
            stream.socket.setblocking(False)
            stream.data.clear()
            selector.register(stream.socket, selectors.EVENT_READ, stream)
        stream.socket.send(REQUEST % found["offered"])
        stream.asked.append(now)
    except BlockingIOError:
        found["held back"] += 1
    except OSError:
        found["refused"] += 1
        hang_up(stream, selector)


def hang_up(stream: Stream, selector) -> None:
    if stream.socket:
        with suppress(KeyError):
            selector.unregister(stream.socket)
        stream.socket.close()
        stream.socket = None
    stream.asked.clear()


def read(stream: Stream, selector, found: Counter[str]) -> None:
    if stream.socket is None:
        return
    try:
        piece = stream.socket.recv(65536)
    except BlockingIOError:
        return
    except OSError:
        piece = b""
    stream.data += piece
    now = time.monotonic()
    try:
        while stream.asked and (reply := take_reply(stream.data)):
            late = now - stream.asked.popleft() > PATIENCE
            found["late" if late else {200: "good", 503: "503"}.get(reply.status, "wrong")] += 1
            if reply.last:
                return hang_up(stream, selector)
    except Malformed:
        found["wrong"] += 1
        return hang_up(stream, selector)
    if not piece:
        found["wrong"] += len(stream.asked)
        hang_up(stream, selector)


if __name__ == "__main__":
    sys.exit(main())
