"""The server beside others that offer the same API: the CPU time that one request costs.

Linux; needs what `install_peers.sh` installs. A server that is missing is left out, with a word.
In each round every server in turn is started afresh, checked (does it play the game?), warmed up
and loaded, so that a slow minute of the machine hits all of them. Load `mixed` is `mixed_load.lua`
over keep-alive connections, load `connect` one high score list per new connection. The wide mix has
so many players and different requests that a server does not meet the same one again soon.

Requests per second depend on how much of the machine the load generator takes and on how many
cores a server uses; CPU time per request does so much less, hence it is what is compared.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import chart
import footprint
import game_client
import load
import processes
import results
from results import Sample
from servers import SERVERS, Running, Server, StartError, running

WARM_UP_SECONDS, WARM_UP_CONNECTS = 1.0, 500
WARM_UP_BESTS, MEASURED_BESTS = 2**30, 2**30 + 2**29  # see mixed_load.lua


def main() -> int:
    """Measures and reports; the exit status is 1 if any request failed."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that servers are stopped
    options = parse_arguments()
    servers = choose(options)
    if options.footprint:
        return report_footprints(servers, options)
    try:
        rounds = measure_rounds(servers, options)
    except (StartError, game_client.NotTheGameError, load.LoadError) as error:
        raise SystemExit(str(error)) from error
    return report(rounds, options) if rounds else 1


def parse_arguments() -> argparse.Namespace:
    """The command line's settings."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    add = parser.add_argument
    add("--seconds", type=float, default=5, help="per measurement [default: %(default)s]")
    add("--rounds", type=int, default=3, help="[default: %(default)s]")
    add("--connections", type=int, default=64, help="at a time [default: %(default)s]")
    add("--connects", type=int, default=20000, help="requests of load connect [%(default)s]")
    add("--new-best-every", type=int, default=10, metavar="N",
        help="of load mixed, every Nth score is a new best [default: %(default)s]")
    add("--only", metavar="NAME,...", help=f"of {', '.join(SERVERS)} [default: those in memory]")
    add("--load", choices=MEASURES, default="mixed", help="[default: %(default)s]")
    add("--mix", choices=load.MIXES, default="narrow",
        help="of load mixed: how many players and different requests [default: %(default)s]")
    add("--footprint", action="store_true", help="start, memory and idle connections instead")
    add("--save", nargs="?", const="", metavar="NAME",
        help="keep the result: results/NAME.json and a drawing [default: named after the load]")
    return parser.parse_args()


def choose(options: argparse.Namespace) -> list[Server]:
    """The servers that were asked for and are there."""
    names = options.only.split(",") if options.only else list(SERVERS)
    if unknown := set(names) - set(SERVERS):
        raise SystemExit(f"no such server: {', '.join(sorted(unknown))}")
    wanted = [SERVERS[name] for name in names]
    if not options.only:
        wanted = [s for s in wanted if (s.is_ours or not options.footprint) and s.in_default_set]
    for server in wanted:
        if missing := server.missing():
            say(f"{server.name} is left out: {missing} is missing")
    return [server for server in wanted if not server.missing()]


def measure_rounds(
    servers: Sequence[Server], options: argparse.Namespace
) -> dict[str, list[Sample]]:
    """Each server's samples, one per round."""
    rounds: dict[str, list[Sample]] = {server.name: [] for server in servers}
    for number in range(1, options.rounds + 1):
        for server in servers:
            with running(server) as process:
                sample = measure(server, process, options)
            rounds[server.name].append(sample)
            say(f"round {number}: {server.name}: {sample.requests_per_second:.0f} requests/s, "
                f"{sample.cpu_us_per_request:.1f} µs, {sample.failures} failures")
    return rounds


def measure(server: Server, process: Running, options: argparse.Namespace) -> Sample:
    """A sample of one running server, which is checked first."""
    if server.plays:
        game_client.check_game(process.port)
    return MEASURES[options.load](server, process, options)


