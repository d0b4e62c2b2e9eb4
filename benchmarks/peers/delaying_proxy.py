"""A TCP proxy on 127.0.0.1 that keeps everything back for a while, as a network does.

    python delaying_proxy.py PORT TARGET_PORT MILLISECONDS

`select` waits in microseconds, where `epoll` would round each wait up to the next millisecond.
"""

from __future__ import annotations

import select
import socket
import sys
import time
from collections import deque

Socket = socket.socket


class Proxy:
    """Connections, and what is on its way: in the order in which it is due."""

    def __init__(self, port: int, target: int, seconds: float) -> None:
        self._target = target
        self._seconds = seconds
        self._listener = socket.create_server(("127.0.0.1", port), backlog=128)
        self._peers: dict[Socket, Socket] = {}
        self._on_its_way: deque[tuple[float, Socket, bytes]] = deque()

    def run(self) -> None:
        while True:
            now = time.monotonic()
            while self._on_its_way and self._on_its_way[0][0] <= now:
                _, to, data = self._on_its_way.popleft()
                self._deliver(to, data)
            wait = self._on_its_way[0][0] - now if self._on_its_way else None
            for ready in select.select([self._listener, *self._peers], (), (), wait)[0]:
                if ready is self._listener:
                    self._accept()
                elif ready in self._peers:
                    self._take(ready)

    def _accept(self) -> None:
        client, _ = self._listener.accept()
        server = socket.create_connection(("127.0.0.1", self._target))
        for one, other in ((client, server), (server, client)):
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._peers[one] = other

    def _take(self, sender: Socket) -> None:
        try:
            data = sender.recv(1 << 20)
        except OSError:
            data = b""
        self._on_its_way.append((time.monotonic() + self._seconds, self._peers[sender], data))
        if not data:
            del self._peers[sender]

    def _deliver(self, to: Socket, data: bytes) -> None:
        """No data is the end."""
        try:
            if data:
                return to.sendall(data)
        except OSError:
            pass
        self._peers.pop(to, None)
        to.close()


if __name__ == "__main__":
    listen, target, milliseconds = sys.argv[1:]
    Proxy(int(listen), int(target), float(milliseconds) / 1e3).run()
