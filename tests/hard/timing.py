"""Whether the time of a refusal says how much of a secret is right.

    python tests/hard/timing.py [--samples 20000] [--seconds 300]

Secrets, tokens, session keys and runs of which all but the last character is right, against others
of the same length that are wrong throughout, and such as nobody has: in this process, where nothing
but the application takes time, and over loopback. Who asks for what is drawn anew for each sample.
The slowest tenth of each pair is left out, and Welch's t is taken of the rest: 4.5 and more would
be a difference, as for dudect (Reparaz et al., "Dude, is my code constant time?", 2017). Each row
also says how large a difference would have been found; in this process that between a valid key and
a wrong one has to be.
"""

from __future__ import annotations

import gc
import json
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from harness import Report, arguments

from gameserver.app import App
from gameserver.assembly import make_services
from gameserver.auth.admin_token import AdminToken
from gameserver.storage.engine import open_engine
from gameserver.web.messages import Request
from tests.hard.moderator import TOKEN, write_token
from tests.hard.people import Ask, server_of
from tests.raw_client import Client, request_bytes
from tests.servers import ServerProcess
from tests.support import router

BAR = 4.5
KEPT = 0.9
PER_ADDRESS = 50
"""Guesses of one address: after 60 wrong secrets it would have to wait."""
USER, OPEN_USER, STRANGER, LEVEL = 7, 8, 9, 1
SECRET = "0123456789abcdef-of-somebody"


class Probe(NamedTuple):
    """A request, and the status of its answer."""

    method: str
    target: str
    status: int
    body: bytes = b""
    token: str = ""


Timed = Callable[[Probe, int], int]
"""The nanoseconds that a probe took; the number says which address it comes from."""


# Pairs


def pairs(ask: Ask) -> Iterator[tuple[str, Probe, Probe]]:
    """What is compared: something nearly right, and something wrong."""
    ask("POST", f"/api/users/{USER}/claim", {"secret": SECRET}, TOKEN)
    ask("PUT", f"/api/levels/{LEVEL}", {"runs": True}, TOKEN)
    token = json.loads(ask("POST", "/api/tokens", {"name": "game"}, TOKEN)[1])["token"]
    key = ask("GET", f"/{OPEN_USER}/login", None, "")[1].decode()
    run = ask("POST", f"/api/levels/{LEVEL}/runs?sessionkey={key}", {}, "")[1]
    for name, make, right, kept in (
        ("secret", _with_secret, SECRET, 0),
        ("game's token", _with_token, token, 0),
        ("admin's token", _with_admin_token, TOKEN, 0),
        ("session key", _with_key, key, 8),
        ("run", lambda text: _with_run(key, text), json.loads(run)["run"], 28),
    ):
        yield f"{name}: nearly right, wrong", make(_nearly(right)), make(_wrong(right, kept))
    stranger = f"{STRANGER:08x}{key[8:]}"
    yield "session key: nearly right, of nobody", _with_key(_nearly(key)), _with_key(stranger)
    yield CONTROL, _with_key(key)._replace(status=200), _with_key(_wrong(key, 8))


CONTROL = "session key: right, wrong"


def _nearly(right: str) -> str:
    """All but the last character."""
    return right[:-1] + ("1" if right[-1] != "1" else "2")


def _wrong(right: str, kept: int = 0) -> str:
    """No character is right behind those that say whose it is."""
    others = ("1" if character != "1" else "2" for character in right[kept:])
    return right[:kept] + "".join(others)


def _with_secret(text: str) -> Probe:
    return Probe("POST", f"/{USER}/login", 401, text.encode())


def _with_token(text: str) -> Probe:
    return Probe("POST", f"/api/users/{USER}/unclaim", 401, b"", text)


def _with_admin_token(text: str) -> Probe:
    return Probe("GET", "/api/tokens", 401, b"", text)


def _with_key(text: str) -> Probe:
    return Probe("POST", f"/2/score?sessionkey={text}", 401, b"5")


def _with_run(key: str, text: str) -> Probe:
    body = json.dumps({"score": 5, "run": text}).encode()
    return Probe("POST", f"/api/levels/{LEVEL}/scores?sessionkey={key}", 403, body)


# Places


