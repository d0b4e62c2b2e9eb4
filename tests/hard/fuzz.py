"""Mutated and random input for the parser, the router and the session keys, in the process.

    python tests/hard/fuzz.py [--inputs 1000000] [--seconds 600]

Inputs grow by mutation from requests of the API: bytes removed, doubled, replaced, whole fields
repeated, runs of one character, cut and joined. Nothing but the protocol's errors may come out, no
input may take longer than 10 ms, and no key is accepted that the server did not make. The time
of an input is CPU time, and an input over the bar is measured three times: the least counts.
"""

from __future__ import annotations

import random
import sys
import time
from collections import Counter
from collections.abc import Callable

from harness import Report, arguments

from gameserver.auth.sessions import SignedSessions
from gameserver.errors import InvalidSessionKey
from gameserver.http11.head_reader import HeadReader
from gameserver.http11.reader import RequestReader
from gameserver.storage.memory.sessions import MemorySessions
from gameserver.web.errors import HTTPError
from tests.raw_client import request_bytes
from tests.support import router

BAR = 0.010

SEEDS = [
    request_bytes("GET", "/1/login"),
    request_bytes("GET", "/2147483647/highscorelist?a=b&c=%20"),
    request_bytes("POST", "/1/score?sessionkey=0123456789abcdef", b"1500"),
    request_bytes("POST", "/1/score", None, "Transfer-Encoding: chunked")
    + b"4\r\n1500\r\n0\r\n\r\n",
    request_bytes("POST", "/1/score", None, "Transfer-Encoding: chunked")
    + b'3;a=b;c="d\\"e"\r\n150\r\n1\r\n0\r\n0\r\nX-Trailer: a\r\n\r\n',
    request_bytes("POST", "/1/score", None, "Expect: 100-continue", "Content-Length: 3") + b"150",
    b"GET http://localhost/1/login HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"OPTIONS * HTTP/1.1\r\nHost: [::1]:80\r\nConnection: a, close\r\n\r\n",
    b"HEAD /1/login HTTP/1.0\r\nConnection: keep-alive\r\nX-A: \tb \r\n\r\n",
]
PIECES = [
    b"\r\n", b"\r", b"\n", b"\0", b" ", b"\t", b":", b",", b";", b'"', b"\\", b"%", b"%41", b"/",
    b"?", b"#", b"\x7f", b"\x80", b"\xff", b"chunked", b"Content-Length: 1\r\n",
    b"Transfer-Encoding: chunked\r\n",
    b"Host: b\r\n", b"Connection: close\r\n", b"Expect: 100-continue\r\n", b"HTTP/1.1", b"HTTP/2.0",
    b"http://a@b/", b"X:", b"0", b"ffffffff", b"\r\n\r\n", b"\x0b\x0c\x1c\x85",
]  # fmt: skip
RUNS = (1, 2, 7, 60, 300, 4000, 8100)


def main() -> int:
    options = arguments(__doc__, inputs=1_000_000, seconds=600.0)
    report = Report("fuzz")
    share = options.seconds / 3
    for name, attempt in (("parser", parser), ("router", routes), ("session keys", keys())):
        run(name, attempt, options.inputs, share, random.Random(options.seed), report)
    return report.end()


def run(
    name: str,
    attempt: Callable[[random.Random], Callable[[], object]],
    inputs: int,
    seconds: float,
    chance: random.Random,
    report: Report,
) -> None:
    failures: Counter[str] = Counter()
    slowest, slow = 0.0, 0
    done = 0
    give_up = time.monotonic() + seconds
    while done < inputs and time.monotonic() < give_up:
        trial = attempt(chance)
        took, failure = measure(trial)
        for _ in range(2 * (took > BAR)):
            took = min(took, measure(trial)[0])
        slowest = max(slowest, took)
        if took > BAR:
            slow += 1
            if slow <= 3:
                report.note(f"{took * 1000:.0f} ms: {trial.__defaults__!r:.300}")  # type: ignore
        if failure:
            failures[failure] += 1
            if failures[failure] == 1:
                report.note(f"{failure}: {trial.__defaults__!r:.300}")  # type: ignore[attr-defined]
        done += 1
    report.row(f"{name}: inputs", f"{done:,}", f"{inputs:,}", done >= inputs)
    report.row(f"{name}: failures", sum(failures.values()), 0, not failures)
    report.row(f"{name}: slowest input, ms", f"{slowest * 1000:.2f}", 10, slowest <= BAR)


