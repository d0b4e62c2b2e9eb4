"""Kills a server while users are claimed, tokens made and runs used: `… [--rounds 20]`.

    python tests/hard/kill_claims.py [--rounds 20] [--seconds 120]

After each kill -9 of all its processes the server starts again from its file, and all that it has
acknowledged holds: no claimed user is played without the secret, no owner is shut out, no key from
before a claim is valid, no used run counts twice, and no token that was ended opens anything.
"""

from __future__ import annotations

import random
import signal
import sys
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path

from harness import Report, arguments

from tests.hard.moderator import write_token
from tests.hard.people import People, server_of
from tests.servers import ServerProcess


def run_round(flags: list[str], people: People, chance: random.Random) -> None:
    server = ServerProcess(*flags)
    killer = threading.Timer(
        chance.uniform(0.05, 0.6), server.send_signal_to_all, [signal.SIGKILL]
    )
    try:
        with server.client() as client:
            older = people.persons[:-10]
            sample = chance.sample(older, min(20, len(older)))
            people.check(server_of(client), [*people.persons[-10:], *sample])
        killer.start()
        with suppress(OSError, AssertionError, ValueError), server.client() as client:
            while True:
                people.live(server_of(client))  # until it is killed
        killer.join()
    finally:
        server.kill()


def main() -> int:
    options = arguments(__doc__, rounds=20, seconds=120.0)
    report = Report("claims, runs and tokens over kills")
    for mode in options.modes:
        with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
            flags = ["--data", str(Path(folder, "game.db")), *write_token(Path(folder))]
            flags += ["--threaded"] if mode == "threaded" else []
            people, chance = People(), random.Random(options.seed)
            rounds, give_up = 0, time.monotonic() + options.seconds
            while rounds < options.rounds and time.monotonic() < give_up:
                run_round(flags, people, chance)
                rounds += 1
        report.row(f"{mode}: kills", rounds, f">= {options.rounds}", rounds >= options.rounds)
        for what, count in (
            ("claims acknowledged", people.count("is_claimed")),
            ("runs used", people.count("has_used")),
            ("tokens ended", people.ended),
        ):
            report.row(f"{mode}: {what}", f"{count:,}", "> 0", count > 0)
        report.row(f"{mode}: wrong answers", len(people.wrong), 0, not people.wrong)
        for line in people.wrong[:5]:
            report.note(line)
    return report.end()


if __name__ == "__main__":
    sys.exit(main())
