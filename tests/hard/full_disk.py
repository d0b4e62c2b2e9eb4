"""Fills a small disk under load and makes room again: `python -m tests.hard.full_disk` (root).

The disk is a tmpfs of 16 MB. While it is full, lists and logins have to be answered, scores, bans,
claims, runs and tokens refused; when there is room again, scores have to be taken within two
seconds, and of what was refused there is nothing.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.hard.moderator import Moderator, write_token
from tests.hard.people import People, file_of, server_of
from tests.hard.players import Player, invented, lost, stored
from tests.raw_client import request_bytes
from tests.servers import ServerProcess
from tests.support import wait_until

USERS, LEVELS, PIPELINE = 4000, 50, 8
"""So many places that scores need more room all the time: what is written again needs none."""
TRY_SECONDS = 0.05
PLAY_SECONDS = 0.5


@contextmanager
def small_disk(size: str) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], check=True)
        try:
            yield Path(folder)
        finally:
            subprocess.run(["umount", folder], check=True)


def fill(path: Path) -> None:
    """Takes all the room there is."""
    with suppress(OSError), open(path, "wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))


def reads_answer(server: ServerProcess) -> bool:
    """Whether a list and a login are answered, and the list is that of the file."""
    with server.client() as client:
        scores = client.ask(request_bytes("GET", "/1/highscorelist"))
        login = client.ask(request_bytes("GET", "/1/login"))
    return scores.status == login.status == 200 and scores.body.count(b"=") == 15


class Round:
    """Full, then room again, with a player who never stops."""

    def __init__(self, server: ServerProcess, player: Player, people: People, disk: Path) -> None:
        self._server = server
        self._player = player
        self._people = people
        self._moderator = Moderator(1, 1)
        self._filler = disk / "filler"
        self.reads_failed = 0
        self.recovery = 0.0

    def run(self) -> None:
        stop = threading.Event()
        thread = threading.Thread(target=self._player.play, args=(self._server.address, stop))
        thread.start()
        self._live()
        refused = self._player.refused
        fill(self._filler)
        wait_until(lambda: self._player.refused > refused)
        for _ in range(20):
            self.reads_failed += not reads_answer(self._server)
            self.reads_failed += self._ban() != 503
            self._live()
            time.sleep(TRY_SECONDS)
        os.unlink(self._filler)
        started, count = time.monotonic(), self._player.count
        wait_until(lambda: self._player.count > count)
        self.recovery = time.monotonic() - started
        time.sleep(PLAY_SECONDS)
        self.reads_failed += self._ban() != 200
        self._live()
        with self._server.client() as client:
            self._people.check(server_of(client))
        stop.set()
        thread.join()

    def _live(self) -> None:
        """One more person does everything."""
        with self._server.client() as client:
            self._people.live(server_of(client))

    def _ban(self) -> int:
        """The status of a ban, which is lifted again, of a user who does not play."""
        status, _ = self._moderator.ask(self._server.address, "POST", f"/api/users/{USERS}/ban")
        if status == 200:
            self._moderator.ask(self._server.address, "POST", f"/api/users/{USERS}/unban")
        return status


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split(":")[0])
    parser.add_argument("--rounds", type=int, default=5, help="of each mode [%(default)s]")
    options = parser.parse_args()
    print("| mode | rounds | acknowledged | refused | lost | invented | people refused "
          "| people wronged | reads failed | recovery |")  # fmt: skip
    print("|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|")
    bad = 0
    for mode, flags in (("threaded", ["--threaded"]), ("forked", [])):
        bad += run(mode, flags, options.rounds)
    return 1 if bad else 0


def run(mode: str, flags: list[str], count: int) -> int:
    with small_disk("16m") as disk:
        path = str(disk / "game.db")
        player, people = Player(0, USERS, LEVELS, PIPELINE), People()
        with ServerProcess(*flags, "--data", path, *write_token(disk)) as server:
            player.log_in(server.address)
            warm_up(server, player)
            rounds = [Round(server, player, people, disk) for _ in range(count)]
            for each in rounds:
                each.run()
            before = stored(path)
        with file_of(path) as ask:
            people.check(ask)
        found = stored(path)
    missing = lost(player.acknowledged, before) + lost(player.acknowledged, found)
    strange = invented(player.sent, found)
    unread = sum(each.reads_failed for each in rounds)
    slowest = max(each.recovery for each in rounds)
    print(f"| {mode} | {count} | {player.count:,} | {player.refused:,} | {missing} | {strange} "
          f"| {people.refused} | {len(people.wrong)} | {unread} | {slowest:.2f} s |",
          flush=True)  # fmt: skip
    for what in people.wrong:
        print(what, file=sys.stderr)
    wrong = len(player.wrong) + len(people.wrong) + (not people.refused)
    return missing + strange + unread + wrong + (slowest > 2)


def warm_up(server: ServerProcess, player: Player) -> None:
    """Fills the lists."""
    stop = threading.Event()
    thread = threading.Thread(target=player.play, args=(server.address, stop))
    thread.start()
    wait_until(lambda: player.count > 2000)
    stop.set()
    thread.join()


if __name__ == "__main__":
    sys.exit(main())
