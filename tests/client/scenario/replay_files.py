"""Replays of won (or lost) beginner games with a key in them, played square by square.

`rmv` follows ralokt/rmv_spec, version 2. There is no specification of avf; `avf` is laid
out as files of Arbiter 0.52 are.
"""

from __future__ import annotations

import random
import struct
import time

SIDE = 8
PIXELS = 16  # of a square in avf
MINES = [(n, n) for n in range(8)] + [(0, 7), (7, 0)]  # (column, row), ten of them
SAFE = [(x, y) for y in range(SIDE) for x in range(SIDE) if (x, y) not in MINES]
WON, LOST, NUMBER = 16, 15, 18  # rmv events; a square showing n is NUMBER + n
DOWN, UP = 3, 5  # avf events


def rmv(key: str, milliseconds: int = 6303, last_event: int = WON) -> bytes:
    """A ViennaSweeper replay with the key as nickname."""
    names = [b"Player", key.encode(), b"", b""]  # name, nickname, country, token
    board = struct.pack(">IBBH", int(time.time()), SIDE, SIDE, len(MINES))
    parts = [
        b"Vienna Minesweeper",
        struct.pack(">H", len(names)) + b"".join(bytes([len(n)]) + n for n in names),
        board + bytes(number for mine in MINES for number in mine),
        struct.pack(">H", 0),  # flags before the start
        bytes((0, 0, 0, 0, 0, 20, 24)),  # normal mode, beginner, 3BV 20, 24 pixels
        struct.pack(">H", 0),  # extensions
        _rmv_events(key, milliseconds, last_event),
        bytes(18),  # checksum
    ]
    body = struct.pack(">6HIH", *map(len, parts)) + b"".join(parts)
    # The file size that ViennaSweeper writes is 2 less than the real one.
    return b"*rmv" + struct.pack(">HBBI", 2, 1, 5, 12 + len(body) - 2) + body


def avf(key: str, hundredths: int = 541, name: str = "Player") -> bytes:
    """An Arbiter replay with the key after a "#" in the name."""
    seconds, rest = divmod(hundredths, 100)
    mines = bytes(number + 1 for column, row in MINES for number in (row, column))
    info = f"[0|22.5.2021.16:39:05:9912|22.16:39:11:3325|B20T{seconds + 1}.{rest:02}]"
    clicks = [(kind, x, y) for x, y in _played(key) for kind in (DOWN, UP)]
    times = (hundredths * done // (len(clicks) - 1) for done in range(len(clicks)))
    events = b"".join(_avf_event(at, *click) for at, click in zip(times, clicks, strict=True))
    footer = (
        f"RealTime: {seconds}.{rest:02}",
        "Skin: 3.1",
        f"{name}#{key}",
        "Minesweeper Arbiter 0.52.3.",
    )
    head = bytes((52, 19, 7, 9, 13, 3)) + mines + b"\x7f8" + info.encode()
    checksum = b"cs=" + b"\x7f" * 16 + b"\r"
    return head + bytes((12, 11, 9, 9, 9)) + events + bytes(8) + checksum + _lines(footer)


def _played(key: str) -> list[tuple[int, int]]:
    """The squares in an order that belongs to the key, so that no two keys share a game."""
    return random.Random(key).sample(SAFE, len(SAFE))


def _rmv_events(key: str, milliseconds: int, last_event: int) -> bytes:
    """A click, every square without a mine, the end, and the time stamp after it."""
    click = struct.pack(">BBHBhh", DOWN, 0, 0, 0, 12, 12)
    opened = b"".join(bytes((NUMBER + _mines_around(x, y), x, y)) for x, y in _played(key))
    end = bytes([last_event]) + milliseconds.to_bytes(3, "big")
    return click + opened + end + struct.pack(">BI", 0, milliseconds)


def _mines_around(x: int, y: int) -> int:
    return sum(abs(x - column) <= 1 and abs(y - row) <= 1 for column, row in MINES)


def _avf_event(hundredths: int, kind: int, column: int, row: int) -> bytes:
    """One mouse event. Seconds are counted from 1; 0 would end the list."""
    seconds, rest = divmod(hundredths, 100)
    x, y = column * PIXELS + 7, row * PIXELS + 9
    return bytes((kind, 0, seconds + 1, x, rest, 0, 0, y))


def _lines(fields: tuple[str, ...]) -> bytes:
    return "\r".join(fields).encode()
