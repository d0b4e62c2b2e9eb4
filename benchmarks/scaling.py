"""CPU time per request with few and many connections, pipelined, and with a new connection each.

    python benchmarks/scaling.py [--workers] [--baseline PATH]

Linux; needs what `install_peers.sh` installs. Prints a table of the CPU time per request and one of
the requests per second, and stores both in `benchmarks/results/scaling.json`. Each case is measured
on every server in turn before the next one comes, and all of that in each round.

With `--workers` the forked server is there with one and with two worker processes as well. Look at
both tables then: one worker costs less CPU time per request, two may answer more requests.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import command_line
import results
from measurement import Case, in_turn, say
from results import Sample, baseline_of
from servers import BASELINE, BASELINES, OURS, SERVERS, Server

CONNECTIONS = (1, 8, 64, 512)
PIPELINED = 16
USUAL_CONNECTIONS = 64  # pipelined, and with a new connection each
DEFAULT_NAMES = ("nginx", "go", "threaded", "forked")
WORKERS = {
    name: Server(name, f"gameserver, forked, {label}", f"{OURS} --max_proc {count}", is_ours=True)
    for name, label, count in (("forked-1", "1 worker", 1), ("forked-2", "2 workers", 2))
}

Samples = dict[Server, dict[str, list[Sample]]]  # by server and title of the case
Medians = Mapping[Server, Mapping[str, Sample]]


def main() -> int:
    """Measures, prints and stores; the exit status is 1 if any request failed."""
    command_line.exit_when_terminated()
    options = parse_arguments()
    samples = measure_rounds(choose(options), options)
    if not samples:
        return 1
    medians = {
        server: {title: results.median(rounds) for title, rounds in by_case.items()}
        for server, by_case in samples.items()
    }
    print_tables(medians)
    path = results.save(
        "scaling", command_line.settings(options), documents(samples), options.baseline
    )
    say(f"saved {path}")
    return command_line.exit_status({
        f"{server.name}, {title}": sample.failures
        for server, by_case in medians.items() for title, sample in by_case.items()
    })


def parse_arguments() -> argparse.Namespace:
    """The command line's settings."""
    parser = command_line.parser(__doc__)
    parser.add_argument("--workers", action="store_true",
        help="the forked server with one and with two worker processes as well")
    parser.add_argument("--only", metavar="NAME,...",
        help=f"of {', '.join([*SERVERS, *WORKERS])} and the baseline's "
        f"[default: {', '.join(DEFAULT_NAMES)}, and of the baseline the last two]")
    return parser.parse_args()


def choose(options: argparse.Namespace) -> list[Server]:
    """The servers that were asked for and are there."""
    servers = command_line.with_baseline(SERVERS | WORKERS, options)
    return command_line.choose(servers, options.only, default_names(options))


def default_names(options: argparse.Namespace) -> Iterator[str]:
    """The names of the servers that are measured unless others are named."""
    yield from DEFAULT_NAMES
    if options.workers:
        yield from WORKERS
    if options.baseline:
        yield from (BASELINE + "threaded", BASELINE + "forked")


def cases(options: argparse.Namespace) -> dict[str, Case]:
    """What is measured, by the title of its column."""
    usual = command_line.case(options, "mixed", USUAL_CONNECTIONS)
    kept = {count: replace(usual, connections=count) for count in CONNECTIONS}
    return {f"{count} connection{'s' * (count > 1)}": case for count, case in kept.items()} | {
        f"{USUAL_CONNECTIONS}, {PIPELINED} pipelined": replace(usual, pipelined=PIPELINED),
        "a new connection each": replace(usual, load="connect"),
    }


def measure_rounds(servers: Sequence[Server], options: argparse.Namespace) -> Samples:
    """The samples of each server in each case, one per round."""
    samples: Samples = {server: {title: [] for title in cases(options)} for server in servers}
    for number in range(1, options.rounds + 1):
        for title, case in cases(options).items():
            for server, sample in in_turn(servers, case, f"round {number}: {title}"):
                samples[server][title].append(sample)
    return samples


def print_tables(medians: Medians) -> None:
    """Prints the CPU time per request, and the requests per second."""
    titles = list(next(iter(medians.values())))
    has_baseline = any(server.name in BASELINES for server in medians)
    cpu_title = "CPU µs/request" + (" (to the baseline)" if has_baseline else "")
    cpu = [[server.label, *cpu_cells(server, medians)] for server in medians]
    rates = [
        [server.label, *(f"{sample.requests_per_second:,.0f}" for sample in by_case.values())]
        for server, by_case in medians.items()
    ]
    print(results.markdown([cpu_title, *titles], cpu), end="\n\n")
    print(results.markdown(["requests/s", *titles], rates))


def cpu_cells(server: Server, medians: Medians) -> Iterator[str]:
    """The CPU time per request in each case, and how it relates to the baseline's."""
    for title, sample in medians[server].items():
        others = {other.name: by_case[title] for other, by_case in medians.items()}
        baseline = baseline_of(server, others)
        ratio = f" ({results.ratio(sample, baseline)})" if baseline else ""
        yield f"{sample.cpu_us_per_request:.1f}{ratio}"


def documents(samples: Samples) -> dict[str, object]:
    """What the JSON file tells of each server."""
    return {
        server.name: {
            "label": server.label,
            "cases": {title: results.document(rounds) for title, rounds in by_case.items()},
        }
        for server, by_case in samples.items()
    }


if __name__ == "__main__":
    sys.exit(main())
