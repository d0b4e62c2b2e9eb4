"""Requests that block, ever more of them: what answers them does not grow.

    python tests/hard/growth.py [--requests 50000]

So many registrations, logins and uploads, each a request that may block; the forked server has one
worker, which so gets them all. Hashes of passwords cost next to nothing here, uploads are no
replays. Accounts take memory in the process that keeps them, hence in the forked server only the
worker's memory is judged.
"""

from __future__ import annotations

import random
import sys
from collections import Counter
from typing import Any

from harness import MIB, Load, Report, arguments, outcomes, seconds_until, serving

from tests.raw_client import request_bytes
from tests.servers import ServerProcess

CLIENTS = 2
WARM_UP = 5_000
BAR = MIB
"""Bytes; the 450 bytes for each that a proxy of `multiprocessing` keeps would be 64 times this."""

CHEAP = {"gameserver.auth.passwords.N": 2}
"""Hashes of passwords cost next to nothing."""

FORM = "Content-Type: application/x-www-form-urlencoded"
UPLOAD = request_bytes(
    "POST",
    "/api/scores/upload",
    b'--b\r\nContent-Disposition: form-data; name="video"; filename="a.avf"\r\n\r\nno\r\n--b--\r\n',
    "Content-Type: multipart/form-data; boundary=b",
)


class Calls:
    """Makes the requests of one kind: ever new users register, and a thousand of them log in."""

    def __init__(self, kind: str, status: str) -> None:
        self.kind = kind
        self.status = status
        self._count = 0

    def __call__(self, chance: random.Random) -> tuple[Any, bytes]:
        self._count += 1
        user = self._count if self.kind == "register" else self._count % 1000 + 1
        return self.kind, blocking_request(self.kind, user)


def blocking_request(kind: str, user: int) -> bytes:
    """A `register` or `obtain_token` of a user, or an `upload`."""
    if kind == "upload":
        return UPLOAD
    body = b"username=user%d&password=long+enough" % user
    return request_bytes("POST", f"/api/{kind}", body, FORM)


def main() -> int:
    options = arguments(__doc__, requests=50_000)
    report = Report("growth with requests that block")
    for mode in options.modes:
        flags = ["--max_proc", "1"] if mode == "forked" else []
        with serving(mode, *flags, workers=1, constants=CHEAP) as server:
            for calls in (
                Calls("register", "201"),
                Calls("obtain_token", "200"),
                Calls("upload", "403"),
            ):
                measure(server, calls, options.requests, report)
    return report.end()


def measure(server: ServerProcess, calls: Calls, count: int, report: Report) -> None:
    send(server, calls, WARM_UP)
    before, threads = rss(server), sum(p.threads for p in server.processes())
    answered = send(server, calls, count)
    growth = rss(server) - before
    what = f"{server.mode}: {calls.kind}"
    good = answered[calls.status]
    total = sum(answered.values())
    report.row(f"{what}: answered", f"{good:,} of {total:,}", "all", good == total)
    judged = server.mode == "forked" or calls.kind == "upload"
    report.row(
        f"{what}: growth",
        f"{growth / MIB:+.2f} MiB",
        "1 MiB" if judged else "(accounts take memory)",
        growth <= BAR or not judged,
    )
    back = seconds_until(lambda: sum(p.threads for p in server.processes()) <= threads, 5)
    report.row(f"{what}: threads back", back is not None, True, back is not None)


def send(server: ServerProcess, calls: Calls, count: int) -> Counter[str]:
    load = Load(server.address, CLIENTS, calls)
    load.start()
    seconds_until(lambda: len(load.exchanges) >= count, 600)
    return outcomes(load.finish())


def rss(server: ServerProcess) -> int:
    """Of the processes that speak HTTP."""
    speakers = server.workers()
    return sum(process.rss for process in server.processes() if process.pid in speakers)


if __name__ == "__main__":
    sys.exit(main())
