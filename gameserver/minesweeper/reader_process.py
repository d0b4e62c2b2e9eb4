"""A process that reads replays for a server, at a low priority, until the server lets it go.

A message is its size in four bytes and then as much. The server sends replays; for each it gets
a `marshal` of ("game", the fields of a `Game`), ("invalid", why) or ("failed", a traceback).
"""

from __future__ import annotations

import marshal
import os
import signal
import socket
import struct
import sys
import traceback
from contextlib import suppress
from typing import Any

from gameserver.minesweeper.games import read_game
from gameserver.minesweeper.replays import InvalidReplay

_SIZE = struct.Struct(">I")

NICENESS = 10
"""Of a process that shall be done within a bounded time."""


def main(idle: bool) -> None:
    """Serves the socket that is standard input, until that ends.

    `idle`: on Linux it runs when a core has nothing else to do.
    """
    # A signal to the whole group is for the server, which may still need what is being read.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    _lower_priority(idle)
    with socket.socket(fileno=0) as server:
        serve(server)


def serve(server: socket.socket) -> None:
    """Answers each replay, until the other side closes the socket."""
    with suppress(OSError, EOFError):
        while True:
            send(server, marshal.dumps(answer(receive(server))))


def answer(data: bytes) -> tuple[str, Any]:
    """What is said to a replay."""
    try:
        return "game", tuple(read_game(data))
    except InvalidReplay as error:
        return "invalid", str(error)
    except Exception:
        return "failed", traceback.format_exc()


def send(sock: socket.socket, message: bytes) -> None:
    """Sends a message."""
    sock.sendall(_SIZE.pack(len(message)) + message)


def receive(sock: socket.socket) -> bytes:
    """The next message; EOFError if there is none any more."""
    (size,) = _SIZE.unpack(_exactly(sock, _SIZE.size))
    return _exactly(sock, size)


def _exactly(sock: socket.socket, size: int) -> bytes:
    data = bytearray()
    while len(data) < size:
        received = sock.recv(min(size - len(data), 65_536))
        if not received:
            raise EOFError
        data += received
    return bytes(data)


def _lower_priority(idle: bool) -> None:
    with suppress(OSError, AttributeError):  # a container may forbid it, a system not have it
        if idle and sys.platform == "linux":
            os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
        else:
            os.nice(NICENESS)
