"""SIGTERM under load: no response fails or is cut, the server exits with 0, no process is left.

    python tests/hard/stop.py [--rounds 50]

Half of the rounds with connections that stay, the others with a connection for each request. What
counts as failed: a connection that was made and whose request got no complete response. A refused
connection is right: the server has gone. What a reply of the kernel's (a reset) took from a client
whose connection was idle cannot happen: these clients always have a request on its way.
"""

from __future__ import annotations

import random
import signal
import sys
import time
from collections import Counter

from harness import Game, Load, Report, arguments, outcomes, serving

CLIENTS = (64, 8, 2)


def main() -> int:
    options = arguments(__doc__, rounds=50)
    report = Report("stop under load")
    for mode in options.modes:
        for churn in (0.0, 1.0):
            rounds(mode, churn, options.rounds // 2, random.Random(options.seed), report)
    return report.end()


def rounds(mode: str, churn: float, number: int, chance: random.Random, report: Report) -> None:
    found: Counter[str] = Counter()
    exits: Counter[object] = Counter()
    left = 0
    slowest = 0.0
    for index in range(number):
        with serving(mode) as server:
            game = Game(server.address, users=4, close_share=churn)
            load = Load(
                server.address,
                CLIENTS[index % len(CLIENTS)],
                game,
                seed=index,
                end_when_refused=True,
            )
            load.start()
            time.sleep(0.3 + chance.random() * 0.2)
            start = time.monotonic()
            server.send_signal(signal.SIGTERM)
            exits[server.exit_code()] += 1
            slowest = max(slowest, time.monotonic() - start)
            found += outcomes(load.finish())
            left += len(server.processes())
            exits["stderr: " + server.stderr()[-80:]] += bool(server.stderr())
    what = f"{mode}, {'a connection per request' if churn else 'keep-alive'}"
    found.pop("refused", None)
    failed = sum(count for word, count in found.items() if word != "200")
    report.row(f"{what}: failed responses", f"{failed} of {sum(found.values()):,}", 0, not failed)
    if failed:
        report.note(str(dict(found)))
    exits = +exits
    report.row(f"{what}: exit codes", dict(exits), f"{number} times 0", exits == {0: number})
    report.row(f"{what}: processes left", left, 0, not left)
    report.note(f"slowest stop: {slowest:.2f} s")


if __name__ == "__main__":
    sys.exit(main())
