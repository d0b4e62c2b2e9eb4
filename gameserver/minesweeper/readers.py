"""Processes that read replays, so that what a forger makes slow to read slows nobody else down.

They are programs of their own rather than forks of a server with threads, are started when there
is something to read, and end when there has been nothing for a while. The priority is such that
they run when a core has nothing else to do; what takes too long for that is read once more by one
that gets its share, though a small one. If one dies the upload fails that it was at.
"""

from __future__ import annotations

import logging
import marshal
import os
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import gameserver
from gameserver.errors import Refused
from gameserver.minesweeper.games import Game
from gameserver.minesweeper.reader_process import receive, send
from gameserver.minesweeper.replays import InvalidReplay
from gameserver.times import SECOND

log = logging.getLogger(__name__)

PROCESSES = os.cpu_count() or 1
MAX_PER_USER = 16
"""Replays of one player that wait or are read at once."""
MAX_IN_ALL = 64

PATIENCE_SECONDS = 5.0
"""Much longer than a replay takes when there is a core for it."""
LIMIT_SECONDS = 30.0
IDLE_SECONDS = 10.0

_PROGRAM = (
    "import sys; sys.path.append(sys.argv[1]);"
    "from gameserver.minesweeper.reader_process import main; main(sys.argv[2] == 'idle')"
)
_FOLDER = str(Path(gameserver.__file__).resolve().parent.parent)


class Reader:
    """One such process. `idle` is its priority."""

    def __init__(self, idle: bool) -> None:
        self.idle = idle
        self.free_since = 0.0
        """When it had nothing to do any more, in monotonic seconds."""
        self._socket, other = socket.socketpair()
        with other:
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-S", "-c", _PROGRAM, _FOLDER, "idle" if idle else "low"],
                stdin=other.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )

    def read(self, data: bytes, seconds: float) -> Game:
        """The game in a replay; TimeoutError, OSError or EOFError if there is no answer."""
        self._socket.settimeout(seconds)
        send(self._socket, data)
        kind, value = marshal.loads(receive(self._socket))
        if kind == "invalid":
            raise InvalidReplay(value)
        if kind == "failed":
            raise RuntimeError(f"in another process:\n{value}")
        return Game(*value)

    def end(self) -> None:
        """Ends it, whatever it is doing."""
        self._socket.close()
        self._process.kill()
        self._process.wait()


class Readers:
    """The processes of one server. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._slots = threading.Semaphore(PROCESSES)
        self._waiting: Counter[int] = Counter()
        self._free: list[Reader] = []
        """Those with nothing to do, the one that has been free the longest first."""
        self._timer: threading.Timer | None = None

    def read(self, data: bytes, user_id: int) -> Game:
        """The game in a replay, or InvalidReplay; `Refused` if there is too much to do."""
        with self._place(user_id), self._slots:
            try:
                try:
                    return self._ask(data, idle=True, seconds=PATIENCE_SECONDS)
                except TimeoutError:
                    return self._ask(data, idle=False, seconds=LIMIT_SECONDS)
            except (OSError, EOFError) as error:
                log.error("a replay could not be read by another process: %r", error)
                raise _busy() from None

    def close(self) -> None:
        """Ends all processes that have nothing to do."""
        self._end_those_free_since(time.monotonic())

    @contextmanager
    def _place(self, user_id: int) -> Iterator[None]:
        with self._lock:
            if self._waiting[user_id] >= MAX_PER_USER or self._waiting.total() >= MAX_IN_ALL:
                raise _busy()
            self._waiting[user_id] += 1
        try:
            yield
        finally:
            with self._lock:
                self._waiting[user_id] -= 1
                if not self._waiting[user_id]:
                    del self._waiting[user_id]

    def _ask(self, data: bytes, idle: bool, seconds: float) -> Game:
        reader = self._take(idle)
        try:
            game = reader.read(data, seconds)
        except InvalidReplay:
            self._give_back(reader)
            raise
        except BaseException:
            reader.end()
            raise
        self._give_back(reader)
        return game

    def _take(self, idle: bool) -> Reader:
        """A free process of this priority: the one that was busy last, or a new one."""
        with self._lock:
            for reader in reversed(self._free):
                if reader.idle is idle:
                    self._free.remove(reader)
                    return reader
        return Reader(idle)

    def _give_back(self, reader: Reader) -> None:
        reader.free_since = time.monotonic()
        with self._lock:
            self._free.append(reader)
            self._set_timer()

    def _set_timer(self) -> None:
        """Has a look taken, when that is due, at what has been free for too long."""
        if self._timer is None and self._free:
            self._timer = threading.Timer(IDLE_SECONDS, self._tidy)
            self._timer.daemon = True
            self._timer.start()

    def _tidy(self) -> None:
        self._end_those_free_since(time.monotonic() - IDLE_SECONDS)
        with self._lock:
            self._timer = None
            self._set_timer()

    def _end_those_free_since(self, moment: float) -> None:
        with self._lock:
            ended = [reader for reader in self._free if reader.free_since <= moment]
            self._free = [reader for reader in self._free if reader.free_since > moment]
        for reader in ended:
            reader.end()


def _busy() -> Refused:
    return Refused("overloaded", "too many replays are read at once: try again", wait=SECOND)
