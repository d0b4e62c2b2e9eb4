"""Random changes to replay files, the same for the same seed."""

import random
from collections.abc import Iterator

from .encoders import (
    AVF_MIME,
    LOST,
    RMV_MIME,
    UNFINISHED,
    WON,
    Avf,
    Rmv,
    end,
    freesweeper,
    mouse,
    opened,
    short_move,
    stamp,
)

SEEDS = (
    (Rmv(1).encode(), RMV_MIME),
    (Rmv(2).encode(), RMV_MIME),
    (Rmv(1, "expert", player=(), nick=b"key", more_properties=b"\1").encode(), RMV_MIME),
    (Rmv(1, events=stamp(5) + mouse(3, 9) + end(LOST, 80), trailer=bytes(5)).encode(), RMV_MIME),
    (Rmv(2, "custom", (9, 5, 3), events=end(UNFINISHED, 80)).encode(), RMV_MIME),
    (
        Rmv(
            2,
            events=mouse(1, 3, -4, 9)
            + short_move(5, -8, 7) * 20
            + opened(0, (3, 3))
            + end(WON, 500),
        ).encode(),
        RMV_MIME,
    ),
    (Avf().encode(), AVF_MIME),
    (Avf(level="custom", size=(9, 5, 3)).encode(), AVF_MIME),
    (freesweeper().encode(), AVF_MIME),
    (freesweeper(level="intermediate", unknown=b"\1\1\0\0").encode(), AVF_MIME),
)
"""Valid files of every format, with their MIME types."""

_EXTREMES = (b"\0", b"\xff", b"\x7f", b"\0\0", b"\xff\xff", b"\0\0\0\0", b"\xff\xff\xff\xff")
_WORDS = (b"[", b"]", b"cs=", b"\r", b"#", b"*rmv", b"NICK:", b"\1\0\1\0\0\0\0\0", b"\x10\0\0\1")


def _flip(rng: random.Random, data: bytearray) -> None:
    data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)


def _overwrite(rng: random.Random, data: bytearray) -> None:
    part = rng.choice((*_EXTREMES, *_WORDS, rng.randbytes(rng.randint(1, 9))))
    place = rng.randrange(len(data))
    data[place : place + len(part)] = part


def _overwrite_early(rng: random.Random, data: bytearray) -> None:
    part = rng.choice((*_EXTREMES, rng.randbytes(2)))
    place = rng.randrange(min(len(data), 60))
    data[place : place + len(part)] = part


def _insert(rng: random.Random, data: bytearray) -> None:
    place = rng.randrange(len(data))
    data[place:place] = rng.choice((*_WORDS, rng.randbytes(rng.randint(1, 20))))


def _delete(rng: random.Random, data: bytearray) -> None:
    place = rng.randrange(len(data))
    del data[place : place + rng.randint(1, 40)]


def _repeat(rng: random.Random, data: bytearray) -> None:
    place = rng.randrange(len(data))
    data[place:place] = data[place : place + rng.randint(1, 60)] * rng.randint(1, 30)


def _cut(rng: random.Random, data: bytearray) -> None:
    del data[rng.randrange(len(data)) :]


def _splice(rng: random.Random, data: bytearray) -> None:
    other, _ = rng.choice(SEEDS)
    data[rng.randrange(len(data)) :] = other[rng.randrange(len(other)) :]


_CHANGES = (_flip, _flip, _overwrite, _overwrite_early, _insert, _delete, _repeat, _cut, _splice)


def mutated(seed: int, count: int) -> Iterator[tuple[bytes, str]]:
    """Give ``count`` files with one to six changes each, and the MIME type of the original."""
    rng = random.Random(seed)
    for _ in range(count):
        original, mime_type = rng.choice(SEEDS)
        data = bytearray(original)
        for _ in range(rng.choice((1, 1, 2, 3, 6))):
            if data:
                rng.choice(_CHANGES)(rng, data)
        yield bytes(data), mime_type
