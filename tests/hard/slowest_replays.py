"""How long the worst replays of 1 MiB take to read: ``python -m tests.hard.slowest_replays``.

For each input that was made to be slow it prints the best of five times in milliseconds, the
outcome and the input. Takes a few seconds and never fails: a time is a figure, not a test.
"""

import random
import time
from collections.abc import Iterator

from gameserver.minesweeper.replays import MAX_SIZE, InvalidReplay, read_replay
from tests.minesweeper.replays.encoders import (
    AVF_END,
    AVF_MIME,
    RMV_MIME,
    WON,
    Avf,
    Rmv,
    avf_event,
    end,
    freesweeper,
    mouse,
    opened,
    short_move,
    stamp,
)
from tests.minesweeper.replays.minefields import random_mines

ROUNDS = 5
WIDE = (255, 255, 32000)


def filled(part: bytes, last: bytes, room: int = MAX_SIZE - 400) -> bytes:
    """As many ``part`` as leave room for the rest of a small file, then ``last``."""
    return part * ((room - len(last)) // len(part)) + last


def rmv_inputs(version: int) -> Iterator[tuple[str, bytes]]:
    won = end(WON, 5000)
    parts = {
        "left button up": mouse(3, 5000),
        "moves": mouse(1, 0),
        "flags": b"\x0d\0\0",
        "move and flag in turn": mouse(1, 0) + b"\x0d\0\0",
        "time stamps": stamp(1),
    }
    if version == 2:
        parts["short moves"] = short_move(0, 1, 1)
        parts["move and short moves"] = mouse(1, 0) + short_move(0, 1, 1) * 2
    for name, part in parts.items():
        events = filled(part, won)
        if name == "short moves":
            events = mouse(1, 0) + events[: -len(won) - 12] + won
        yield f"RMV {version}: {name}", Rmv(version, events=events).encode()
    squares = random.Random(1).sample([(c, r) for c in range(255) for r in range(255)], 255 * 255)
    openings = b"".join(opened(1, square) for square in squares)
    rest = filled(mouse(3, 5000), won, MAX_SIZE - len(openings) - 70000)
    many = Rmv(version, "custom", WIDE, events=openings + rest)
    yield f"RMV {version}: 65,025 squares opened, 32,000 mines, then left button up", many.encode()
    clicks = filled(mouse(3, 5000), won, MAX_SIZE - 66000)
    fields = Rmv(version, player=[b""] * 65533, events=clicks)
    yield f"RMV {version}: 65,533 empty player fields, then left button up", fields.encode()
    if version == 1:
        hashes = Rmv(1, result=b"#" * 65535, events=clicks)
        yield "RMV 1: 65,535 times # in the result string, then left button up", hashes.encode()
    proven = Rmv(version, "expert")
    opens = proven.opening_events()
    proven.events = filled(mouse(3, 5000), opens + won, MAX_SIZE - 900)
    yield f"RMV {version}: left button up, then an expert board opened", proven.encode()


def avf_inputs() -> Iterator[tuple[str, bytes]]:
    spread = random.Random(2).sample([(16 * c, 16 * r) for c in range(30) for r in range(16)], 480)
    start = avf_event(3, 0)
    pixels = [(c * 16, r * 16) for c in range(256) for r in range(256)]
    random.Random(3).shuffle(pixels)
    lists = {
        "moves": avf_event(1, 0),
        "left button up, one square": avf_event(5, 9999),
        "left button up, 480 squares": b"".join(avf_event(5, 9999, x, y) for x, y in spread),
        "left button up, outside": avf_event(5, 9999, 9999, 9999),
    }
    for name, part in lists.items():
        events = start + filled(part, b"", MAX_SIZE - 500)
        yield f"AVF: {name}", Avf(level="expert", events=events).encode()
        events = start + filled(part, b"", MAX_SIZE * 8 // 9 - 600)
        yield f"Freesweeper: {name}", freesweeper(level="expert", events=events).encode()
    ups = start + b"".join(avf_event(5, 9999, x, y) for x, y in pixels) * 2
    mines = random_mines(255, 255, 65025)
    wide = {"level": "custom", "size": (256, 256, 65025), "mines": mines}
    wide_few = {"level": "custom", "size": (256, 256, 1000), "mines": mines[:1000]}
    yield "AVF: 65,025 mines, each square twice", Avf(events=ups[: 114000 * 8], **wide).encode()
    yield "AVF: 256 by 256, each square twice", Avf(events=ups[: 130000 * 8], **wide_few).encode()
    yield "AVF: no end", Avf(events=filled(avf_event(5, 1), b""), after_events=b"").encode()
    yield "AVF: only ends", Avf(after_events=filled(AVF_END, b"", MAX_SIZE - 2000)).encode()
    yield "AVF: no bracket", Avf().head() + b"x" * (MAX_SIZE - 2000)
    yield "AVF: opening brackets", Avf(before_bracket=b"[" * (MAX_SIZE - 2000)).encode()
    near = filled(b"\1\0\1\0\0\0", b"", MAX_SIZE - 2000)
    yield "AVF: almost an event", Avf(before_events=near).encode()
    yield "AVF: empty footer fields", Avf(footer=b"\r" * (MAX_SIZE - 2000)).encode()
    yield "AVF: colons in the footer", Avf(footer=b":\r" * (MAX_SIZE // 2 - 2000)).encode()


def measure(data: bytes, mime_type: str) -> tuple[float, str]:
    best, outcome = float("inf"), ""
    for _ in range(ROUNDS):
        start = time.perf_counter()
        try:
            outcome = f"{read_replay(data, mime_type).difficulty}"
        except InvalidReplay as error:
            outcome = str(error)
        best = min(best, time.perf_counter() - start)
    return best * 1000, outcome


def main() -> None:
    groups = ((RMV_MIME, rmv_inputs(1)), (RMV_MIME, rmv_inputs(2)), (AVF_MIME, avf_inputs()))
    for mime_type, inputs in groups:
        for name, data in inputs:
            milliseconds, outcome = measure(data, mime_type)
            print(f"{milliseconds:7.1f} ms  {len(data):8,} bytes  {name}  →  {outcome}")


if __name__ == "__main__":
    main()
