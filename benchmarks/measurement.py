"""One measurement: a server is started, checked, warmed up and loaded, and its CPU time is read."""

from __future__ import annotations

import dataclasses
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import game_client
import load
import processes
from load import Mix
from results import Sample
from servers import Running, Server, StartError, running

WARM_UP_SECONDS, WARM_UP_CONNECTS = 1.0, 500
WARM_UP_BESTS, MEASURED_BESTS = 2**30, 2**30 + 2**29  # see mixed_load.lua


@dataclass(frozen=True)
class Case:
    """What a server is loaded with: `mixed` for some seconds, or `connect` for some requests."""

    load: str
    connections: int  # at a time
    seconds: float
    connects: int
    mix: Mix
    new_best_every: int
    pipelined: int = 1  # requests of `mixed` that a connection sends at a time


def in_turn(servers: Iterable[Server], case: Case, title: str) -> Iterator[tuple[Server, Sample]]:
    """A sample of each server. One that does not start or play ends the program."""
    for server in servers:
        try:
            with running(server) as process:
                sample = measure(server, process, case)
        except (StartError, game_client.NotTheGameError, load.LoadError) as error:
            raise SystemExit(str(error)) from error
        say(f"{title}: {server.name}: {sample.requests_per_second:.0f} requests/s, "
            f"{sample.cpu_us_per_request:.1f} µs, {sample.failures} failures")
        yield server, sample


def measure(server: Server, process: Running, case: Case) -> Sample:
    """A sample of one running server, which is checked first."""
    if server.plays:
        game_client.check_game(process.port)
    return MEASURES[case.load](server, process, case)


def measure_mixed(server: Server, process: Running, case: Case) -> Sample:
    """A sample under the mix of logins, scores and lists."""
    with tempfile.NamedTemporaryFile("w", suffix=".sessions") as sessions:
        for user, key in game_client.log_in(process.port, case.mix.players):
            print(user, key, file=sessions)
        sessions.flush()

        def run(seconds: float, bests: int) -> load.Load:
            script = load.Script(
                Path(sessions.name), case.mix, bests, case.new_best_every, case.pipelined
            )
            return load.mixed(process.port, script, case.connections, seconds)

        warm_up = run(WARM_UP_SECONDS, WARM_UP_BESTS)
        sample = account(process, lambda: run(case.seconds, MEASURED_BESTS))
    if server.plays:
        game_client.check_played(process.port, level=1)
    return dataclasses.replace(sample, failures=sample.failures + warm_up.failures)


def measure_connect(server: Server, process: Running, case: Case) -> Sample:
    """A sample with one connection per request."""
    path = f"/{game_client.CHECKED_LEVEL}/highscorelist"

    def run(requests: int) -> load.Load:
        return load.connect(process.port, path, case.connections, requests)

    warm_up = run(WARM_UP_CONNECTS)
    sample = account(process, lambda: run(case.connects))
    return dataclasses.replace(sample, failures=sample.failures + warm_up.failures)


MEASURES = {"mixed": measure_mixed, "connect": measure_connect}


def account(process: Running, run: Callable[[], load.Load]) -> Sample:
    """The load that `run` brings, set against the CPU time that the server uses meanwhile."""
    before = processes.cpu_seconds(process.pid)
    seen = run()
    used = processes.cpu_seconds(process.pid) - before
    return Sample(
        requests_per_second=seen.requests / seen.seconds,
        cpu_us_per_request=used * 1e6 / max(seen.requests, 1),
        p50_ms=seen.p50_ms,
        p99_ms=seen.p99_ms,
        memory_mb=processes.memory_mb(process.pid),
        failures=seen.failures,
    )


def say(message: str) -> None:
    """Tells the operator how it goes, apart from the table."""
    print(message, file=sys.stderr, flush=True)
