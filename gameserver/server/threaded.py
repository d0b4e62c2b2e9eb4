"""The whole server in one process: the loop, and threads for the requests that may block."""

from __future__ import annotations

import logging
import os
import socket
from collections import deque
from collections.abc import Sequence
from socketserver import ThreadingMixIn

from gameserver.server.application import Application
from gameserver.server.base import GameServer, ServerOptions
from gameserver.server.connection import Connection
from gameserver.web.errors import Overloaded, error_response
from gameserver.web.messages import Request, Response

log = logging.getLogger(__name__)

MAX_THREADS = 2 * (os.cpu_count() or 1)
MAX_WAITING = 64
"""Requests that may wait for a thread."""

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
        self._served: set[Connection] = set()
        """The connections for which a thread is running."""
        self._queue: deque[tuple[Request, Connection]] = deque()
        self._log_at = 0.0

    def begin(self, request: Request, connection: Connection) -> None:
        if len(self._served) < MAX_THREADS:
            self._start(request, connection)
        elif len(self._queue) < MAX_WAITING:
            self._queue.append((request, connection))
        else:
            self._refuse(request, connection)

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
            self._served.add(connection)

    def _refuse(self, request: Request, connection: Connection) -> None:
        busy = Overloaded("the server has too much to do: try again later")
        response = error_response(busy, request.match.error_format)
        self._finished.append((request, connection, response))

    def resume(self, request: Request, connection: Connection, response: Response) -> None:
        if connection in self._served:
            self._served.remove(connection)
            while self._queue:
                self._start(*self._queue.popleft())
                if self._served:
                    break  # another one will end, and go on with the queue
        super().resume(request, connection, response)
