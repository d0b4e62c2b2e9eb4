"""What several tests need: clocks to set, an application, requests, a server in a thread."""

from __future__ import annotations

import random
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from gameserver.app import App
from gameserver.assembly import make_router, make_services
from gameserver.server.base import GameServer, ServerOptions
from gameserver.server.listeners import open_listeners
from gameserver.server.threaded import ThreadedServer
from gameserver.services import Services
from gameserver.storage.engine import Engine, open_engine
from gameserver.urls import error_formats, urlpatterns
from gameserver.web.messages import Request
from gameserver.web.routing import Route, Router

ROOT = Path(__file__).resolve().parent.parent

PATIENCE = 10
"""Seconds after which a test gives up: far more than anything here takes."""

COMMAND_SECONDS = 6 * PATIENCE
"""The same for a command that has to end, which takes a busy machine seconds to start."""


class TimeMachine:
    """Stands for the `time` module in a running server; goes on, and can be set forward.

    It can also stand still, so that nothing is too late on a busy machine.
    """

    def __init__(self) -> None:
        self.ahead = 0.0
        self._still: float | None = None
        self._lock = threading.Lock()

    def stand_still(self) -> None:
        """From now on it is only set forward, until it is to `go_on`."""
        with self._lock:
            self._still = time.monotonic()

    def go_on(self) -> None:
        """From where it stands, if it does."""
        with self._lock:
            if self._still is not None:
                self.ahead -= time.monotonic() - self._still
                self._still = None

    def monotonic(self) -> float:
        with self._lock:  # nobody has a later time in hand when it stands still
            return (time.monotonic() if self._still is None else self._still) + self.ahead

    def __getattr__(self, name: str) -> Any:
        return getattr(time, name)


class Clock:
    """A clock that stands still until it is set."""

    def __init__(self, now: float = 1_700_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


router = make_router()
"""The router of the whole API."""


def make_app(
    sessions: Any = None, routes: Router = router, engine: Engine | None = None, limit: Any = None
) -> App:
    """An application with empty stores."""
    engine = engine or open_engine()
    services = make_services(engine)
    if sessions:
        services = replace(services, sessions=sessions)
    return App(routes, services, engine, limit)


def app_on(engine: Engine, services: Services, routes: Router = router, limit: Any = None) -> App:
    """The application for services on an engine."""
    if engine.shared:
        from gameserver.shared_app import SharedApp

        return SharedApp(routes, services, engine, limit)
    return App(routes, services, engine, limit)


def make_request(
    method: str, target: str, body: bytes = b"", routes: Router = router, **headers: str
) -> Request:
    """A request as the reader would make it."""
    path, _, query = target.partition("?")
    return Request(
        method=method,
        path=path,
        query=query,
        headers=headers,
        body=body,
        client="192.0.2.7",
        match=routes.resolve(method, path),
    )


def wait_until(condition: Callable[[], Any], seconds: float = PATIENCE) -> Any:
    """What the condition says as soon as that is something; fails if it never is."""
    give_up = time.monotonic() + seconds
    while not (result := condition()):
        if time.monotonic() > give_up:
            raise AssertionError(f"it did not happen within {seconds} s")
        time.sleep(0.01)
    return result


def free_port() -> int:
    """A port for a program that has to be told one: free, and never chosen by the system.

    What the system chooses it may give to somebody else before the program is there.
    """
    while True:
        with socket.socket() as sock, suppress(OSError):
            sock.bind(("127.0.0.1", random.SystemRandom().randrange(20_000, 32_768)))
            return int(sock.getsockname()[1])


def run_together(work: Callable[[int], Any], count: int) -> list[Any]:
    """Runs `work(0)` … `work(count - 1)` in threads that start at once; returns the results."""
    barrier = threading.Barrier(count)
    results: list[Any] = [None] * count

    def run(index: int) -> None:
        barrier.wait(PATIENCE)
        results[index] = work(index)

    threads = [threading.Thread(target=run, args=(index,)) for index in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(3 * PATIENCE)
    return results


@contextmanager
def running(
    *more_routes: Route, server_class: type[GameServer] = ThreadedServer, **options: Any
) -> Iterator[GameServer]:
    """A server that runs in a thread; `more_routes` stand before the API's.

    The options are those of `ServerOptions`.
    """
    app = make_app(routes=Router([*more_routes, *urlpatterns], error_formats))
    with serving(app, server_class, **options) as server:
        yield server


@contextmanager
def serving(
    app: App, server_class: type[GameServer] = ThreadedServer, **options: Any
) -> Iterator[GameServer]:
    """A server in a thread that serves an application; the options are those of `ServerOptions`."""
    server = server_class(app, open_listeners("127.0.0.1", 0), ServerOptions(**options))
    failures: list[BaseException] = []

    def serve() -> None:
        try:
            server.serve_forever(poll_interval=0.02)
        except BaseException as error:
            failures.append(error)
        server.server_close()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        if not server.stopping:
            server.stop()
        thread.join(PATIENCE)
    assert not failures, f"the loop has ended: {failures[0]!r}"
    assert not thread.is_alive(), "the loop does not end"
