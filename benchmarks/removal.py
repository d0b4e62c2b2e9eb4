"""What others notice of a removal of 100,000 scores, and of its undoing.

    python benchmarks/removal.py [--rounds 3] [--scores 100000] [--server NAME …]

The mixed load of the game over 16 keep-alive connections of `wrk`, while an admin takes a level
away that the load does not play, and brings it back: the load's p99 then, as a multiple of what it
is before and after. Each is the median of runs of one second: on a machine that does other things
as well, a longer run sees those. The bar is 3. Needs `wrk`; results go to
`benchmarks/results/removal.json`.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import socket
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import game_client
import results
from load import MIXES, Load, Script, mixed
from servers import SERVERS, Running, running

NAMES = ("threaded", "forked", "threaded-sqlite", "forked-sqlite")
TOKEN = "the-admin's-token-of-a-benchmark"
LEVEL = 1_000_000
CONNECTIONS = 16
PIPELINED = 500
RUNS = 6
"""Before, and after; meanwhile there are as many as there is time for."""
BAR = 3.0


@dataclass
class Figures:
    """One server in one round."""

    p99_ms: float
    p99_ms_removal: float
    p99_ms_undo: float
    seconds_removal: float
    seconds_undo: float
    failures: int

    @property
    def ratios(self) -> tuple[float, float]:
        """The p99 during the removal and the undoing, as multiples of the one without."""
        return self.p99_ms_removal / self.p99_ms, self.p99_ms_undo / self.p99_ms


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--scores", type=int, default=100_000)
    parser.add_argument("--server", nargs="*", choices=NAMES, default=NAMES)
    options = parser.parse_args()
    os.environ["GAMESERVER_ADMIN_TOKEN"] = TOKEN
    found: dict[str, list[Figures]] = {name: [] for name in options.server}
    for _ in range(options.rounds):
        for name in options.server:
            with running(SERVERS[name]) as started:
                found[name].append(measure(started, options.scores))
            print(f"{name}: {found[name][-1]}", file=sys.stderr, flush=True)
    settings = {"scores": options.scores, "connections": CONNECTIONS, "runs": RUNS}
    results.save("removal", settings, {name: _document(each) for name, each in found.items()})
    return report({name: _median(each) for name, each in found.items()})


def measure(server: Running, scores: int) -> Figures:
    """A sample of one running server, which is filled first."""
    fill(server.port, scores)
    with tempfile.NamedTemporaryFile("w", suffix=".sessions") as sessions:
        for user, key in game_client.log_in(server.port, MIXES["narrow"].players):
            print(user, key, file=sessions)
        sessions.flush()
        bests = iter(range(2**30, 2**31, 2**22))  # each run's are above those of the last one

        def run() -> Load:
            script = Script(Path(sessions.name), MIXES["narrow"], next(bests), 10, 1)
            return mixed(server.port, script, CONNECTIONS, 1)

        run()
        without = [run() for _ in range(RUNS)]
        removal = Call(server.port, "DELETE", f"/api/levels/{LEVEL}", run)
        assert removal.answer["removed"] == scores, removal.answer
        undo = Call(server.port, "POST", f"/api/audit/{removal.answer['undo']}/undo", run)
        assert undo.answer["restored"] == scores, undo.answer
        without += [run() for _ in range(RUNS)]
    loads = [without, removal.loads, undo.loads]
    p99s = (statistics.median(load.p99_ms for load in each) for each in loads)
    failures = sum(load.failures for each in loads for load in each)
    return Figures(*p99s, removal.seconds, undo.seconds, failures)


class Call:
    """An admin's call, and runs of the load that are over before it is."""

    def __init__(self, port: int, method: str, target: str, run: Callable[[], Load]) -> None:
        self.answer: dict[str, int] = {}
        self.loads: list[Load] = []
        thread = threading.Thread(target=self._ask, args=(port, method, target))
        thread.start()
        while thread.is_alive():
            load = run()
            if thread.is_alive():
                self.loads.append(load)
        assert self.loads, "it was over too soon: take more scores"

    def _ask(self, port: int, method: str, target: str) -> None:
        started = time.monotonic()
        self.answer = manage(port, method, target)
        self.seconds = time.monotonic() - started


def manage(port: int, method: str, target: str) -> dict[str, int]:
    """What an admin's call answers."""
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=600)
    client.request(method, target, headers={"Authorization": f"Bearer {TOKEN}"})
    response = client.getresponse()
    assert response.status == 200, response.read()
    answer: dict[str, int] = json.loads(response.read())
    client.close()
    return answer


def fill(port: int, scores: int) -> None:
    """Gives the level its scores, each of another user."""
    with socket.create_connection(("127.0.0.1", port)) as client, client.makefile("rb") as replies:
        for first in range(0, scores, PIPELINED):
            users = range(first, min(first + PIPELINED, scores))
            login = b"GET /%d/login HTTP/1.1\r\nHost: x\r\n\r\n"
            keys = _pipelined(client, replies, [login % user for user in users])
            post = b"POST /%d/score?sessionkey=%s HTTP/1.1\r\nHost: x\r\n"
            post += b"Content-Length: %d\r\n\r\n%s"
            bodies = [b"%d" % (user * 7_919 % 1_000_003) for user in users]
            _pipelined(client, replies, [
                post % (LEVEL, key, len(body), body)
                for key, body in zip(keys, bodies, strict=True)
            ])  # fmt: skip


def _pipelined(client: socket.socket, replies, requests: list[bytes]) -> list[bytes]:  # type: ignore[no-untyped-def]
    client.sendall(b"".join(requests))
    return [_body(replies) for _ in requests]


def _body(replies) -> bytes:  # type: ignore[no-untyped-def]
    status = replies.readline()
    assert b" 200 " in status, status
    length = 0
    while (line := replies.readline()) != b"\r\n":
        if line.lower().startswith(b"content-length:"):
            length = int(line.partition(b":")[2])
    return bytes(replies.read(length))


def _median(rounds: list[Figures]) -> Figures:
    columns = zip(*map(_values, rounds), strict=True)
    return Figures(*(statistics.median(column) for column in columns))


def _values(figures: Figures) -> tuple[float, ...]:
    return tuple(vars(figures).values())


def _document(rounds: list[Figures]) -> dict[str, object]:
    def rounded(figures: Figures) -> dict[str, float]:
        return {name: round(value, 3) for name, value in vars(figures).items()}

    return {"median": rounded(_median(rounds)), "rounds": [rounded(each) for each in rounds]}


def report(medians: dict[str, Figures]) -> int:
    """Prints the table; 1 if the bar is missed."""
    head = (
        "server", "p99 ms", "removal", "times", "undo", "times", "removal s", "undo s", "failures"
    )  # fmt: skip
    rows = []
    for name, each in medians.items():
        removal, undo = each.ratios
        rows.append((
            SERVERS[name].label, f"{each.p99_ms:.2f}", f"{each.p99_ms_removal:.2f}",
            f"{removal:.1f}", f"{each.p99_ms_undo:.2f}", f"{undo:.1f}",
            f"{each.seconds_removal:.1f}", f"{each.seconds_undo:.1f}", f"{each.failures:.0f}",
        ))  # fmt: skip
    print(results.markdown(head, rows))
    return int(any(max(each.ratios) > BAR or each.failures for each in medians.values()))


if __name__ == "__main__":
    sys.exit(main())
