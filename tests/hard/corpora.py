"""Collections of valid and invalid requests: what becomes of each, however it is split.

    python tests/hard/corpora.py --corpora DIR

`DIR` holds JSON lines files (`gunicorn.jsonl`, `llhttp.jsonl`): one case per line with `id`,
`expect` (accept or reject), `payload_b64`, and what the file's origin adds. Without `--corpora` the
cases are the project's own, `tests/http11/cases.py`.

A case from elsewhere is judged after three repairs that do not touch what it is about: a missing
Host is added to a valid HTTP/1.1 request, a head or a chunked body that breaks off is completed
with the empty line, and a body that breaks off with as many bytes as it lacks. llhttp judges while
it reads; this server judges a message when it is complete.
"""

from __future__ import annotations

import base64
import json
import re
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from harness import LIST_AND_CLOSE, Report, arguments, connect, read_to_end, serving, take_reply

from gameserver.http11.head_reader import HeadReader
from gameserver.http11.reader import CLOSED, IDLE, RequestReader
from tests.servers import ServerProcess
from tests.support import router


class Case(NamedTuple):
    id: str
    data: bytes
    valid: bool
    messages: int
    """How many requests are in it, valid or not."""


class Outcome(NamedTuple):
    requests: tuple[tuple[str, str, bytes], ...]
    error: int | None
    closing: bool
    phase: int


# Valid requests that are refused on purpose: kind → the status, and what the request looks like.
# The first that fits counts. `docs/reliability.md` has the reasons.
DELIBERATE: dict[str, tuple[int, str]] = {
    "another protocol than HTTP (RTSP, ICE)": (400, r"^\r?\n?\S+ \S+ (?!HTTP/)[A-Z]+/[0-9.]+\r\n"),
    "HTTP/0.9": (400, r"^[A-Z]+ \S+\r\n"),
    "a fragment in the target": (400, r"^[^\r]*#"),
    "bytes above 126 in the target": (400, r"^[!-~]+ [^ \r]*[\x80-\xff]"),
    "CONNECT, authority-form": (400, r"^CONNECT "),
    "a user name in an absolute target": (400, r"^[A-Z]+ http://[^/ ]*@"),
    "a backslash in the target": (400, r"^[^\r]*\\"),
    "`*` for another method than OPTIONS": (400, r"^(?!OPTIONS)\S+ \* "),
    "Transfer-Encoding together with Content-Length": (
        400,
        r"(?si)^(?=.*\r\ncontent-length:).*\r\ntransfer-encoding:",
    ),
    "a coding beside chunked": (501, r"(?i)transfer-encoding: *(identity|gzip|deflate)"),
    "white space in a chunk extension": (400, r"\r\n[0-9a-fA-F]+; "),
    "an underscore in the name of a framing field": (
        400,
        r"(?i)(content_length|transfer_encoding):",
    ),
    "more of a body than is read where no path wants one": (413, r"^[A-Z]+ /"),
    "a method that no route has": (501, r"^\r?\n?[!-~]+ "),
}


def main() -> int:
    options = arguments(__doc__, corpora=None, socket_splits=2)
    report = Report("corpora")
    cases = list(from_folder(Path(options.corpora)) if options.corpora else own_cases())
    check_judgement(cases, report)
    check_splits(cases, report)
    for mode in options.modes:
        with serving(mode) as server:
            check_sockets(cases, server, options.socket_splits, report)
    return report.end()


# The cases


def own_cases() -> Iterator[Case]:
    from tests.http11.cases import ALL

    for case in ALL:
        yield Case(case.name, case.data, case.error is None, len(case.requests) + bool(case.error))


def from_folder(folder: Path) -> Iterator[Case]:
    for name in ("gunicorn", "llhttp"):
        for line in (folder / f"{name}.jsonl").read_text().splitlines():
            found = json.loads(line)
            if not found.get("needs_config") and found.get("type", "request") == "request":
                data = base64.b64decode(found["payload_b64"])
                valid = found["expect"] == "accept"
                data = with_host(data) if valid else data
                yield Case(
                    found["id"],
                    completed(data) if name == "llhttp" else data,
                    valid,
                    found.get("messages") or 1,
                )


_REQUEST_LINE = re.compile(rb"^([A-Z-]+ (?:http://)?([^\r\n]*?) HTTP/1\.1\r\n)", re.MULTILINE)


def with_host(data: bytes) -> bytes:
    """With a Host field in each request, the one of its target where that names one."""
    if re.search(rb"^host[ \t]*:", data, re.IGNORECASE | re.MULTILINE):
        return data

    def add(line: re.Match[bytes]) -> bytes:
        target = line[2]
        absolute = b" http://" in line[1]
        host = re.split(rb"[/?#]", target)[0] if absolute else b"game.example"
        return line[1] + b"Host: " + host + b"\r\n"

    return _REQUEST_LINE.sub(add, data)


def completed(data: bytes) -> bytes:
    """With what is missing at its end: the rest of a head, and then of a body."""
    for _ in range(2):
        phase = outcome([data]).phase
        tried = [(end, outcome([data + end])) for end in _ENDS]
        going_on = [end for end, found in tried if not found.error and found.phase != phase]
        refused = [end for end, found in tried if found.error]
        if phase != IDLE and (going_on or refused):
            data += (going_on or refused)[0]
    return data


_ENDS = [b"\r\n", b"\r\n\r\n", b"0\r\n\r\n", *(b"x" * count for count in range(1, 1025))]


# In the process


