"""Kills a server under load again and again: `python -m tests.hard.kill [--rounds 100]`.

An admin bans users, takes scores and a whole level away, and undoes it meanwhile. After each
kill -9 of all processes the file is examined, and the server started again: then nobody is what
nobody has made them, the level is there as a whole or not at all, and a post with a tournament's
key is on the board and in the tournament, or in neither. The session keys of the first round serve
for all.
"""

from __future__ import annotations

import argparse
import random
import signal
import sys
import tempfile
import threading
import time
from pathlib import Path

from tests.hard.keyed_player import KeyedPlayer
from tests.hard.moderator import Moderator, write_token
from tests.hard.players import Player, invented, lost, stored
from tests.servers import ServerProcess

PLAYERS, USERS, LEVELS, PIPELINE = 8, 100, 50, 16
LOGIN_SECONDS = 300


class Game:
    """A data file, players, and what became of it all."""

    def __init__(self, flags: list[str], path: str, seed: int) -> None:
        folder = Path(path).parent
        self._flags = [*flags, "--data", path, *write_token(folder)]
        self._path = path
        self._chance = random.Random(seed)
        self._players = [Player(number, USERS, LEVELS, PIPELINE) for number in range(PLAYERS)]
        self._next_login = 0.0
        self._moderator = Moderator(PLAYERS * USERS, LEVELS, seed)
        self._moderator.fill(path, folder)
        self._keyed_player = KeyedPlayer(path)
        self.lost = self.invented = self.half = self.forgotten = self.torn = 0
        self.slowest_start = 0.0

    @property
    def acknowledged(self) -> int:
        return sum(player.count for player in self._players)

    @property
    def wrong(self) -> int:
        wrong = sum(len(player.wrong) + player.refused for player in self._players)
        return wrong + len(self._moderator.wrong) + self._moderator.refused

    @property
    def keyed(self) -> int:
        return self._keyed_player.count

    @property
    def moderated(self) -> int:
        return self._moderator.count

    def round(self) -> None:
        started = time.monotonic()
        server = ServerProcess(*self._flags)
        self.slowest_start = max(self.slowest_start, time.monotonic() - started)
        try:
            self.half += self._moderator.is_half(server.address)
            self._log_in(server)
            self._play(server)
        finally:
            server.kill()
        found = stored(self._path)
        self.forgotten += self._moderator.forgotten(self._path)
        self.torn += self._keyed_player.is_torn(self._path)
        for player in self._players:
            self.lost += lost(player.acknowledged, found)
        sent = {place: scores for player in self._players for place, scores in player.sent.items()}
        self.invented += invented(sent, found)

    def _log_in(self, server: ServerProcess) -> None:
        if time.monotonic() >= self._next_login:
            for player in self._players:
                player.log_in(server.address)
            self._next_login = time.monotonic() + LOGIN_SECONDS

    def _play(self, server: ServerProcess) -> None:
        stop = threading.Event()
        threads = [
            threading.Thread(target=player.play, args=(server.address, stop))
            for player in self._players
        ]
        for work in (self._moderator.work, self._keyed_player.work):
            threads.append(threading.Thread(target=work, args=(server.address, stop)))
        for thread in threads:
            thread.start()
        time.sleep(self._chance.uniform(0.05, 0.8))
        server.send_signal_to_all(signal.SIGKILL)
        for thread in threads:
            thread.join()


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split(":")[0])
    parser.add_argument("--rounds", type=int, default=100, help="of each mode [%(default)s]")
    parser.add_argument("--scores", type=int, default=250_000, help="of each mode [%(default)s]")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    print("| mode | rounds | acknowledged | lost | invented | other answers | slowest start "
          "| moderated | half | forgotten | with a key | torn |")  # fmt: skip
    print("|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|")
    bad = 0
    for mode, flags in (("threaded", ["--threaded"]), ("forked", [])):
        with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
            game = Game(flags, str(Path(folder, "game.db")), options.seed)
            rounds = 0
            while rounds < options.rounds or game.acknowledged < options.scores:
                game.round()
                rounds += 1
        print(f"| {mode} | {rounds} | {game.acknowledged:,} | {game.lost} | {game.invented} "
              f"| {game.wrong} | {game.slowest_start:.2f} s | {game.moderated:,} | {game.half} "
              f"| {game.forgotten} | {game.keyed:,} | {game.torn} |", flush=True)  # fmt: skip
        bad += game.lost + game.invented + game.wrong + game.half + game.forgotten + game.torn
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
