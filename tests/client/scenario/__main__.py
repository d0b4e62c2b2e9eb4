"""Plays a player's part against a server, with whichever client library is installed.

    python tests/client/scenario settings.json

It uses only what the released packages 0.2.0 and 0.3.1 and this one have in common, so
that each can run it in an environment of its own, which has to have the library and
requests. settings.json holds `host`, `port`, `folder` (an existing, empty folder, where
files are written) and `seconds_to_start`, how far ahead tournaments are created: some
forty steps before `wait_key`, two of them password checks, have to fit in; 8 is plenty.

One JSON line per step is printed: `step`, `ok`, `expected`, and what happened: `returned`,
or `raised` with `error` and `wait`. The exit status is 1 if a step was not ok.
"""

from __future__ import annotations

import json
import sys
from typing import Any, TextIO

from account import LoggingIn, Refreshing, WithoutLogin
from documented import Examples
from playing import AfterTheEnd, Entering, GettingKeys, Uploading
from steps import Step, outcome, steps_of
from world import World

PARTS = (
    WithoutLogin,
    LoggingIn,
    Refreshing,
    Entering,
    GettingKeys,
    Uploading,
    AfterTheEnd,
    Examples,
)


def run(step: Step, output: TextIO) -> bool:
    """Takes a step and prints what came of it; whether that was expected."""
    happened = outcome(step.action)
    ok = step.expected is None or happened == step.expected
    line: dict[str, Any] = {"step": step.name, "ok": ok, "expected": step.expected, **happened}
    print(json.dumps(line), file=output, flush=True)
    return ok


def main(settings_path: str) -> int:
    with open(settings_path, encoding="utf-8") as file:
        world = World(json.load(file))
    # What the examples print is no step.
    output, sys.stdout = sys.stdout, sys.stderr
    results = [run(step, output) for part in PARTS for step in steps_of(part(world))]
    return int(not all(results))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
