"""The `multiprocessing` manager of the state: its server in the owner, its lines in the workers.

A worker connects as a manager's proxy does, and both ends prove that they know the manager's key.
From then on the connection is a `Line`, which carries batches instead of pickled method calls.
"""

from __future__ import annotations

import logging
import os
import socket
import struct
import threading
import time
from collections.abc import Callable
from multiprocessing.connection import Connection, Listener, answer_challenge, deliver_challenge
from multiprocessing.managers import BaseManager, Server, dispatch  # type: ignore[attr-defined]
from typing import Any

from gameserver.processes.line import Line, set_patience

log = logging.getLogger(__name__)

CONNECT_SECONDS = 1.5
"""For each step of opening a line."""

RETRY_SECONDS = 0.25

Answer = Callable[[bytes], bytes]
"""What the owner does with a question."""


class StateServer(Server):
    """The manager's server: a thread for each line."""

    listener: Listener
    public = ["accept_connection"]
    """All that a connection can ask for is to become a line."""

    def __init__(self, address: str, key: bytes, answer: Answer) -> None:
        super().__init__({}, address, key, "pickle")
        self._answer = answer

    def accepter(self) -> None:
        """In a thread: lets lines be opened, whatever becomes of each."""
        while True:
            try:
                connection = self.listener.accept()
                threading.Thread(
                    target=self.handle_request, args=(connection,), daemon=True
                ).start()
            except (OSError, RuntimeError) as error:
                log.error("a worker cannot be connected: %s; it tries again", error)
                time.sleep(RETRY_SECONDS)

    def handle_request(self, conn: Any) -> None:
        """In a thread: serves a connection, if it comes from this user."""
        if _is_of_this_user(conn):
            super().handle_request(conn)
        else:
            conn.close()

    def serve_client(self, conn: Any) -> None:
        """In a thread: answers the questions of one line until it is closed."""
        line = Line(conn)
        try:
            while True:
                line.answer(self._answer(line.receive()))
        except (EOFError, OSError):
            pass  # the worker has ended, or given the line up
        except Exception:
            log.exception("a line has failed")
        finally:
            line.close()


class Manager(BaseManager):
    """Where the server of the state is, and the key to it."""

    def __init__(self, address: str, key: bytes) -> None:
        super().__init__(address, key)
        self._place = address
        self._key = key

    def make_server(self, answer: Answer) -> StateServer:
        """In the owner: the server, listening."""
        return StateServer(self._place, self._key, answer)

    def open_line(self, patience: float) -> Line:
        """In a worker: a line of its own, since one from over a fork would be the parent's, too.

        `patience` is how many seconds each wait of the line takes at most. Raises OSError,
        EOFError or ProcessError if the owner is away, BlockingIOError if it hangs.
        """
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
            set_patience(sock, CONNECT_SECONDS)
            sock.connect(self._place)
            connection: Any = Connection(sock.detach())
        if not _is_of_this_user(connection):
            connection.close()
            raise ConnectionRefusedError("another user has taken the address")
        answer_challenge(connection, self._key)
        deliver_challenge(connection, self._key)
        dispatch(connection, None, "accept_connection", ("line",))
        line = Line(connection)
        line.set_patience(patience)
        return line


def _is_of_this_user(connection: Any) -> bool:
    """Whether the other end is this user's: any can use an abstract address (unix(7))."""
    if not hasattr(socket, "SO_PEERCRED"):
        return True  # it is a file in a folder of this user's
    with socket.socket(fileno=os.dup(connection.fileno())) as sock:
        credentials = sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
    return bool(struct.unpack("@iII", credentials)[1] == os.geteuid())
