"""Has each write to the disk fail in turn: `python -m tests.hard.faults` (Linux, strace).

For every n, the n-th call of a kind fails once while fifty scores are posted one by one, users
banned and scores taken away, users claimed, runs used up and tokens made and ended. No score may be
acknowledged that is not in the file afterwards, and no list may show one that was not acknowledged;
the same goes for bans, claims, runs, tokens and what is undone. After `ENOSPC` at a write
the server has to go on; after everything else it has to end with its exit code for that.
"""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
from collections import Counter
from pathlib import Path

from gameserver.errors import StorageFailed
from tests.hard.moderator import states
from tests.hard.people import People, file_of, server_of
from tests.hard.players import invented, lost, stored
from tests.hard.traced import PERSONS, Poster, start_traced
from tests.servers import NotStarted, ServerProcess

CALLS = ("pwrite64", "fdatasync", "ftruncate")
ERRORS = ("EIO", "ENOSPC")

NOT_STARTED, STOPPED, WENT_ON, LATER = "not started", "ended", "went on", "at the end"


def count_calls(call: str) -> int:
    """How many calls a run without faults makes."""
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        trace = Path(folder, "trace")
        with start_traced(["-e", f"trace={call}", "-o", str(trace)], Path(folder)) as server:
            poster = Poster(server)
            poster.post_all()
            poster.moderate()
            poster.close()
            live(People(), server)
        return trace.read_text().count(f"{call}(")


def live(people: People, server: ServerProcess) -> None:
    """What some people do; as `Poster.post_all` if the server goes away."""
    with server.client() as client:
        for _ in range(PERSONS):
            people.live(server_of(client))


class Run:
    """One server with one fault."""

    def __init__(self, call: str, error: str, number: int, folder: Path) -> None:
        inject = f"inject={call}:error={error}:when={number}"
        self._path = str(folder / "game.db")
        options = ["-e", f"trace={call}", "-e", inject, "-o", "/dev/null"]
        self.false = 0
        """How much was acknowledged and is not there, or is there and was refused or never sent."""
        try:
            server = start_traced(options, folder)
        except NotStarted as failure:
            assert failure.exit_code in (2, StorageFailed.EXIT_CODE), failure
            self.outcome = NOT_STARTED
            return
        try:
            self.outcome = self._play(server)
        finally:
            server.kill()

    def _play(self, server: ServerProcess) -> str:
        poster, people = Poster(server), People()
        try:
            poster.post_all()
            self.false += not poster.shows_what_was_acknowledged()
            poster.moderate()
            live(people, server)
        except (OSError, AssertionError):
            expected, outcome = StorageFailed.EXIT_CODE, STOPPED
        else:
            server.send_signal(signal.SIGTERM)
            expected, outcome = 0, WENT_ON if poster.refused + people.refused else LATER
        code = server.exit_code()
        assert code == expected, code
        poster.close()
        found = stored(self._path)
        self.false += lost(poster.acknowledged, found) + invented(poster.sent, found)
        self.false += sum(
            states(self._path).get(user_id) != state for user_id, state in poster.states.items()
        )
        with file_of(self._path) as ask:
            people.check(ask)
        self.false += len(people.wrong)
        for what in people.wrong:
            print(what, file=sys.stderr)
        return outcome


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split(":")[0])
    parser.add_argument("--step", type=int, default=1, help="every n-th call only [%(default)s]")
    options = parser.parse_args()
    print(f"| call | error | faults | {NOT_STARTED} | {STOPPED} | {WENT_ON} | unnoticed | false |")
    print("|---|---|--:|--:|--:|--:|--:|--:|")
    bad = 0
    for call in CALLS:
        calls = count_calls(call)
        for error in ERRORS:
            bad += fail_each(call, error, range(1, calls + 1, options.step))
    return 1 if bad else 0


def fail_each(call: str, error: str, numbers: range) -> int:
    """Prints a line of the table; returns how much was wrong."""
    outcomes: Counter[str] = Counter()
    false = 0
    for number in numbers:
        with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
            run = Run(call, error, number, Path(folder))
        outcomes[run.outcome] += 1
        false += run.false
    columns = (outcomes[name] for name in (NOT_STARTED, STOPPED, WENT_ON, LATER))
    print(f"| {call} | {error} | {len(numbers)} | {' | '.join(map(str, columns))} | {false} |",
          flush=True)  # fmt: skip
    return false


if __name__ == "__main__":
    sys.exit(main())
