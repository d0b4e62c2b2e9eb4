"""What clients are owed: the replies that are made and that they have not taken yet.

A long body is kept by itself, and once, however many clients are owed it: equal bodies are one,
from whichever batch, or process, each of them came.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import socket

    from gameserver.server.tls import TLSSocket

LONG_BODY = 4096
"""A body from this size on is kept apart from the heads of the replies that it is in."""


class Ledger:
    """What all clients of a server are owed together."""

    def __init__(self) -> None:
        self.total = 0
        """In bytes; a body that several are owed counts once."""
        self._bodies: dict[bytes, tuple[bytes, int]] = {}
        """The long bodies, and how many are owed each."""

    def share(self, body: bytes) -> bytes:
        """One more is owed the body; returns that or an equal one, to be kept instead."""
        kept, count = self._bodies.get(body, (body, 0))
        self._bodies[kept] = kept, count + 1
        self.total += 0 if count else len(kept)
        return kept

    def settle(self, body: bytes) -> None:
        """One less is owed the body."""
        kept, count = self._bodies.pop(body)
        if count > 1:
            self._bodies[kept] = kept, count - 1
        else:
            self.total -= len(kept)


class Debt:
    """What one client is owed, in the order in which it is to be sent."""

    __slots__ = ("_ledger", "_pieces")

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._pieces: deque[tuple[memoryview, bytes, int]] = deque()
        """What is left of a piece; the long body that it is of, if any; what it counts by itself.
        """

    def add(self, output: bytes, sent: int = 0, body: bytes = b"", record: int = 0) -> None:
        """Owes `output` from `sent` on.

        `body` is that of the last reply in it. `record` is the size of a TLS record: where sending
        failed, so much may be encrypted already, and has to be tried again as one piece.
        """
        end = len(output)
        if len(body) >= LONG_BODY and output.endswith(body):
            start = end - len(body)
            end = sent if sent >= start else min(max(start, sent + record), end)
        if sent < end:
            self._ledger.total += end - sent
            self._pieces.append((memoryview(output[sent:end]), b"", end - sent))
        if end < len(output):
            kept = self._ledger.share(body)
            self._pieces.append((memoryview(kept)[end - start :], kept, 0))

    def pay(self, sock: socket.socket | TLSSocket) -> bool:
        """Sends as much as the socket takes; whether that was all. OSError if it is broken."""
        while self._pieces:
            left, body, own = self._pieces[0]
            try:
                left = left[sock.send(left) :]
            except BlockingIOError:
                return False
            if left:
                self._pieces[0] = left, body, own
                return False
            self._drop()
        return True

    def cancel(self) -> None:
        """Nobody will take it any more."""
        while self._pieces:
            self._drop()

    def _drop(self) -> None:
        _, body, own = self._pieces.popleft()
        self._ledger.total -= own
        if body:
            self._ledger.settle(body)
