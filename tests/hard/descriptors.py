"""Out of file descriptors: the server waits without spinning, and serves again when there are some.

    python tests/hard/descriptors.py [--seconds 5]

200 clients meet a server that may open 64 files: from its start on, and by a limit that is lowered
while it runs, which it cannot know about.
"""

from __future__ import annotations

import resource
import sys
import time

from harness import Report, answers, arguments, connect, seconds_until, serving

from tests.servers import ServerProcess

CLIENTS = 200
LIMIT = 64


def main() -> int:
    options = arguments(__doc__, seconds=5.0)
    report = Report("file descriptors")
    for mode in options.modes:
        with serving(mode, descriptors=LIMIT) as server:
            exhaust(server, "limit from the start", options.seconds, report)
        with serving(mode) as server:
            answers(server.address)
            for pid in server.workers():
                resource.prlimit(pid, resource.RLIMIT_NOFILE, (LIMIT, LIMIT))
            exhaust(server, "limit lowered later", options.seconds, report)
    return report.end()


def exhaust(server: ServerProcess, what: str, seconds: float, report: Report) -> None:
    clients = [connect(server.address) for _ in range(CLIENTS)]
    time.sleep(0.5)
    cpu = server.cpu()
    time.sleep(seconds)
    share = (server.cpu() - cpu) / seconds
    report.row(f"{server.mode}, {what}: CPU while full", f"{share:.1%}", "10 %", share < 0.1)
    for client in clients:
        client.close()
    took = seconds_until(lambda: answers(server.address), 10)
    shown = "never" if took is None else f"{took:.2f} s"
    report.row(
        f"{server.mode}, {what}: serving again after", shown, "1 s", took is not None and took <= 1
    )
    lines = len(server.log().splitlines())
    report.row(f"{server.mode}, {what}: lines in the log", lines, "50", lines <= 50)


if __name__ == "__main__":
    sys.exit(main())
