"""What the comparisons share on the command line: their options and the choice of servers."""

from __future__ import annotations

import argparse
import dataclasses
import signal
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

import load
from measurement import Case, say
from servers import BASELINES, Server, baseline_servers

NOT_SETTINGS = ("save", "only", "baseline")


def parser(documentation: str | None) -> argparse.ArgumentParser:
    """A parser of the options that every comparison has."""
    result = argparse.ArgumentParser(description=(documentation or "").split("\n\n")[0])
    add = result.add_argument
    add("--seconds", type=float, default=5, help="per measurement [default: %(default)s]")
    add("--rounds", type=int, default=3, help="[default: %(default)s]")
    add("--connects", type=int, default=20000, help="requests of load connect [%(default)s]")
    add("--new-best-every", type=int, default=10, metavar="N",
        help="of load mixed, every Nth score is a new best [default: %(default)s]")
    add("--mix", choices=load.MIXES, default="narrow",
        help="of load mixed: how many players and different requests [default: %(default)s]")
    add("--baseline", type=run_server, metavar="PATH",
        help="the run_server.py of another checkout (git worktree add), to compare with: "
        f"adds {', '.join(BASELINES)}")
    return result


def run_server(text: str) -> Path:
    """The program at a path, which may be relative."""
    path = Path(text).resolve()
    if not path.is_file():
        raise argparse.ArgumentTypeError(f"there is no file {text}")
    return path


def with_baseline(
    servers: Mapping[str, Server], options: argparse.Namespace
) -> dict[str, Server]:
    """The servers, and the baseline's if one is given."""
    return dict(servers) | (baseline_servers(options.baseline) if options.baseline else {})


def case(options: argparse.Namespace, load_name: str, connections: int) -> Case:
    """The load of that name as the options have it."""
    return Case(
        load_name, connections, options.seconds, options.connects, load.MIXES[options.mix],
        options.new_best_every,
    )


def choose(
    servers: Mapping[str, Server], only: str | None, default: Iterable[str]
) -> list[Server]:
    """The servers that were asked for and are there. A name that is unknown ends the program."""
    names = only.split(",") if only else list(default)
    if unknown := set(names) - set(servers):
        raise SystemExit(f"no such server: {', '.join(sorted(unknown))}")
    wanted = [servers[name] for name in names]
    for server in wanted:
        if missing := server.missing():
            say(f"{server.name} is left out: {missing} is missing")
    return [server for server in wanted if not server.missing()]


def settings(options: argparse.Namespace) -> dict[str, object]:
    """The settings that a result depends on."""
    given = {name: value for name, value in vars(options).items() if name not in NOT_SETTINGS}
    return given | dataclasses.asdict(load.MIXES[options.mix])


def exit_status(failures: Mapping[str, int]) -> int:
    """1 if any request failed; shouts about those."""
    failed = {what: count for what, count in failures.items() if count}
    for what, count in failed.items():
        say(f"!!! {what}: {count} REQUESTS FAILED: its figures mean nothing !!!")
    return 1 if failed else 0


def exit_when_terminated() -> None:
    """Lets SIGTERM end the program like an error, so that servers are stopped."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