def measure(trial: Callable[[], object]) -> tuple[float, str]:
    failure = ""
    start = time.thread_time()
    try:
        failure = str(trial() or "")
    except HTTPError:
        pass
    except Exception as error:
        failure = repr(error)
    return time.thread_time() - start, failure


# Mutation


def mutated(chance: random.Random, data: bytes) -> bytes:
    data = bytearray(data)
    for _ in range(chance.choice((1, 1, 1, 2, 3, 6))):
        at = chance.randrange(len(data) + 1)
        kind = chance.randrange(7)
        if kind == 0:
            del data[at : at + chance.choice((1, 1, 2, 9))]
        elif kind == 1:
            data[at:at] = bytes([chance.randrange(256)])
        elif kind == 2 and at < len(data):
            data[at] = chance.randrange(256)
        elif kind == 3:
            data[at:at] = chance.choice(PIECES)
        elif kind == 4:
            run_of = chance.choice(
                (b" ", b"\t", b"a", b",", b";", b"%41", b"/", b":", b"1", b'\\"', b"\x80")
            )
            data[at:at] = run_of * (chance.choice(RUNS) if chance.random() < 0.05 else 3)
        elif kind == 5:
            lines = bytes(data).split(b"\r\n")
            number = chance.randrange(len(lines))
            lines.insert(chance.randrange(len(lines) + 1), lines[number])
            data[:] = b"\r\n".join(lines)
        else:
            other = chance.choice(SEEDS)
            data[at:] = other[chance.randrange(len(other)) :]
    return bytes(data)


# What is tried


def parser(chance: random.Random) -> Callable[[], object]:
    """The bytes whole, and then in two pieces: the outcome has to be the same."""
    data = mutated(chance, chance.choice(SEEDS))
    at = chance.randrange(len(data) + 1)
    return lambda data=data, at=at: parse(data, at)


WARM = HeadReader(router.resolve)
"""It has seen all inputs before."""


def parse(data: bytes, at: int) -> str:
    whole, pieces = RequestReader(WARM), RequestReader(HeadReader(router.resolve))
    first = whole.feed(data)
    second = pieces.feed(data[:at]) + pieces.feed(data[at:])
    same = first == second and str(whole.error) == str(pieces.error)
    return "" if same and whole.state == pieces.state else "the split makes a difference"


PATHS = ["/1/login", "/1/", "/2147483647/score", "/0/highscorelist", "/1/score/", "*", "/"]


def routes(chance: random.Random) -> Callable[[], object]:
    path = mutated(chance, chance.choice(PATHS).encode()).decode("latin-1")
    method = chance.choice(("GET", "POST", "HEAD", "OPTIONS", "PUT", "\x00"))
    return lambda method=method, path=path: resolve(method, path)


def resolve(method: str, path: str) -> str:
    match = router.resolve(method, path)
    for capture in match.captures:
        if not 0 <= capture < 2**31:
            return "a capture is out of its range"
    return ""


def keys() -> Callable[[random.Random], Callable[[], object]]:
    stores = [SignedSessions(), MemorySessions()]
    valid = [store.login(user) for store in stores for user in (0, 1, 2**31 - 1)]

    def attempt(chance: random.Random) -> Callable[[], object]:
        key = mutated(chance, chance.choice(valid).encode()).decode("latin-1")
        return lambda key=key: accept(key)

    def accept(key: str) -> str:
        for store in stores:
            try:
                store.user_of(key)
            except InvalidSessionKey:
                continue
            if key not in valid:
                return "a key was accepted that the server did not make"
        return ""

    return attempt


if __name__ == "__main__":
    sys.exit(main())
