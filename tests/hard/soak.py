"""Mixed load for a long time: memory, descriptors, threads and processes do not grow.

    python tests/hard/soak.py [--seconds 1200]

Honest clients that stay and that come and go, with ever new users and keys, some of which register,
log in and upload, beside clients that break off, send nonsense, reset, or say nothing. Memory is
sampled twice a second. Before that the server's caches are filled to their bounds, and a fifth of
the time warms up; over the rest the slope of a straight line must be below what its own scatter
explains (the 95 % interval holds 0), or below 1 MiB an hour. Users and levels are few, so scores
take no more memory; hashes of passwords cost next to nothing.
"""

from __future__ import annotations

import math
import random
import socket
import statistics
import struct
import sys
import threading
import time
from contextlib import suppress

from fuzz import SEEDS, mutated
from growth import CHEAP, blocking_request
from harness import (
    MIB,
    Game,
    Load,
    Reply,
    Report,
    arguments,
    connect,
    outcomes,
    seconds_until,
    serving,
    take_reply,
)

from tests.raw_client import request_bytes
from tests.servers import ServerProcess

BAR = MIB / 3600
"""Bytes a second: a slope below this says nothing even when it is distinguishable."""


def main() -> int:
    options = arguments(__doc__, seconds=1200.0)
    report = Report("soak")
    for mode in options.modes:
        with serving(mode, constants=CHEAP) as server:
            soak(server, options.seconds / len(options.modes), options.seed, report)
    return report.end()


def soak(server: ServerProcess, seconds: float, seed: int, report: Report) -> None:
    for _ in range(4):  # each worker has caches of its own
        fill_caches(server)
    warm_up = Load(server.address, 4, blocking_call, seed, pause=0.01)
    warm_up.start()  # threads that hash live on
    time.sleep(1)
    warm_up.finish()
    time.sleep(5)
    before = server.footprint()
    game = Game(server.address, users=30, levels=10)
    loads = [
        Load(server.address, 8, game, seed, pause=0.005),
        Load(
            server.address, 8, Game(server.address, 30, 10, close_share=1.0), seed + 1, pause=0.01
        ),
        Load(server.address, 2, blocking_call, seed + 2, pause=0.02),
    ]
    end = threading.Event()
    villain = threading.Thread(
        target=misbehave, args=(server, end, random.Random(seed)), daemon=True
    )
    counts = [0, 0]
    for thread in (*loads, villain):
        thread.start()
    samples = []
    start = time.monotonic()
    while time.monotonic() < start + seconds:
        time.sleep(0.5)
        samples.append((time.monotonic() - start, float(server.rss())))
        for load in loads:  # what is recorded must not fill this process
            gone, load.exchanges = load.exchanges, []
            counts[0] += len(gone)
            found = outcomes(gone)
            counts[1] += len(gone) - sum(found[word] for word in ("200", "201", "401", "403"))
    for load in loads:
        load.finish()
    end.set()
    villain.join()
    report.row(
        f"{server.mode}: failed honest requests", f"{counts[1]} of {counts[0]:,}", 0, not counts[1]
    )
    judge(server, samples, report)
    back = seconds_until(lambda: sum(server.footprint()) <= sum(before), 20)
    report.row(
        f"{server.mode}: processes, threads, descriptors",
        server.footprint(),
        before,
        back is not None,
    )


def blocking_call(chance: random.Random) -> tuple[str, bytes]:
    """One that may block, of few users: accounts and tokens take no more memory."""
    kind = chance.choice(("register", "obtain_token", "upload"))
    return kind, blocking_request(kind, chance.randint(1, 5))


def fill_caches(server: ServerProcess) -> None:
    """More different paths, keys and header blocks than the server remembers of each."""
    users = range(1, 18_001)
    logins = pipelined(server, [request_bytes("GET", f"/{user}/login") for user in users])
    scores = [
        request_bytes("POST", f"/1/score?sessionkey={reply.body.decode()}", b"1")
        for reply in logins
    ]
    pipelined(server, scores)
    pipelined(
        server,
        [
            request_bytes("GET", "/1/highscorelist", None, f"X-{n}: {'b' * 1500}")
            for n in range(1500)
        ],
    )


def pipelined(server: ServerProcess, requests: list[bytes]) -> list[Reply]:
    replies: list[Reply] = []
    with connect(server.address) as client:
        data = bytearray()
        for at in range(0, len(requests), 50):
            client.sendall(b"".join(requests[at : at + 50]))
            while len(replies) < min(at + 50, len(requests)):
                while reply := take_reply(data):
                    replies.append(reply)
                if len(replies) < min(at + 50, len(requests)):
                    data += client.recv(1 << 20)
    return replies


def judge(server: ServerProcess, samples: list[tuple[float, float]], report: Report) -> None:
    samples = samples[len(samples) // 5 :]
    slope, error = line(samples)
    shown = f"{slope * 3600 / MIB:+.2f} ± {2 * error * 3600 / MIB:.2f} MiB/h"
    report.row(
        f"{server.mode}: slope of the memory",
        shown,
        "0 within it, or < 1 MiB/h",
        slope - 2 * error <= 0 or slope < BAR,
    )
    first, last = samples[0][1] / MIB, samples[-1][1] / MIB
    report.note(f"from {first:.1f} to {last:.1f} MiB in {samples[-1][0] - samples[0][0]:.0f} s")


def line(samples: list[tuple[float, float]]) -> tuple[float, float]:
    """Slope of the least-squares line and its standard error.

    Neighbouring samples say nearly the same, so they are taken in ten groups.
    """
    size = max(1, len(samples) // 10)
    groups = [samples[at : at + size] for at in range(0, len(samples) - size + 1, size)]
    xs = [statistics.fmean(x for x, _ in group) for group in groups]
    ys = [statistics.fmean(y for _, y in group) for group in groups]
    if len(xs) < 3:
        return 0.0, math.inf
    slope, start = statistics.linear_regression(xs, ys)
    mean = statistics.fmean(xs)
    spread = sum((x - mean) ** 2 for x in xs)
    rest = sum((y - start - slope * x) ** 2 for x, y in zip(xs, ys, strict=True))
    return slope, math.sqrt(rest / (len(xs) - 2) / spread)


def misbehave(server: ServerProcess, end: threading.Event, chance: random.Random) -> None:
    """One bad client after the other, and some silent ones beside."""
    silent: list[socket.socket] = []
    address = server.address
    while not end.is_set():
        kind = chance.randrange(6)
        with suppress(OSError):
            client = connect(address, f"127.0.0.{chance.randint(2, 9)}")
            if kind == 0:
                client.sendall(mutated(chance, chance.choice(SEEDS)))
            elif kind == 1:  # breaks off in the middle
                data = chance.choice(SEEDS)
                client.sendall(data[: chance.randrange(len(data))])
            elif kind == 2:  # resets
                client.sendall(chance.choice(SEEDS))
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            elif kind == 3:
                client.sendall(b"GET /" + b"a" * chance.randrange(40_000))
            elif kind == 4:  # users that nobody has seen
                client.sendall(request_bytes("GET", f"/{chance.randrange(2**31)}/login"))
                client.recv(1000)
            else:
                silent.append(client)
                if len(silent) > 50:
                    silent.pop(0).close()
                continue
            client.close()
        end.wait(0.005)
    for client in silent:
        client.close()


if __name__ == "__main__":
    sys.exit(main())
