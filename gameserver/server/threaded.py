"""The whole server in one process: the loop, and threads for the requests that may block."""

from __future__ import annotations

import logging
import os
import socket
from collections import Counter, defaultdict, deque
from collections.abc import Sequence
from socketserver import ThreadingMixIn

from gameserver.server.application import Application
from gameserver.server.base import GameServer, ServerOptions, failure
from gameserver.server.connection import Connection
from gameserver.server.loop import has_hung_up
from gameserver.web.errors import Overloaded, error_response
from gameserver.web.messages import Request, Response

log = logging.getLogger(__name__)

MAX_THREADS = 2 * (os.cpu_count() or 1)
"""For the requests of each queue."""
MAX_WAITING = 64
"""Requests that may wait for a thread, in each queue."""

LOOK_SECONDS = 0.1
"""Shortest time between two looks at who has gone of those that wait."""

LOG_SECONDS = 1
"""Shortest time between two lines in the log about threads that cannot be started."""


class ThreadedServer(ThreadingMixIn, GameServer):
    """Gives each request that may block a thread of its own, as far as there are threads.

    Everything else stays on the loop: it takes microseconds, less than handing it over. Only the
    loop's thread keeps the books, so they need no lock.
    """

    daemon_threads = True  # a stop waits for the requests, for a bounded time, not for threads

    def __init__(
        self,
        app: Application,
        listeners: Sequence[socket.socket],
        options: ServerOptions | None = None,
    ) -> None:
        super().__init__(app, listeners, options)
        self._served: dict[Connection, str] = {}
        """The connections for which a thread is running, and the queue of each."""
        self._running: Counter[str] = Counter()
        """How many run, by queue."""
        self._queues: defaultdict[str, deque[tuple[Request, Connection]]] = defaultdict(deque)
        self._log_at = self._look_at = 0.0

    def begin(self, request: Request, connection: Connection) -> None:
        name = request.match.queue
        waiting = self._queues[name]
        if self._running[name] < MAX_THREADS:
            self._start(request, connection)
        elif len(waiting) < MAX_WAITING or self._drop_gone(waiting):
            waiting.append((request, connection))
        else:
            self._refuse(request, connection)

    def _drop_gone(self, waiting: deque[tuple[Request, Connection]]) -> bool:
        """Frees the places of clients that have gone; whether there was one."""
        if self._loop.now < self._look_at:
            return False
        self._look_at = self._loop.now + LOOK_SECONDS
        before = len(waiting)
        for _ in range(before):
            request, connection = waiting.popleft()
            if has_hung_up(connection.fileno()):
                self._finished.append((request, connection, failure(request)))
            else:
                waiting.append((request, connection))
        return len(waiting) < before

    def _start(self, request: Request, connection: Connection) -> None:
        """Starts a thread for a request, if the system has one to give."""
        try:
            self.process_request(request, connection)  # type: ignore[arg-type]
        except RuntimeError as error:
            if self._loop.now >= self._log_at:
                self._log_at = self._loop.now + LOG_SECONDS
                log.error("a request that may block is refused: %s", error)
            self._refuse(request, connection)
        else:
            self._served[connection] = request.match.queue
            self._running[request.match.queue] += 1

    def _refuse(self, request: Request, connection: Connection) -> None:
        busy = Overloaded("the server has too much to do: try again later")
        response = error_response(busy, request.match.error_format)
        self._finished.append((request, connection, response))

    def resume(self, request: Request, connection: Connection, response: Response) -> None:
        if connection in self._served:
            name = self._served.pop(connection)
            self._running[name] -= 1
            while self._queues[name]:
                self._start(*self._queues[name].popleft())
                if self._running[name]:
                    break  # another one will end, and go on with the queue
        super().resume(request, connection, response)
