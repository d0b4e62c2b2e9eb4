"""Whatever is sent, h11 reads exactly one well-formed response for each request.

    python tests/hard/responses.py [--rounds 3000]

Mutated requests (the mutations of `fuzz.py`) go over sockets, alone or behind a valid one, and what
comes back is read by h11, an implementation of its own, as a client that sent these methods.
"""

from __future__ import annotations

import random
import socket
import sys
from contextlib import suppress

import h11
from fuzz import SEEDS, mutated
from harness import LIST_AND_CLOSE, Report, arguments, connect, read_to_end, serving

from gameserver.http11.head_reader import HeadReader
from gameserver.http11.reader import CLOSED, IDLE, RequestReader
from tests.raw_client import request_bytes
from tests.servers import ServerProcess
from tests.support import router


def main() -> int:
    options = arguments(__doc__, rounds=3000)
    report = Report("responses")
    for mode in options.modes:
        chance = random.Random(options.seed)
        with serving(mode) as server:
            wrong = 0
            responses = 0
            for _ in range(options.rounds):
                data = mutated(chance, chance.choice(SEEDS))
                if chance.random() < 0.3:
                    data = request_bytes("GET", "/1/highscorelist") + data
                number, problem = exchange(server, data)
                responses += number
                wrong += bool(problem)
                if problem and wrong <= 5:
                    report.note(f"{problem}: {data[:200]!r}")
            report.row(
                f"{mode}: not as h11 reads it", f"{wrong} of {responses:,} responses", 0, not wrong
            )
            report.row(
                f"{mode}: server still answers, no traceback",
                server.stderr()[-60:] or "none",
                "none",
                not server.stderr() and "Traceback" not in server.log(),
            )
    return report.end()


def exchange(server: ServerProcess, data: bytes) -> tuple[int, str]:
    """Sends it and, where more is welcome, a request to close; reads all with h11."""
    # The server's own reader says which requests there are; h11 says what the responses are.
    reader = RequestReader(HeadReader(router.resolve))
    methods = [found.method for found in reader.feed(data)]
    waits_for_more = reader.state != CLOSED and reader.state != IDLE
    if reader.state != CLOSED and not waits_for_more:
        methods += [found.method for found in reader.feed(LIST_AND_CLOSE)]
        data += LIST_AND_CLOSE
    with connect(server.address) as client:
        with suppress(OSError):
            client.sendall(data)
            if waits_for_more:
                client.shutdown(socket.SHUT_WR)
        answer, end = read_to_end(client, 15)
    if end != "end":
        return 0, f"the connection ends with: {end}"
    if not reader.error:
        return count_responses(answer, methods)
    if methods:  # where in `data` the one begins that is refused is not known here
        return min(
            (count_responses(answer, [*methods, last]) for last in ("GET", "HEAD")),
            key=lambda found: found[1],
        )
    begun = data.removeprefix(b"\r\n")
    return count_responses(answer, ["HEAD" if begun.startswith(b"HEAD ") else "GET"])


def count_responses(answer: bytes, methods: list[str]) -> tuple[int, str]:
    rest = answer
    for number, method in enumerate(methods):
        client = h11.Connection(h11.CLIENT)
        client.send(h11.Request(method=method, target="/", headers=[("Host", "a")]))
        client.send(h11.EndOfMessage())
        try:
            client.receive_data(rest)
            while (event := client.next_event()) is not h11.PAUSED:
                if event is h11.NEED_DATA:
                    return number, f"{number} whole responses for {len(methods)} requests"
                if isinstance(event, h11.EndOfMessage):
                    break
            rest, _ = client.trailing_data
        except h11.RemoteProtocolError as error:
            return number, f"h11: {error}"
    return len(methods), f"bytes behind the last response: {rest[:60]!r}" if rest else ""


if __name__ == "__main__":
    sys.exit(main())
