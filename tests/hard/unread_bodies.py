"""Bodies that nobody reads: the reply arrives, and what is left of the body is never a request.

python tests/hard/unread_bodies.py [--rounds 1000]
"""

from __future__ import annotations

import sys
from collections import Counter
from contextlib import suppress

from harness import LIST_AND_CLOSE, Report, arguments, connect, read_to_end, serving, take_reply

from tests.raw_client import request_bytes
from tests.servers import ServerProcess

SMUGGLED = request_bytes("GET", "/1/login") * 3
"""The body is a request itself: read as one, it would show as one more response."""

ROUTES = {
    "GET of a list": ("GET", "/1/highscorelist", 200),
    "GET of a login": ("GET", "/1/login", 200),
    "HEAD": ("HEAD", "/1/highscorelist", 200),
    "OPTIONS": ("OPTIONS", "/1/score", 200),
    "OPTIONS *": ("OPTIONS", "*", 200),
    "401, score without a key": ("POST", "/1/score", 401),
    "401, score with a wrong key": ("POST", "/1/score?sessionkey=00", 401),
    "404, POST": ("POST", "/none", 404),
    "404, GET": ("GET", "/none", 404),
    "405, POST to a list": ("POST", "/1/highscorelist", 405),
    "405, DELETE of a score": ("DELETE", "/1/score", 405),
    "400, level out of range": ("POST", "/99999999999/score", 400),
}
MIB = b"x" * (1 << 20)


def main() -> int:
    options = arguments(__doc__, rounds=1000)
    report = Report("unread bodies")
    for mode in options.modes:
        with serving(mode) as server:
            small(server, report)
            found = uploads(server, options.rounds)
            good = found.pop("HTTP/1.1 413 end", 0)
            report.row(
                f"{mode}: 1 MiB to a route for 1 KiB: 413, clean end",
                good,
                options.rounds,
                good == options.rounds,
            )
            for what, number in found.items():
                report.note(f"{number} times {what}")
    return report.end()


def small(server: ServerProcess, report: Report) -> None:
    wrong = 0
    bodies = {
        "small": SMUGGLED,
        "1,024": SMUGGLED.ljust(1024, b"x"),
        "1,025": SMUGGLED.ljust(1025, b"x"),
        "60,000": SMUGGLED.ljust(60_000, b"x"),
    }
    count = 0
    for name, (method, target, status) in ROUTES.items():
        for size, body in bodies.items():
            for framing in ("length", "chunked", "expect"):
                count += 1
                problem = two_responses(server, method, target, status, body, framing)
                if problem:
                    wrong += 1
                    report.note(f"{name}, body {size}, {framing}: {problem}")
    report.row(f"{server.mode}: body, then GET: wrong", f"{wrong} of {count}", 0, not wrong)


def two_responses(
    server: ServerProcess, method: str, target: str, status: int, body: bytes, framing: str
) -> str:
    if framing == "chunked":
        data = request_bytes(method, target, None, "Transfer-Encoding: chunked")
        data += b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
    else:
        fields = ("Expect: 100-continue",) if framing == "expect" else ()
        data = request_bytes(method, target, body, *fields)
    with connect(server.address) as client:
        with suppress(OSError):
            client.sendall(data)
            client.sendall(LIST_AND_CLOSE)
        answer, end = read_to_end(client)
    if end != "end":
        return f"the connection ends with a {end} after {answer[:60]!r}"
    replies = []
    rest = bytearray(answer)
    while rest:
        reply = take_reply(rest, method == "HEAD" and not replies)
        if reply is None:
            return f"a response is cut: {answer[-80:]!r}"
        if reply.status != 100:
            replies.append(reply)
    if not 1 <= len(replies) <= 2:
        return f"{len(replies)} responses"
    if len(replies) == 1 and not replies[0].last:
        return "one response that does not say that it is the last"
    if len(replies) == 2 and (replies[1].status, replies[1].body) != (200, b""):
        return f"the second response is not the list's: {replies[1]}"
    if replies[0].status not in (status, 413):
        return f"status {replies[0].status}"
    return ""


def uploads(server: ServerProcess, rounds: int) -> Counter[str]:
    """How many uploads got what reply; the client sends everything before it reads."""
    found: Counter[str] = Counter()
    for _ in range(rounds):
        with connect(server.address) as client:
            with suppress(OSError):
                client.sendall(request_bytes("POST", "/1/score?sessionkey=00", MIB))
            answer, end = read_to_end(client)
        found[f"{answer[:12].decode()} {end}"] += 1
    return found


if __name__ == "__main__":
    sys.exit(main())