@contextmanager
def in_process(store_tokens: bool) -> Iterator[tuple[Ask, Timed]]:
    """An application in this process."""
    with closing(open_engine("", store_tokens)) as engine:
        services = replace(make_services(engine), admin=AdminToken(TOKEN))
        app = App(router, services, engine)

        def request(probe: Probe, address: int) -> Request:
            path, _, query = probe.target.partition("?")
            fields = {"authorization": f"Bearer {probe.token}"} if probe.token else {}
            client = f"10.{address >> 16 & 255}.{address >> 8 & 255}.{address & 255}"
            match = router.resolve(probe.method, path)
            return Request(probe.method, path, query, fields, probe.body, client, match)

        def ask(method: str, target: str, body: object, token: str) -> tuple[int, bytes]:
            data = b"" if body is None else json.dumps(body).encode()
            (response,) = app.handle([request(Probe(method, target, 0, data, token), 0)])
            return response.status, response.body

        def timed(probe: Probe, address: int) -> int:
            batch = [request(probe, address)]
            started = time.perf_counter_ns()
            (response,) = app.handle(batch)
            taken = time.perf_counter_ns() - started
            assert response.status == probe.status, (probe, response)
            return taken

        yield ask, timed


@contextmanager
def over_loopback(store_tokens: bool) -> Iterator[tuple[Ask, Timed]]:
    """A server, asked over one connection of each address."""
    with tempfile.TemporaryDirectory() as folder:
        flags = ["--threaded", *write_token(Path(folder))]
        flags += ["--store_tokens"] if store_tokens else []
        with ServerProcess("--host", "127.0.0.1", *flags) as server, server.client() as first:
            clients = {0: first}

            def timed(probe: Probe, address: int) -> int:
                if address not in clients:
                    for client in clients.values():
                        client.close()
                    clients.clear()
                    source = f"127.{1 + (address >> 16)}.{address >> 8 & 255}.{address & 255}"
                    clients[address] = Client(server.address, source)
                fields = [f"Authorization: Bearer {probe.token}"] if probe.token else []
                data = request_bytes(probe.method, probe.target, probe.body, *fields)
                started = time.perf_counter_ns()
                reply = clients[address].ask(data)
                taken = time.perf_counter_ns() - started
                assert reply.status == probe.status, (probe, reply)
                return taken

            yield server_of(first), timed
            for client in clients.values():
                client.close()


# Figures


def compare(timed: Timed, probes: tuple[Probe, Probe], samples: int, seed: int, start: int,
            until: float) -> tuple[list[int], list[int]]:  # fmt: skip
    """The times of two probes, in an order by chance; fewer of them where time is up."""
    chance = random.Random(seed)
    times: tuple[list[int], list[int]] = [], []
    for number in range(2 * samples):
        if time.monotonic() > until:
            break
        which = chance.randrange(2)
        times[which].append(timed(probes[which], start + number // PER_ADDRESS))
    return times


def welch(one: list[int], other: list[int]) -> tuple[float, float, float]:
    """The difference of the means in ns without the slowest, t, and what t = `BAR` would be."""
    limit = sorted([*one, *other])[int(KEPT * (len(one) + len(other)))]
    one, other = ([value for value in each if value <= limit] for each in (one, other))
    error = sum(statistics.variance(each) / len(each) for each in (one, other)) ** 0.5
    difference = statistics.mean(one) - statistics.mean(other)
    return difference, difference / error, BAR * error


def main() -> int:
    options = arguments(__doc__, samples=20_000, seconds=300.0)
    report = Report(f"times of refusals, {options.samples:,} samples of each")
    gc.disable()
    places = [(place, stored) for place in (in_process, over_loopback) for stored in (False, True)]
    for number, (place, stored) in enumerate(places, start=1):
        samples = options.samples if place is in_process else options.samples // 4
        until = time.monotonic() + options.seconds / len(places)
        where = f"{place.__name__.replace('_', ' ')}{', stored keys' if stored else ''}"
        with place(stored) as (ask, timed):
            start = number << 16
            for name, *probes in pairs(ask):
                times = compare(timed, (probes[0], probes[1]), samples, number, start, until)
                start += 2 * samples // PER_ADDRESS + 1
                if name != CONTROL or place is in_process:
                    tell(report, f"{where}: {name}", times, name == CONTROL)
    return report.end()


def tell(
    report: Report, name: str, times: tuple[list[int], list[int]], has_to_differ: bool
) -> None:
    """One row: t, and in ns the difference and the least that would have been found."""
    if min(map(len, times)) < 100:
        report.row(name, "no time left", ">= 100 samples", False)
        return
    difference, t, least = welch(*times)
    bar = f"|t| {'>' if has_to_differ else '<'} {BAR}"
    found = f"t {t:+.2f}, {difference:+.0f} ns (>= {least:.0f})"
    report.row(name, found, bar, (abs(t) >= BAR) == has_to_differ)


if __name__ == "__main__":
    sys.exit(main())
