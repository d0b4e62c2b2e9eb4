"""Reading boards as JSON: the CPU time of a request, beside FastAPI doing the same.

    python benchmarks/reading.py [--seconds 4] [--rounds 3]

A board of 10,000 players, read over 16 keep-alive connections of `wrk`: the first page of 15, the
same by a client that has it already (304), and a random player with five neighbours on each side.
The bar is 0.35 of FastAPI's CPU time. Needs `wrk` and what `install_peers.sh` installs.
"""

from __future__ import annotations

import argparse
import os
import re
import statistics
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path

import processes
from servers import OURS, UVICORN, Server, running

PLAYERS = 10_000
CONNECTIONS = 16
BAR = 0.35
AROUND = "/api/levels/7/users/%d?around=5"
SCRIPT = """
local fields = {%s}
local target = "%s"
function request()
  return wrk.format("GET", target:gsub("%%%%d", math.random(0, %d)), fields)
end
"""
SERVERS = (
    Server("threaded", "gameserver, threaded", OURS + " --threaded", is_ours=True),
    Server("forked", "gameserver, forked", OURS, is_ours=True),
    Server("fastapi", "FastAPI, uvicorn", UVICORN + "fastapi_boards:create_app"),
)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    os.environ["BOARD_PLAYERS"] = str(PLAYERS)
    costs: dict[tuple[str, str], list[float]] = {}
    for _ in range(options.rounds):
        for server in SERVERS:
            with running(server) as started:
                if server.is_ours:
                    fill(started.port)
                for case, cost in measure(started.port, started.pid, options.seconds):
                    costs.setdefault((case, server.name), []).append(cost)
    return report({key: statistics.median(values) for key, values in costs.items()})


def fill(port: int) -> None:
    """Gives level 7 its scores."""
    import http.client

    client = http.client.HTTPConnection("127.0.0.1", port)
    for user in range(PLAYERS):
        client.request("GET", f"/{user}/login")
        key = client.getresponse().read().decode()
        client.request("POST", f"/7/score?sessionkey={key}", b"%d" % (10 * (PLAYERS - user)))
        client.getresponse().read()
    client.close()


def measure(port: int, pid: int, seconds: int) -> list[tuple[str, float]]:
    """The CPU time of a request in microseconds, by case."""
    url = f"http://127.0.0.1:{port}"
    with urllib.request.urlopen(f"{url}/api/levels/7") as page:
        etag = page.headers["ETag"].replace('"', '\\"')
    return [
        ("page of 15", cost(url, pid, seconds, "/api/levels/7", "")),
        ("ETag hit", cost(url, pid, seconds, "/api/levels/7", f'["If-None-Match"]="{etag}"')),
        ("around me", cost(url, pid, seconds, AROUND, "")),
    ]


def cost(url: str, pid: int, seconds: int, target: str, fields: str) -> float:
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder, "script.lua")
        script.write_text(SCRIPT % (fields, target, PLAYERS - 1))
        command = ["wrk", "-t1", f"-c{CONNECTIONS}", "-s", str(script)]
        subprocess.run([*command, "-d1s", url], check=True, capture_output=True)
        before = processes.cpu_seconds(pid)
        output = subprocess.run(
            [*command, f"-d{seconds}s", url], check=True, capture_output=True, text=True
        ).stdout
        used = processes.cpu_seconds(pid) - before
    if "Non-2xx" in output and "304" not in output and not fields:
        raise SystemExit(output)
    return used / int(re.findall(r"(\d+) requests in", output)[0]) * 1e6


def report(costs: dict[tuple[str, str], float]) -> int:
    """Prints the table; 1 if a bar is missed."""
    missed = 0
    print(f"{'':12} {'server':10} {'CPU µs/request':>15} {'of FastAPI':>11}")
    for (case, name), cost in costs.items():
        share = cost / costs[case, "fastapi"]
        missed += name == "threaded" and share > BAR
        print(f"{case:12} {name:10} {cost:15.1f} {share:11.2f}")
    return int(missed > 0)


if __name__ == "__main__":
    sys.exit(main())
