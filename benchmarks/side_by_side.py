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
import sys
import time
from collections.abc import Mapping, Sequence

import chart
import command_line
import footprint
import load
import results
from measurement import MEASURES, in_turn, say
from results import Sample
from servers import SERVERS, Server


def main() -> int:
    """Measures and reports; the exit status is 1 if any request failed."""
    command_line.exit_when_terminated()
    options = parse_arguments()
    servers = choose(options)
    if options.footprint:
        return report_footprints(servers, options)
    rounds = measure_rounds(servers, options)
    return report(rounds, options) if rounds else 1


def parse_arguments() -> argparse.Namespace:
    """The command line's settings."""
    parser = command_line.parser(__doc__)
    add = parser.add_argument
    add("--connections", type=int, default=64, help="at a time [default: %(default)s]")
    add("--only", metavar="NAME,...",
        help=f"of {', '.join(SERVERS)} and the baseline's [default: those in memory]")
    add("--load", choices=MEASURES, default="mixed", help="[default: %(default)s]")
    add("--footprint", action="store_true", help="start, memory and idle connections instead")
    add("--save", nargs="?", const="", metavar="NAME",
        help="keep the result: results/NAME.json and a drawing [default: named after the load]")
    return parser.parse_args()


def choose(options: argparse.Namespace) -> list[Server]:
    """The servers that were asked for and are there."""
    servers = command_line.with_baseline(SERVERS, options)
    default = (
        server.name for server in servers.values()
        if server.in_default_set and (server.is_ours or not options.footprint)
    )
    return command_line.choose(servers, options.only, default)


def measure_rounds(
    servers: Sequence[Server], options: argparse.Namespace
) -> dict[Server, list[Sample]]:
    """Each server's samples, one per round."""
    case = command_line.case(options, options.load, options.connections)
    rounds: dict[Server, list[Sample]] = {server: [] for server in servers}
    for number in range(1, options.rounds + 1):
        for server, sample in in_turn(servers, case, f"round {number}"):
            rounds[server].append(sample)
    return rounds


def report(rounds: Mapping[Server, Sequence[Sample]], options: argparse.Namespace) -> int:
    """Prints the table, keeps it if asked to, and shouts about failures."""
    medians = {server: results.median(samples) for server, samples in rounds.items()}
    print(results.table(medians))
    if options.save is not None:
        name = options.save or default_name(options)
        servers = {
            server.name: {"label": server.label, **results.document(samples)}
            for server, samples in rounds.items()
        }
        path = results.save(name, command_line.settings(options), servers, options.baseline)
        path.with_suffix(".svg").write_text(drawing(medians, options))
        say(f"saved {path} and the drawing beside it")
    return command_line.exit_status({
        server.name: sample.failures for server, sample in medians.items()
    })


def default_name(options: argparse.Namespace) -> str:
    """What a result is called when it is not given a name."""
    if options.load == "connect":
        return "connect"
    return "side_by_side" if options.mix == "narrow" else f"side_by_side_{options.mix}"


def drawing(medians: Mapping[Server, Sample], options: argparse.Namespace) -> str:
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
        chart.Bar(server.label, sample.cpu_us_per_request, sample.requests_per_second,
                  server.is_ours)
        for server, sample in medians.items()
    ])


def report_footprints(servers: Sequence[Server], options: argparse.Namespace) -> int:
    """Measures and prints what each server costs while it has nothing to do."""
    found = {server.name: dataclasses.asdict(footprint.measure(server)) for server in servers}
    print(json.dumps(found, indent=1))
    if options.save is not None:
        say(f"saved {results.save(options.save or 'footprint', {}, found)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
