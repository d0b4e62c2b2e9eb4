"""SIGSTOP: of the owner under load, and of a worker when all other processes are killed.

    python tests/hard/standing_still.py [--rounds 5]

While the owner stands still, half of the requests need it, and half do not; the forked server only.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from typing import Any

from harness import LIST, Exchange, Load, Report, arguments, percentile, seconds_until, serving

from tests.procfs import stop_process
from tests.raw_client import request_bytes
from tests.servers import ServerProcess

CLIENTS = 16
NOWHERE = request_bytes("GET", "/nowhere")
OPTIONS = request_bytes("OPTIONS", "/1/highscorelist")
NEEDS = "needs the owner"
KNOWN = "needs no owner"


def main() -> int:
    options = arguments(__doc__, rounds=5)
    report = Report("processes that stand still")
    with serving("forked") as server:
        owner = server.owner()
        assert owner
        load = Load(server.address, CLIENTS, request, options.seed, pause=0.005)
        load.start()
        stopped: list[Exchange] = []
        back = 0.0
        for _ in range(options.rounds):
            time.sleep(0.5)
            begin = time.monotonic()
            stop_process(owner)
            time.sleep(3)
            os.kill(owner, signal.SIGCONT)
            end = time.monotonic()
            before = len(load.exchanges)
            took = seconds_until(lambda at=before: all_good(load, at), 5)
            back = max(back, 5 if took is None else took)
            stopped += [e for e in load.exchanges if e.end > begin and e.start < end]
        load.finish()
        judge(stopped, report)
        report.row("slowest: all is as before", f"{back:.2f} s", "1 s", back <= 1)
        report.row("the owner is the same", server.owner() == owner, True, server.owner() == owner)
    alone(report)
    return report.end()


def request(chance: random.Random) -> tuple[Any, bytes]:
    if chance.random() < 0.5:
        return NEEDS, LIST
    return KNOWN, chance.choice((NOWHERE, OPTIONS))


def judge(exchanges: list[Exchange], report: Report) -> None:
    needs = [e for e in exchanges if e.tag == NEEDS]
    known = [e for e in exchanges if e.tag == KNOWN]
    other = [e for e in needs if e.status not in (200, 503)]
    report.row(f"{NEEDS}: neither 200 nor 503", f"{len(other)} of {len(needs):,}", 0, not other)
    slowest = max(e.end - e.start for e in needs)
    report.row(f"{NEEDS}: slowest answer", f"{slowest:.2f} s", "2 s", slowest <= 2)
    other = [e for e in known if e.status not in (200, 404)]
    report.row(f"{KNOWN}: not answered", f"{len(other)} of {len(known):,}", 0, not other)
    times = [e.end - e.start for e in known]
    p99 = percentile(times, 0.99)
    report.row(f"{KNOWN}: p99", f"{p99:.3f} s", "0.1 s", p99 <= 0.1)
    report.row(f"{KNOWN}: slowest answer", f"{max(times):.2f} s", "0.3 s", max(times) <= 0.3)


def all_good(load: Load, at: int) -> bool:
    last = [e for e in load.exchanges[at:] if e.tag == NEEDS][-3 * CLIENTS :]
    return len(last) == 3 * CLIENTS and all(e.status == 200 for e in last)


def alone(report: Report) -> None:
    """A worker stands still, and everything else is killed."""
    with serving("forked") as server:
        worker = server.workers()[0]
        stop_process(worker)
        for process in server.processes():
            if process.pid not in (worker, server.pid):
                os.kill(process.pid, signal.SIGKILL)
        server.send_signal(signal.SIGKILL)
        took = seconds_until(lambda: not living(server), 5)
        shown = "never" if took is None else f"{took:.2f} s"
        ended = took is not None and took <= 1
        report.row("a worker alone ends, and the port is free", shown, "1 s", ended)


def living(server: ServerProcess) -> bool:
    server.exit_code(0)  # buries it
    return server.any_left()


if __name__ == "__main__":
    sys.exit(main())
