"""A line between a worker and the owner of the state: questions and answers, as bytes.

It is a connection of `multiprocessing`, of which only the socket is used once both ends know each
other: nothing is pickled, and one system call does where `Connection` makes two.
"""

from __future__ import annotations

import os
import socket
import struct
from multiprocessing.connection import Connection

READ_SIZE = 65536

_LENGTH = struct.Struct("!I")
"""What stands in front of a message."""


class Line:
    """One end of a line: one question at a time, and its answer.

    What cannot be sent or received in time still can be later, with `settle`.
    """

    def __init__(self, connection: Connection) -> None:
        """`connection` becomes the line's."""
        self._socket = socket.socket(fileno=os.dup(connection.fileno()))
        connection.close()
        self._unsent = b""
        self._received = b""
        self.owes = False
        """A question has not been answered yet."""

    def fileno(self) -> int:
        return self._socket.fileno()

    def set_patience(self, seconds: float) -> None:
        set_patience(self._socket, seconds)

    def ask(self, question: bytes, flags: int = 0) -> bytes:
        """The answer to a question; see `settle`."""
        self._unsent = _LENGTH.pack(len(question)) + question
        self.owes = True
        return self.settle(flags)

    def settle(self, flags: int = 0) -> bytes:
        """The answer that is owed.

        Raises BlockingIOError if it is not there in time (or not yet, with MSG_DONTWAIT among the
        flags, see recv(2)), EOFError or another OSError if it never will be.
        """
        while self._unsent:
            self._unsent = self._unsent[self._socket.send(self._unsent, flags) :]
        answer = self.receive(flags)
        self.owes = False
        return answer

    def receive(self, flags: int = 0) -> bytes:
        """The next message; errors as in `settle`."""
        data = self._received
        while len(data) < _LENGTH.size or len(data) < _LENGTH.size + _LENGTH.unpack_from(data)[0]:
            piece = self._socket.recv(READ_SIZE, flags)
            if not piece:
                raise EOFError("the line has been closed")
            self._received = data = data + piece if data else piece
        self._received = b""
        return data[_LENGTH.size :]

    def answer(self, message: bytes) -> None:
        """Answers the question that was received last."""
        self._socket.sendall(_LENGTH.pack(len(message)) + message)

    def close(self) -> None:
        self._socket.close()


def set_patience(sock: socket.socket, seconds: float) -> None:
    """Has the kernel end each wait for the socket after this time (socket(7), SO_RCVTIMEO).

    A timeout of Python's would take one more system call for each.
    """
    whole, rest = divmod(seconds, 1)
    limit = struct.pack("@ll", int(whole), int(rest * 1_000_000))
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, limit)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, limit)