def measure_mixed(server: Server, process: Running, options: argparse.Namespace) -> Sample:
    """A sample under the mix of logins, scores and lists."""
    with tempfile.NamedTemporaryFile("w", suffix=".sessions") as sessions:
        mix = load.MIXES[options.mix]
        for user, key in game_client.log_in(process.port, mix.players):
            print(user, key, file=sessions)
        sessions.flush()

        def run(seconds: float, bests: int) -> load.Load:
            script = load.Script(Path(sessions.name), mix, bests, options.new_best_every)
            return load.mixed(process.port, script, options.connections, seconds)

        warm_up = run(WARM_UP_SECONDS, WARM_UP_BESTS)
        sample = account(process, lambda: run(options.seconds, MEASURED_BESTS))
    if server.plays:
        game_client.check_played(process.port, level=1)
    return dataclasses.replace(sample, failures=sample.failures + warm_up.failures)


def measure_connect(server: Server, process: Running, options: argparse.Namespace) -> Sample:
    """A sample with one connection per request."""
    path = f"/{game_client.CHECKED_LEVEL}/highscorelist"

    def run(requests: int) -> load.Load:
        return load.connect(process.port, path, options.connections, requests)

    warm_up = run(WARM_UP_CONNECTS)
    sample = account(process, lambda: run(options.connects))
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


def report(rounds: Mapping[str, list[Sample]], options: argparse.Namespace) -> int:
    """Prints the table, keeps it if asked to, and shouts about failures."""
    medians = {name: results.median(samples) for name, samples in rounds.items()}
    print(results.table(medians))
    if options.save is not None:
        name = options.save or default_name(options)
        servers = {name: results.server_document(name, rounds[name]) for name in rounds}
        path = results.save(name, settings(options), servers)
        path.with_suffix(".svg").write_text(drawing(medians, options))
        say(f"saved {path} and the drawing beside it")
    failed = {name: sample.failures for name, sample in medians.items() if sample.failures}
    for name, failures in failed.items():
        say(f"!!! {name}: {failures} REQUESTS FAILED: its figures mean nothing !!!")
    return 1 if failed else 0


def default_name(options: argparse.Namespace) -> str:
    """What a result is called when it is not given a name."""
    if options.load == "connect":
        return "connect"
    return "side_by_side" if options.mix == "narrow" else f"side_by_side_{options.mix}"


def drawing(medians: Mapping[str, Sample], options: argparse.Namespace) -> str:
    """The bar chart of the medians."""
    title, load_text = {
        "mixed": (f"The same game API, {load.MIXES[options.mix].players:,} players, one request",
                  "10 % logins, 60 % scores, 30 % lists over keep-alive connections"),
        "connect": ("One high score list, one connection each", "a new connection per request"),
    }[options.load]
    machine = results.machine()
    note = (f"{load_text}, {options.connections} at a time; {machine['cores']} cores "
            f"({machine['cpu']}), {time.strftime('%Y-%m-%d')}")
    return chart.draw(title, note, [
        chart.Bar(SERVERS[name].label, sample.cpu_us_per_request, sample.requests_per_second,
                  SERVERS[name].is_ours)
        for name, sample in medians.items()
    ])


def settings(options: argparse.Namespace) -> dict[str, object]:
    """The settings that a result depends on."""
    given = {key: value for key, value in vars(options).items() if key not in ("save", "only")}
    return given | dataclasses.asdict(load.MIXES[options.mix])


def report_footprints(servers: Sequence[Server], options: argparse.Namespace) -> int:
    """Measures and prints what each server costs while it has nothing to do."""
    found = {server.name: dataclasses.asdict(footprint.measure(server)) for server in servers}
    print(json.dumps(found, indent=1))
    if options.save is not None:
        say(f"saved {results.save(options.save or 'footprint', {}, found)}")
    return 0


def say(message: str) -> None:
    """Tells the operator how it goes, apart from the table."""
    print(message, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
