"""Accepting clients: as many as there is room for; the others wait.

While there is no room, clients stay in the kernel's backlog and nothing is polled for them. So a
server that is full, or out of descriptors, does not spin.
"""

from __future__ import annotations

import errno
import logging
import socket
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress

from gameserver.server.loop import EVENT_READ, Loop
from gameserver.web.clients import household
from gameserver.web.messages import Request

log = logging.getLogger(__name__)

MAX_CONNECTIONS = 10_000
MAX_CONNECTIONS_PER_ADDRESS = 1_000
"""Per /64 network for IPv6, where one client has all addresses of that."""

MAX_ACCEPTS = 8
"""Clients accepted in one iteration of the loop: the others get theirs, and so do other workers."""

WARNING_SECONDS = 10
"""Shortest time between two warnings about running out of descriptors."""

_OUT_OF_RESOURCES = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)


class Listener:
    """A listening socket, as the loop knows it."""

    def __init__(self, sock: socket.socket, acceptor: Acceptor) -> None:
        self.socket = sock
        self._acceptor = acceptor

    def fileno(self) -> int:
        return self.socket.fileno()

    def ready(self) -> Sequence[Request]:
        self._acceptor.accept(self.socket)
        return ()


Take = Callable[[socket.socket, str, bool], None]
"""Takes over an accepted client: `take(client, address, within_limit)`."""


class Acceptor:
    """Accepts clients while there is room for them, and counts those of each address."""

    def __init__(
        self, loop: Loop, sockets: Sequence[socket.socket], max_connections: int, take: Take
    ) -> None:
        self._loop = loop
        self._take = take
        self._listeners = [Listener(sock, self) for sock in sockets]
        self._room = max_connections
        self._per_household: Counter[str] = Counter()
        self._accepting = False
        self._stopped = False
        self._next_warning = 0.0

    def resume(self) -> None:
        """Accepts clients from now on, if there is room and it has not been stopped."""
        if self._accepting or self._stopped or self._room <= 0:
            return
        self._accepting = True
        for listener in self._listeners:
            self._loop.watch(listener, EVENT_READ)

    def pause(self) -> None:
        """Accepts nobody until `resume`."""
        self._accepting = False
        for listener in self._listeners:
            self._loop.watch(listener, 0)

    def stop(self) -> None:
        """Accepts all clients that have connected by now, and none after them."""
        self._stopped = True
        self.pause()
        arrived = []
        for listener in self._listeners:
            # At once, nothing in between: a client that connects after the last accept is lost.
            arrived += list(_accept_all(listener.socket))
            listener.socket.close()
        for client, address in arrived:
            self._admit(client, address)

    def accept(self, sock: socket.socket) -> None:
        """Accepts some of the clients that wait at one of the sockets."""
        for _ in range(MAX_ACCEPTS):
            if self._room <= 0:
                self.pause()
                return
            try:
                client, address = sock.accept()
            except BlockingIOError:
                return
            except OSError as error:
                if error.errno in _OUT_OF_RESOURCES:
                    self._warn(error)
                    self.pause()
                    return
                continue  # the client has gone already
            self._admit(client, address[0])

    def left(self, address: str) -> None:
        """A client has gone."""
        self._room += 1
        origin = household(address)
        self._per_household[origin] -= 1
        if not self._per_household[origin]:
            del self._per_household[origin]
        self.resume()

    def _admit(self, client: socket.socket, address: str) -> None:
        client.setblocking(False)
        self._room -= 1
        origin = household(address)
        self._per_household[origin] += 1
        within_limit = self._per_household[origin] <= MAX_CONNECTIONS_PER_ADDRESS
        self._take(client, address, within_limit)

    def _warn(self, error: OSError) -> None:
        """Says so in the log, but not each time that a place comes free and is taken."""
        if self._loop.now >= self._next_warning:
            self._next_warning = self._loop.now + WARNING_SECONDS
            log.warning("cannot accept a client: %s", error.strerror)


def _accept_all(sock: socket.socket) -> Iterator[tuple[socket.socket, str]]:
    """All clients that wait at the socket, as far as descriptors go."""
    with suppress(OSError):
        while True:
            client, address = sock.accept()
            yield client, address[0]
