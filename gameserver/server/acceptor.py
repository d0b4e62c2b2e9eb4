"""The listening sockets: who gets in, and who has to wait.

While there is no room, clients stay in the kernel's backlog and nothing is polled for them. So a
server that is full, or out of descriptors, does not spin.
"""

from __future__ import annotations

import errno
import logging
import socket
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from selectors import EVENT_READ
from typing import TYPE_CHECKING

from gameserver.web.messages import Request

if TYPE_CHECKING:
    from gameserver.server.base import GameServer

log = logging.getLogger(__name__)

MAX_CONNECTIONS = 10_000
MAX_CONNECTIONS_PER_ADDRESS = 1_000
MAX_ACCEPTS = 8
"""Clients let in during one turn of the loop: the others get theirs, and so do other workers."""

COMPLAINT_SECONDS = 10
"""Between two lines in the log about a want of descriptors."""

_OUT_OF_RESOURCES = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)


class Listener:
    """A listening socket, as the loop knows it."""

    def __init__(self, sock: socket.socket, door: Door) -> None:
        self.socket = sock
        self._door = door

    def fileno(self) -> int:
        return self.socket.fileno()

    def ready(self) -> Sequence[Request]:
        self._door.accept(self.socket)
        return ()


class Door:
    """Lets clients in to a server while there is room for them."""

    def __init__(
        self, server: GameServer, sockets: Sequence[socket.socket], max_connections: int
    ) -> None:
        self._server = server
        self._listeners = [Listener(sock, self) for sock in sockets]
        self._room = max_connections
        self._per_address: Counter[str] = Counter()
        self._open = False
        self._closed = False
        self._next_complaint = 0.0

    def open(self) -> None:
        """Lets clients in from now on, if there is room and the door is not closed for good."""
        if self._open or self._closed or self._room <= 0:
            return
        self._open = True
        for listener in self._listeners:
            self._server.watch(listener, EVENT_READ)

    def close(self) -> None:
        """Lets in who has connected by now, and then nobody any more."""
        self._closed = True
        self._shut()
        arrived = []
        for listener in self._listeners:
            # At once and nothing in between: who connects after the last accept is lost.
            arrived += list(_accept_all(listener.socket))
            listener.socket.close()
        for client, address in arrived:
            self._admit(client, address)

    def accept(self, sock: socket.socket) -> None:
        """Lets in some of those who wait at one of the sockets."""
        for _ in range(MAX_ACCEPTS):
            if self._room <= 0:
                self._shut()
                return
            try:
                client, address = sock.accept()
            except BlockingIOError:
                return
            except OSError as error:
                if error.errno in _OUT_OF_RESOURCES:
                    self._complain(error)
                    self._shut()
                    return
                continue  # the client has gone already
            self._admit(client, address[0])

    def leave(self, address: str) -> None:
        """A client has gone."""
        self._room += 1
        self._per_address[address] -= 1
        if not self._per_address[address]:
            del self._per_address[address]
        self.open()

    def _admit(self, client: socket.socket, address: str) -> None:
        client.setblocking(False)
        self._room -= 1
        self._per_address[address] += 1
        self._server.admit(
            client, address, self._per_address[address] <= MAX_CONNECTIONS_PER_ADDRESS
        )

    def _complain(self, error: OSError) -> None:
        """Says so in the log, but not each time that a place comes free and is taken."""
        if self._server.now >= self._next_complaint:
            self._next_complaint = self._server.now + COMPLAINT_SECONDS
            log.warning("cannot accept a client: %s", error.strerror)

    def _shut(self) -> None:
        self._open = False
        for listener in self._listeners:
            self._server.watch(listener, 0)


def _accept_all(sock: socket.socket) -> Iterator[tuple[socket.socket, str]]:
    """Everybody who waits at the socket, as far as descriptors go."""
    with suppress(OSError):
        while True:
            client, address = sock.accept()
            yield client, address[0]
