"""The log after attacks: one line per event, no control characters, no key, bounded in size.

    python tests/hard/log.py [--rounds 3000]

With `--access_log`, mutated requests and logins with their keys in queries; then a flood that makes
the file move aside, which it does by itself.
"""

from __future__ import annotations

import random
import re
import sys
import time
from contextlib import suppress

from fuzz import SEEDS, mutated
from harness import LIST, Game, Load, Report, arguments, connect, log_in, read_to_end, serving

from tests.raw_client import request_bytes
from tests.servers import ServerProcess

MAX_SIZE = 10_000_000
_LINE = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z (?:ACCESS|DEBUG|INFO|WARNING|ERROR|CRITICAL) .*"
)


def main() -> int:
    options = arguments(__doc__, rounds=3000, flood=300_000)
    report = Report("log")
    for mode in options.modes:
        chance = random.Random(options.seed)
        with serving(mode, "--access_log") as server:
            keys = [log_in(server.address, user) for user in range(1, 6)]
            for number in range(options.rounds):
                one(server, chance, keys[number % 5])
            play(server, options)
            text = server.log()
            lines = text.splitlines()
            bad = [line for line in lines if not _LINE.fullmatch(line)]
            report.row(
                f"{mode}: lines that are no log line", f"{len(bad)} of {len(lines):,}", 0, not bad
            )
            for line in bad[:3]:
                report.note(repr(line[:150]))
            control = sum(not c.isprintable() and c != "\n" for c in text)
            report.row(f"{mode}: control characters", control, 0, not control)
            leaked = sum(key in text or key[-32:] in text for key in keys)
            report.row(f"{mode}: session keys in it", leaked, 0, not leaked)
            for line in [x for x in lines if any(key[-32:] in x for key in keys)][:3]:
                report.note(repr(line[:150]))
            longest = max(map(len, lines))
            report.row(f"{mode}: longest line", longest, 4300, longest <= 4300)
            flood(server, options.flood)
            files = list(server.logfile.parent.glob("server.log*"))
            size = max(file.stat().st_size for file in files)
            report.row(
                f"{mode}: files, the largest after a flood",
                f"{len(files)}, {size:,}",
                "2, 11,000,000",
                len(files) <= 2 and size <= 1.1 * MAX_SIZE,
            )
            broken = sum(not _LINE.fullmatch(line) for line in server.log().splitlines())
            report.row(f"{mode}: broken lines after it moved", broken, 0, not broken)
    return report.end()


def one(server: ServerProcess, chance: random.Random, key: str) -> None:
    data = mutated(chance, chance.choice([
        *SEEDS,
        request_bytes("POST", f"/1/score?sessionkey={key}", b"5"),
        request_bytes("POST", f"/1/score?a=b&sessionkey={key}&sessionkey={key}", b"x"),
        request_bytes("GET", f"/1/none?sessionkey={key}"),
        b"GET http://a/1/none?sessionkey=%b HTTP/1.1\r\nHost: a\r\n\r\n" % key.encode(),
    ]))  # fmt: skip
    with connect(server.address) as client, suppress(OSError):
        client.sendall(data)
        client.shutdown(1)
        read_to_end(client, 5)


def play(server: ServerProcess, options) -> None:
    load = Load(server.address, 8, Game(server.address), options.seed)
    load.start()
    time.sleep(1)
    load.finish()


def flood(server: ServerProcess, requests: int) -> None:
    """Long paths, many in a packet, so that the log grows fast."""
    long = LIST.replace(b"/1/", b"/" + b"9" * 200 + b"/")
    with connect(server.address) as client:
        for _ in range(requests // 100):
            client.sendall(long * 100)
            seen = b""
            while seen.count(b"HTTP/1.1 ") < 100:
                piece = client.recv(1 << 20)
                if not piece:
                    return
                seen += piece


if __name__ == "__main__":
    sys.exit(main())
