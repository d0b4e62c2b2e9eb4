"""Servers that share a Redis: the CPU time of server and Redis together, and requests per second.

    python benchmarks/on_redis.py [--cases 64,8,1ms]

Linux; needs what `install_peers.sh` installs, and `redis` and `hiredis` for the Python that runs
it. In each round every server in turn is started afresh with a Redis of its own, checked, warmed up
and loaded with the mixed load, all on the same cores. Beside them is the threaded server in memory.
Case `1ms` has 64 connections, and a proxy that makes the round trip to Redis 1 ms longer; the CPU
time is the proxy's as well then, so only requests per second count there.

Prints a table for each case and stores them in `benchmarks/results/on_redis.json`.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence

import command_line
import results
from measurement import in_turn, say
from results import Sample
from servers import OURS, SERVERS, UVICORN, Server

WITH_REDIS = "sh {{code}}/with_redis.sh {{redis}} {{proxy}} {delay} {fsync} "
FASTAPI = UVICORN + "fastapi_redis:create_app"
THREADED, FORKED = OURS + " --threaded", OURS + " --max_proc 2"
KINDS = (
    ("threaded-redis", "threaded, no AOF", "none", THREADED),
    ("threaded-everysec", "threaded, AOF everysec", "everysec", THREADED),
    ("threaded-always", "threaded, AOF always", "always", THREADED),
    ("forked-redis", "forked (2 workers), no AOF", "none", FORKED),
    ("fastapi-redis", "FastAPI + redis.asyncio, no AOF", "none", FASTAPI),
    ("fastapi-always", "FastAPI + redis.asyncio, AOF always", "always", FASTAPI),
)
CASES = {"64": (64, "0"), "8": (8, "0"), "1ms": (64, "0.5")}
"""Connections, and the delay of each way to Redis in milliseconds."""
HEAD = (
    "server", "requests/s", "to FastAPI", "CPU µs/request", "to in memory", "p99 ms", "failures",
)

Samples = dict[str, dict[Server, list[Sample]]]  # by case


def main() -> int:
    """Measures, prints and stores; the exit status is 1 if any request failed."""
    command_line.exit_when_terminated()
    options = parse_arguments()
    samples = measure_rounds(options)
    for name, servers in samples.items():
        medians = {server.name: (server, results.median(each)) for server, each in servers.items()}
        print(f"\n{title(name)}\n")
        print(results.markdown(HEAD, [row(medians, server) for server in medians]))
    say(f"saved {results.save(options.save, command_line.settings(options), documents(samples))}")
    return command_line.exit_status({
        f"{server.name}, {name}": results.median(each).failures
        for name, servers in samples.items() for server, each in servers.items()
    })


def parse_arguments() -> argparse.Namespace:
    """The command line's settings."""
    parser = command_line.parser(__doc__)
    parser.add_argument("--cases", default=",".join(CASES), help="[default: %(default)s]")
    parser.add_argument("--only", metavar="NAME,...",
        help=f"of threaded, {', '.join(name for name, *_ in KINDS)} [default: all]")
    parser.add_argument("--save", default="on_redis", metavar="NAME",
        help="keep the result as results/NAME.json [default: %(default)s]")
    return parser.parse_args()


def choose(options: argparse.Namespace, delay: str) -> list[Server]:
    """The servers that were asked for and are there, with such a delay."""
    servers = {"threaded": SERVERS["threaded"]} | {
        name: Server(
            name, label, WITH_REDIS.format(delay=delay, fsync=fsync) + command,
            is_ours=command != FASTAPI,
        )
        for name, label, fsync, command in KINDS
    }
    return command_line.choose(servers, options.only, servers)


def measure_rounds(options: argparse.Namespace) -> Samples:
    """The samples of each server in each case, one per round."""
    samples: Samples = {name: {} for name in options.cases.split(",")}
    for number in range(1, options.rounds + 1):
        for name in samples:
            connections, delay = CASES[name]
            case = command_line.case(options, "mixed", connections)
            servers = choose(options, delay)
            for server, sample in in_turn(servers, case, f"round {number}: {name}"):
                samples[name].setdefault(server, []).append(sample)
    return samples


def title(name: str) -> str:
    """What a case is called."""
    connections, delay = CASES[name]
    more = f", a round trip to Redis takes {2 * float(delay):g} ms longer" if delay != "0" else ""
    return f"{connections} connections{more}"


def row(medians: Mapping[str, tuple[Server, Sample]], name: str) -> Sequence[str]:
    """A server's line of the table."""
    server, sample = medians[name]
    memory, fastapi = medians.get("threaded"), medians.get("fastapi-redis")
    return (
        server.label,
        f"{sample.requests_per_second:,.0f}",
        f"{sample.requests_per_second / fastapi[1].requests_per_second:.1f}" if fastapi else "-",
        f"{sample.cpu_us_per_request:.1f}",
        results.ratio(sample, memory[1] if memory else None),
        f"{sample.p99_ms:.1f}",
        str(sample.failures),
    )


def documents(samples: Samples) -> dict[str, object]:
    """What the JSON file tells of each case."""
    return {
        title(name): {
            server.name: {"label": server.label, **results.document(each)}
            for server, each in servers.items()
        }
        for name, servers in samples.items()
    }


if __name__ == "__main__":
    sys.exit(main())
