"""What pages cost: the server, and the person who waits for one.

    python benchmarks/pages.py [--seconds 4] [--rounds 3] [--json]

Three parts. The CPU time of a request, over 16 connections of `wrk`: a list of 15, a file of the
pages, the same by a browser that has it (304), and a page; the least of several seconds, as what
else runs only adds to it. The first page in Debian's chromium with an empty cache: bytes, and
milliseconds until its top threes are shown (needs selenium). And what 500 open pages add to one
whose players post: processor time, and how often it said no, with a rate limit of 10 requests a
second for each address.

The bars: a file costs less than a list, the first page has 60 KB at most and is ready in 300 ms,
and the open pages cost 5 % of a core at most and are never refused. The exit code is 1 if one is
missed.
"""

from __future__ import annotations

import argparse
import re
import statistics
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

import processes
import results
from game_client import connected
from reading import cost
from servers import OURS, Server, running
from visitors import Crowd, play, visit

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from tests.browser import WHY_NONE, Browser

LEVELS = 48
PLAYERS = 500
POSTS_PER_SECOND = 1000
PAGES = 500
LIMITED = " --rate_limit 10"
MODES = {"threaded": OURS + " --threaded", "forked": OURS}

FILL = """
return [performance.getEntriesByName('ready')[0].startTime,
  performance.getEntriesByType('navigation').concat(performance.getEntriesByType('resource'))
    .reduce((sum, each) => sum + each.transferSize, 0)]
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true", help="store the result")
    options = parser.parse_args()
    found = {
        "requests": {mode: requests(mode, options.rounds) for mode in MODES},
        "first page": first_page(options.rounds),
        "open pages": {mode: open_pages(mode, options.seconds) for mode in MODES},
    }
    for part, figures in found.items():
        print(f"{part}: {figures}")
    if options.json:
        print(results.save("pages", vars(options), found))
    bad = missed(found)
    print("\n".join(bad) or "no bar is missed")
    return int(bool(bad))


def missed(found: dict[str, Any]) -> list[str]:
    """The bars that are missed."""
    first = found["first page"]
    bars = {
        "the first page is heavier than 60 KB": first.get("bytes", 0) > 60_000,
        "the first page takes longer than 300 ms": first.get("ready_ms", 0) > 300,
    }
    for mode in MODES:
        costs, pages = found["requests"][mode], found["open pages"][mode]
        bars[f"{mode}: a file costs more than a list"] = costs["file"] > costs["list"]
        bars[f"{mode}: open pages cost more than 5 %"] = pages["percent_of_pages"] > 5
        bars[f"{mode}: somebody was refused"] = pages["refused"] > 0
    return [bar for bar, is_missed in bars.items() if is_missed]


def requests(mode: str, rounds: int) -> dict[str, float]:
    """The server's CPU time for a request in microseconds, by what is asked for."""
    costs: dict[str, list[float]] = {}
    with running(Server(mode, mode, MODES[mode], is_ours=True)) as server:
        fill(server.port)
        url = f"http://127.0.0.1:{server.port}"
        page = urllib.request.urlopen(url).read().decode()
        file = re.findall(r"/static/api[\w.-]+", page)[0]
        etag = urllib.request.urlopen(url + file).headers["ETag"].replace('"', '\\"')
        for _ in range(2 * rounds):
            for case, target, fields in (
                ("list", "/1/highscorelist", ""),
                ("file", file, ""),
                ("file, 304", file, f'["If-None-Match"]="{etag}"'),
                ("page", "/", ""),
            ):
                used = cost(url, server.pid, 1, target, fields)
                costs.setdefault(case, []).append(used)
    return {case: round(min(values), 1) for case, values in costs.items()}


def first_page(rounds: int) -> dict[str, Any]:
    """What a browser with an empty cache waits for, and loads."""
    if WHY_NONE:
        return {"skipped": WHY_NONE}
    times, sizes = [], []
    with running(Server("threaded", "", MODES["threaded"], is_ours=True)) as server:
        fill(server.port)
        url = f"http://127.0.0.1:{server.port}/"
        for _ in range(2 * rounds + 1):
            browser = Browser()
            try:
                browser.open("about:blank", is_ready=False)
                browser.open(url)
                ready, size = browser.run(FILL)
            finally:
                browser.close()
            times.append(ready)
            sizes.append(size + events_size(url))
    return {"ready_ms": round(statistics.median(times)), "bytes": max(sizes)}


def events_size(url: str) -> int:
    """The bytes of the first events, which the browser does not count."""
    levels = ",".join(map(str, range(12)))
    done = subprocess.run(
        ["curl", "-sN", "--max-time", "0.5", f"{url}api/live?levels={levels}"], capture_output=True
    )
    return len(done.stdout)


def open_pages(mode: str, seconds: int) -> dict[str, float]:
    """Percent of a core without and with the pages, at the same load; who was refused."""
    with (
        running(Server(mode, mode, MODES[mode] + LIMITED, is_ours=True)) as server,
        Crowd(play, (server.port, PLAYERS, LEVELS, POSTS_PER_SECOND)) as players,
    ):
        time.sleep(12)  # until few posts reach a list
        before = share(server.pid, 3 * seconds)
        with Crowd(visit, (server.port, PAGES, 5.0)) as visitors:
            time.sleep(7)
            after = share(server.pid, 3 * seconds + 30)
        again = share(server.pid, 3 * seconds)
    base = (before + again) / 2
    return {
        "percent_without": round(base, 2),
        "percent_with": round(after, 2),
        "percent_of_pages": round(after - base, 2),
        "events": visitors.answers.value,
        "posts": players.answers.value,
        "refused": visitors.refused.value + players.refused.value,
    }


def share(pid: int, seconds: float) -> float:
    """Percent of a core that the server uses."""
    start, before = time.monotonic(), processes.cpu_seconds(pid)
    time.sleep(seconds)
    return 100 * (processes.cpu_seconds(pid) - before) / (time.monotonic() - start)


def fill(port: int) -> None:
    """Gives the levels their scores."""
    with connected(port) as client:
        for user in range(50):
            key = client.login(user)
            for level in range(LEVELS):
                client.submit(key, level, 1000 * user + level)


if __name__ == "__main__":
    sys.exit(main())
