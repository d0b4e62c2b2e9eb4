"""Random changes to replay files in great number: ``python -m tests.hard.fuzz_replays``.

Optional arguments: the number of inputs (200,000) and the seed (1). Stops at the first exception
other than ``InvalidReplay``, with the input in hexadecimal. Prints how many inputs were read and
how many were refused for which reason, and the slowest input. Takes ten seconds for each 200,000.
"""

import sys
import time
from collections import Counter

from gameserver.minesweeper.replays import InvalidReplay, read_replay
from tests.minesweeper.replays.mutations import mutated


def outcome(data: bytes, mime_type: str) -> str:
    try:
        replay = read_replay(data, mime_type)
    except InvalidReplay as error:
        return str(error)
    except BaseException:
        print(f"{mime_type}: {data.hex()}")
        raise
    return "read and proven" if replay.proven else "read"


def main(count: int = 200_000, seed: int = 1) -> None:
    outcomes: Counter[str] = Counter()
    slowest = (0.0, 0, 0, "")
    for number, (data, mime_type) in enumerate(mutated(seed, count), 1):
        start = time.perf_counter()
        outcomes[outcome(data, mime_type)] += 1
        slowest = max(slowest, (time.perf_counter() - start, number, len(data), mime_type))
    print(f"{count:,} inputs, seed {seed}")
    for reason, times in outcomes.most_common():
        print(f"{times:9,}  {reason}")
    seconds, number, size, mime_type = slowest
    print(f"slowest: {seconds * 1000:.1f} ms for input {number:,}, {size:,} bytes, {mime_type}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