def outcome(pieces: list[bytes]) -> Outcome:
    reader = RequestReader(HeadReader(router.resolve))
    requests = [request for piece in pieces for request in reader.feed(piece)]
    return Outcome(
        tuple((request.method, request.path, request.body) for request in requests),
        reader.error and reader.error.status,
        reader.state == CLOSED,
        IDLE if reader.state == CLOSED else reader.state,
    )


def check_judgement(cases: list[Case], report: Report) -> None:
    invalid = [case for case in cases if not case.valid]
    accepted = [case for case in invalid if is_accepted(case)]
    for case in accepted:
        report.note(f"accepted: {case.id} …{case.data[-90:]!r}")
    report.row(
        "invalid requests that are accepted", f"{len(accepted)} of {len(invalid)}", 0, not accepted
    )
    split = [c.id for c in invalid if len(outcome([c.data]).requests) > c.messages]
    report.row("two requests out of one", len(split), 0, not split)
    valid = [case for case in cases if case.valid]
    kinds: Counter[str] = Counter()
    unexplained = []
    for case in valid:
        found = outcome([case.data])
        if found.error or not found.requests:
            kind = deliberate(case.data, found)
            if kind:
                kinds[kind] += 1
            elif not found.requests:
                unexplained.append(case)
    for case in unexplained:
        report.note(f"refused: {case.id} {outcome([case.data])} {case.data[:150]!r}")
    report.row(
        "valid requests refused without a reason",
        f"{len(unexplained)} of {len(valid)}",
        0,
        not unexplained,
    )
    report.row("kinds of valid requests refused on purpose", len(kinds), "15", len(kinds) <= 15)
    for kind, number in kinds.items():
        report.note(f"{number:3} {kind}")


def is_accepted(case: Case) -> bool:
    """Neither refused nor waited for: an incomplete request is answered 408 at its deadline.

    llhttp also rejects what comes behind the last request; that is ignored here.
    """
    found = outcome([case.data])
    ended = found.closing and found.requests and case.id.startswith("llhttp")
    return not (found.error or found.phase != IDLE or ended)


def deliberate(data: bytes, found: Outcome) -> str | None:
    text = data.decode("latin-1")
    for kind, (status, pattern) in DELIBERATE.items():
        if found.error == status and re.search(pattern, text):
            return kind
    return None


def check_splits(cases: list[Case], report: Report) -> None:
    ways = wrong = 0
    slowest = 0.0
    for case in cases:
        data = case.data
        whole = outcome([data])
        splits = range(1, len(data), 97 if len(data) > 5000 else 1)
        every = [[data[:at], data[at:]] for at in splits]
        if len(data) <= 5000:
            every.append([data[at : at + 1] for at in range(len(data))])
        for pieces in every:
            start = time.perf_counter()
            found = outcome(pieces)
            if len(pieces) == 2:
                slowest = max(slowest, time.perf_counter() - start)
            ways += 1
            if found != whole:
                wrong += 1
                if wrong <= 5:
                    report.note(f"{case.id}: {[len(p) for p in pieces][:3]} {found} != {whole}")
    report.row("splits with another outcome", f"{wrong} of {ways}", 0, not wrong)
    report.note(f"slowest in two pieces: {slowest * 1000:.1f} ms")


# Over a socket


def check_sockets(cases: list[Case], server: ServerProcess, splits: int, report: Report) -> None:
    """Every case whole, byte by byte and at some places; a probe behind it finds a desync."""
    sent = []
    for case in cases:
        expected = outcome([case.data])
        for pieces in ways_over_a_socket(case.data, splits):
            client = connect(server.address)
            with suppress(OSError):  # an error may come, and the end, before all is sent
                for piece in pieces:
                    client.sendall(piece)
                    if len(pieces) == 2:
                        time.sleep(0.001)
                if not expected.closing and expected.phase == IDLE:
                    client.sendall(LIST_AND_CLOSE)
            sent.append((case, expected, len(pieces), client))
    wrong: Counter[str] = Counter()
    for case, expected, pieces, client in sent:
        with client:
            problem = judge(expected, case.data, *read_to_end(client, 13))
        if problem:
            wrong[problem.split(":")[0]] += 1
            if sum(wrong.values()) <= 8:
                report.note(f"{case.id} in {pieces} pieces: {problem}")
    report.row(
        f"{server.mode}: over a socket, wrong outcomes",
        f"{sum(wrong.values())} of {len(sent)}",
        0,
        not wrong,
    )


def ways_over_a_socket(data: bytes, splits: int) -> Iterator[list[bytes]]:
    yield [data]
    if len(data) <= 5000:
        yield [data[at : at + 1] for at in range(len(data))]
    for number in range(splits):
        at = len(data) * (number + 1) // (splits + 1)
        yield [data[:at], data[at:]]


def judge(expected: Outcome, sent: bytes, data: bytes, end: str) -> str | None:
    """What is wrong with the bytes that came back; None if nothing is."""
    if end != "end":
        return f"the connection is {end}: {data[:80]!r}"
    statuses = []
    rest = bytearray(data)
    methods = [method for method, _, _ in expected.requests]
    while rest:
        at = len(statuses)
        reply = take_reply(rest, at < len(methods) and methods[at] == "HEAD")
        if reply is None:
            return f"cut: {bytes(rest)[:80]!r}"
        if reply.status >= 200:
            statuses.append(reply.status)
    wanted = len(expected.requests)
    if expected.error:
        tail = [expected.error]
    elif expected.phase != IDLE:
        tail = [408]
    else:
        tail = [] if expected.closing else [200]
    if len(statuses) != wanted + len(tail) or statuses[wanted:] != tail:
        return f"statuses: {statuses}, wanted {wanted} and then {tail}"
    return None


if __name__ == "__main__":
    sys.exit(main())
