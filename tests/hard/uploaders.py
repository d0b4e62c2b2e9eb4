"""Slow replays and logins at once: ``python -m tests.hard.uploaders``.

100 clients upload the slowest replays, with a good key or without one, and 60 log in, while one
plays the mini-game. Prints what the player's requests take, unloaded and loaded, in each mode.
"""

from __future__ import annotations

import argparse
import json
import os
import threading
import time
from collections import Counter
from multiprocessing import get_context
from multiprocessing.synchronize import Event

from tests.hard.slowest_replays import MAX_SIZE, filled
from tests.minesweeper.replays.encoders import WON, Rmv, end, mouse
from tests.raw_client import Client, request_bytes
from tests.servers import ServerProcess

PASSWORD = "correct horse"
JSON = "Content-Type: application/json"
MULTIPART = "Content-Type: multipart/form-data; boundary=B"
PROBES_PER_SECOND = 200

Address = tuple[str, int]


def post(address: Address, path: str, *fields: str, **values: object) -> dict[str, str]:
    """What the server answers, as JSON."""
    body = json.dumps(values).encode()
    with Client(address) as client:
        reply = client.ask(request_bytes("POST", f"/api/{path}", body, JSON, *fields))
    answer: dict[str, str] = json.loads(reply.body)
    return answer


def draw_key(address: Address) -> str:
    """The key of a player in a new tournament."""
    post(address, "register", username="ann", password=PASSWORD)
    token = post(address, "obtain_token", username="ann", password=PASSWORD)["token"]
    field = f"X-Scoreganizer-Authorization: ann:{token}"
    cup = post(
        address, "tournaments/create", field, name="Cup", mode="sum", modeparams="1+0+0",
        start="2020-01-01T00:00", end="2099-01-01T00:00",
    )["id"]  # fmt: skip
    post(address, f"tournaments/participate/{cup}", field)
    return post(address, f"tournaments/gen_key/{cup}", field)["key"]


def slow_replay(key: str) -> bytes:
    """An expert's game of 1 MiB in which the left button goes up all the time."""
    replay = Rmv(2, "expert", player=[b"Ann", key.encode()])
    opens = replay.opening_events()
    replay.events = filled(mouse(3, 5000), opens + end(WON, 5000), MAX_SIZE - 900)
    return replay.encode()


def attack(address: Address, request: bytes, clients: int, stop: Event) -> None:
    """So many clients that send the request again and again, each after the answer."""
    os.nice(19)  # attackers have machines of their own
    statuses: Counter[int] = Counter()

    def work() -> None:
        while not stop.is_set():
            try:
                with Client(address) as client:
                    while not stop.is_set():
                        status = client.ask(request).status
                        statuses[status] += 1
                        if status == 503:
                            stop.wait(1)
            except (OSError, AssertionError):
                statuses[0] += 1

    threads = [threading.Thread(target=work, daemon=True) for _ in range(clients)]
    for thread in threads:
        thread.start()
    stop.wait()
    print(f"    {clients} clients: {dict(statuses)}", flush=True)


def probe(address: Address, seconds: float) -> list[float]:
    """What requests of the mini-game take, in milliseconds, in ascending order."""
    taken = []
    with Client(address) as client:
        for _ in range(int(seconds * PROBES_PER_SECOND)):
            start = time.perf_counter()
            client.ask(request_bytes("GET", "/7/login"))
            taken.append((time.perf_counter() - start) * 1000)
            time.sleep(1 / PROBES_PER_SECOND)
    return sorted(taken)


def show(what: str, taken: list[float]) -> None:
    p50, p99 = taken[len(taken) // 2], taken[len(taken) * 99 // 100]
    print(f"  {what}: p50 {p50:.2f} ms, p99 {p99:.2f} ms, longest {taken[-1]:.1f} ms", flush=True)


def measure(server: ServerProcess, seconds: float, uploaders: int, logins: int) -> None:
    key = draw_key(server.address)
    for what, name in (("good keys", key), ("no key", "Player")):
        show("unloaded", probe(server.address, seconds))
        head = b'--B\r\nContent-Disposition: form-data; name="video"; filename="x"\r\n\r\n'
        body = head + slow_replay(name) + b"\r\n--B--"
        upload = request_bytes("POST", "/api/scores/upload", body, MULTIPART)
        login = json.dumps({"username": "ann", "password": PASSWORD}).encode()
        context = get_context("spawn")
        stop = context.Event()
        loads = [
            (upload, uploaders),
            (request_bytes("POST", "/api/obtain_token", login, JSON), logins),
        ]
        processes = [
            context.Process(target=attack, args=(server.address, request, clients, stop))
            for request, clients in loads
            if clients
        ]
        for process in processes:
            process.start()
        time.sleep(2)
        show(f"{uploaders} uploaders with {what}, {logins} logins", probe(server.address, seconds))
        stop.set()
        for process in processes:
            process.join(5)
            process.kill()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--uploaders", type=int, default=100)
    parser.add_argument("--logins", type=int, default=60)
    options = parser.parse_args()
    for flags in (("--threaded",), ("--max_proc", "2")):
        print(" ".join(flags), flush=True)
        server = ServerProcess(*flags)
        try:
            measure(server, options.seconds, options.uploaders, options.logins)
        finally:
            server.kill()


if __name__ == "__main__":
    main()
