"""`kill -9` of the process that owns the state: 503 until it is back, and the parent never dies.

    python tests/hard/kill_owner.py [--rounds 10]

In half of the rounds the new owner is killed as well, as soon as it shows. Scores in memory are
lost then, which the log has to say.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections import Counter
from contextlib import suppress

from harness import LIST, Load, Report, arguments, outcomes, seconds_until, serving, stop

from tests.servers import ServerProcess

CLIENTS = 16


def main() -> int:
    options = arguments(__doc__, rounds=10)
    report = Report("kill -9 of the owner")
    with serving("forked") as server:
        load = Load(server.address, CLIENTS, lambda chance: ("list", LIST), pause=0.002)
        load.start()
        time.sleep(0.5)
        slowest, kills, away = 0.0, 0, 0
        for number in range(options.rounds):
            kills += kill(server, again=number % 2)
            before = len(load.exchanges)
            start = time.monotonic()
            back = seconds_until(lambda at=before: all_good(load, at), 10)
            away += back is None
            slowest = max(slowest, time.monotonic() - start)
            if server.exit_code(0) is not None:
                break
            time.sleep(0.2)
        found: Counter[str] = outcomes(load.finish())
        report.note(str(dict(found)))
        other = sum(count for word, count in found.items() if word not in ("200", "503"))
        report.row(
            "answers that are neither 200 nor 503",
            f"{other} of {sum(found.values()):,}",
            0,
            not other,
        )
        report.row(
            "slowest: every answer is a 200 again",
            f"{slowest:.2f} s",
            "2 s",
            slowest <= 2 and not away,
        )
        alive = server.exit_code(0) is None
        report.row("the parent lives", alive, True, alive)
        told = server.log().count("is lost")
        report.row(
            "lines in the log about the loss",
            told,
            f"{kills} (1 each)",
            told >= kills - options.rounds and told > 0,
        )
        zombies = sum(p.state == "Z" for p in server.processes())
        report.row("zombies", zombies, 0, not zombies)
        code = stop(server) if alive else None
        left = len(server.processes())
        report.row("exit code, processes left", (code, left), (0, 0), code == 0 and not left)
    return report.end()


def kill(server: ServerProcess, again: bool) -> int:
    """Kills the owner; `again`: and the next two processes that take its place, at once."""
    owner = server.owner()
    assert owner
    known = {p.pid for p in server.processes()}
    os.kill(owner, signal.SIGKILL)
    kills = 1
    give_up = time.monotonic() + 2
    while again and kills < 3 and time.monotonic() < give_up:
        for process in server.processes():
            if process.pid not in known:
                known.add(process.pid)
                with suppress(ProcessLookupError):
                    os.kill(process.pid, signal.SIGKILL)
                    kills += 1
    return kills


def all_good(load: Load, at: int) -> bool:
    """The last answers are all 200, several for each client."""
    last = load.exchanges[at:][-3 * CLIENTS :]
    return len(last) == 3 * CLIENTS and all(e.status == 200 for e in last)


if __name__ == "__main__":
    sys.exit(main())
