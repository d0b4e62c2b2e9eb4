"""A worker's lines to the owner of the state, and what the worker knows of the owner by them.

An owner that is gone shows in lines that break, one that hangs in an answer that does not come.
While such an answer is *overdue*, whatever else needs the owner is refused at once; each time a
look at the line says whether the owner is back.
"""

from __future__ import annotations

import logging
import math
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from multiprocessing import ProcessError
from multiprocessing.managers import RemoteError

from gameserver.processes.line import Line
from gameserver.web.errors import Overloaded

log = logging.getLogger(__name__)

ANSWER_SECONDS = 1.5
"""An answer that takes longer is overdue."""

NOTE_SECONDS = 1.0
"""So is the receipt of a note. It takes no work, and nobody waits for it."""

LOOK_SECONDS = 0.05
"""Who waits looks this often whether there is something else to do or to know."""

RETRY_SECONDS = 2.0
"""Between attempts to open a line to an owner that hangs: each may take `CONNECT_SECONDS`."""

LOG_SECONDS = 1.0
"""Shortest time between two lines in the log about the same trouble."""

_AWAY = "the scores are not available: try again later"

_TROUBLE = (OSError, EOFError, ProcessError, RemoteError)
"""What a line to an owner that is gone may raise."""


class Lines:
    """As many lines as questions are asked at the same time. Thread-safe.

    Questions that must be answered soon, and notes, are for one thread alone: the worker's loop.
    """

    def __init__(self, open_line: Callable[[float], Line]) -> None:
        """`open_line` is `Manager.open_line`."""
        self._open_line = open_line
        self._free: list[Line] = []
        self._notes: Line | None = None
        self._noted_at = 0.0
        self._overdue: Line | None = None
        self.meanwhile: Callable[[], None] = lambda: None
        """What the loop does while it waits for an answer."""
        self._lock = threading.Lock()
        """For a look at the line whose answer is overdue."""
        self._open_at = 0.0
        self._log_at = 0.0

    def ask(self, question: bytes, patiently: bool = False) -> bytes:
        """The owner's answer; Overloaded if there is none within `ANSWER_SECONDS`.

        `patiently`: it may take longer, as long as the owner answers anybody.
        """
        if self._overdue:
            self._look()
        try:
            try:
                return self._ask(self._line(), question, patiently)
            except BrokenPipeError:
                # The owner of the last question is gone, and this one was not taken.
                self._drop()
                return self._ask(self._line(), question, patiently)
        except _TROUBLE as error:
            raise self._unavailable(error) from None

    def note(self, message: bytes) -> None:
        """Sends a message without waiting; Overloaded if the one before has not been received.

        It also closes a line that has not been needed of late.
        """
        if self._overdue:
            self._look()
        if len(self._free) > 1:
            with suppress(IndexError):  # others take some as well
                self._free.pop(0).close()
        try:
            notes = self._notes = self._notes or self._open()
            if notes.owes and not self._is_received(notes):
                raise Overloaded(_AWAY)
            self._noted_at = time.monotonic()
            with suppress(BlockingIOError):  # the next note asks for the receipt
                notes.ask(message, socket.MSG_DONTWAIT)
        except _TROUBLE as error:
            if self._notes:
                self._notes.close()
            self._notes = None
            raise self._unavailable(error) from None

    def _is_received(self, notes: Line) -> bool:
        try:
            notes.settle(socket.MSG_DONTWAIT)
        except BlockingIOError:
            if time.monotonic() >= self._noted_at + NOTE_SECONDS:
                self._miss(notes)
            return False
        return True

    def _line(self) -> Line:
        try:
            return self._free.pop()
        except IndexError:
            return self._open()

    def _open(self) -> Line:
        if time.monotonic() < self._open_at:
            raise Overloaded(_AWAY)
        try:
            return self._open_line(LOOK_SECONDS)
        except BlockingIOError:
            self._open_at = time.monotonic() + RETRY_SECONDS
            raise

    def _ask(self, line: Line, question: bytes, patiently: bool) -> bytes:
        try:
            try:
                answer = line.ask(question)
            except BlockingIOError:
                answer = self._wait(line, patiently)
        except _TROUBLE:
            line.close()
            raise
        self._free.append(line)
        return answer

    def _wait(self, line: Line, patiently: bool) -> bytes:
        """An answer that takes its time."""
        give_up = math.inf if patiently else time.monotonic() + ANSWER_SECONDS - LOOK_SECONDS
        while not self._overdue:
            try:
                return line.settle()
            except BlockingIOError:
                if time.monotonic() >= give_up:
                    self._miss(line)
                elif not patiently:
                    self.meanwhile()
        if line is not self._overdue:
            line.close()
        raise Overloaded(_AWAY)

    def _miss(self, line: Line) -> None:
        """The owner is known to hang from now on."""
        log.error("the owner of the scores does not answer")
        self._overdue = line

    def _look(self) -> None:
        """Overloaded while the answer that is overdue has not come."""
        with self._lock:
            line = self._overdue
            if line is None:
                return  # another thread has looked
            try:
                line.settle(socket.MSG_DONTWAIT)
            except BlockingIOError:
                raise Overloaded(_AWAY) from None
            except _TROUBLE:
                line.close()
                if line is self._notes:
                    self._notes = None
            else:
                log.warning("the owner of the scores answers again")
                if line is not self._notes:
                    self._free.append(line)
            self._open_at = 0.0
            self._overdue = None

    def _unavailable(self, error: Exception) -> Overloaded:
        """Gives up all lines that are free; what to tell clients."""
        self._drop()
        now = time.monotonic()
        if now >= self._log_at:
            self._log_at = now + LOG_SECONDS
            log.error("the owner of the scores cannot be asked: %r", error)
        return Overloaded(_AWAY)

    def _drop(self) -> None:
        with suppress(IndexError):
            while True:
                self._free.pop().close()
