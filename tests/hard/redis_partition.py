"""A primary cut off from its replica, which takes its place: what was acknowledged and is lost.

    python tests/hard/redis_partition.py [--rounds 2] [--seconds 3.5]

A partition keeps the replication stream back while the server, on the primary's side, goes on.
Then the replica is made a primary, and the server led to it. Without `--redis_wait` what was
acknowledged meanwhile is lost: there is no bar for it, only the figure. With `--redis_wait 1`
nothing is lost; there is no answer but 503 as long as no replica confirms.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable

from harness import Report, arguments, seconds_until, serving
from middle import Middle
from redis_kill import Address, can_be_asked, stored

from tests.hard.players import Place, Player
from tests.redis_server import RedisServer

PLAYERS, USERS, LEVELS, PIPELINE = 8, 100, 20, 8


class Witness(Player):
    """A player that knows each score that was acknowledged, not only the best of a place."""

    def __init__(self, number: int) -> None:
        super().__init__(number, USERS, LEVELS, PIPELINE)
        self.scores: list[tuple[Place, int]] = []

    def _note(self, status: int, place: Place, score: int) -> None:
        super()._note(status, place, score)
        if status == 200:
            self.scores.append((place, score))


def main() -> int:
    options = arguments(__doc__, rounds=2, seconds=3.5)
    report = Report("a partition, and a failover behind it")
    for mode in options.modes:
        for wait in (0, 1):
            for _ in range(options.rounds):
                run(f"{mode}, --redis_wait {wait}", mode, wait, options.seconds, report)
    return report.end()


def run(what: str, mode: str, wait: int, seconds: float, report: Report) -> None:
    primary, replica = RedisServer(), RedisServer()
    try:
        with Middle(primary.port) as stream, Middle(primary.port) as way:
            replica.ask("REPLICAOF", "127.0.0.1", stream.port)
            assert seconds_until(lambda: is_in_step(replica), 20) is not None
            with serving(mode, "--store", way.url, "--redis_wait", str(wait)) as server:
                players = [Witness(number) for number in range(PLAYERS)]
                for player in players:
                    player.log_in(server.address)
                play(players, server.address, 1.0)
                time.sleep(0.5)  # the stream may be a little behind
                before = count(players)
                stream.stands_still = True
                play(players, server.address, seconds)
                meanwhile = count(players) - before
                fail_over(primary, replica, way)
                judge(what, players, meanwhile, server.address, wait, report)
    finally:
        primary.close()
        replica.close()


def fail_over(primary: RedisServer, replica: RedisServer, way: Middle) -> None:
    """As a Sentinel does it; the old primary is never seen again."""
    replica.ask("REPLICAOF", "NO", "ONE")
    way.target = replica.port
    primary.kill()
    way.cut()


def judge(
    what: str, players: list[Witness], meanwhile: int, address: Address, wait: int, report: Report
) -> None:
    back = seconds_until(lambda: can_be_asked(address), 10)
    found = stored(address)
    missing = sum(
        found.get(place, -1) < score for player in players for place, score in player.scores
    )
    share = f" ({missing / meanwhile:.0%})" if meanwhile else ""
    shown = f"{missing:,} of {meanwhile:,}{share}"
    bar = "none: it is what it is" if wait == 0 else 0
    report.row(f"{what}: lost of what was acknowledged", shown, bar, not wait or not missing)
    report.row(
        f"{what}: lists and boards are back after",
        "never" if back is None else f"{back:.2f} s",
        "2 s",
        back is not None and back <= 2,
    )


def play(players: list[Witness], address: Address, seconds: float) -> None:
    stop = threading.Event()
    work: Callable[..., None] = Player.play
    threads = [threading.Thread(target=work, args=(each, address, stop)) for each in players]
    for thread in threads:
        thread.start()
    time.sleep(seconds)
    stop.set()
    for thread in threads:
        thread.join()


def count(players: list[Witness]) -> int:
    return sum(player.count for player in players)


def is_in_step(replica: RedisServer) -> bool:
    return b"master_link_status:up" in replica.ask("INFO", "replication")


if __name__ == "__main__":
    sys.exit(main())
