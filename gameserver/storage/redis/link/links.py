"""The links of a process to its Redis, and what the process knows of it by them.

A link that fails shows that Redis is gone, stopped or too slow. From then on whatever needs it is
refused at once, until a thread of its own has opened a link again; so nobody waits twice, and
nothing piles up. Links are opened in threads as well, since looking up a name can take long.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any

from redis.exceptions import OutOfMemoryError, ReadOnlyError, RedisError, ResponseError

from gameserver.storage.redis.link.link import (
    ANSWER_SECONDS,
    Command,
    Link,
    LinkLost,
    Unavailable,
    is_not_there,
)

log = logging.getLogger(__name__)

PROBE_SECONDS = 0.25
"""Between two attempts to open a link to a Redis that is away."""

MOST_FREE = 8
"""Links that are kept for later."""

_CANNOT_KEEP = ("MISCONF", "NOREPLICAS", "OOM")
"""What an error begins with that is about writing only."""


class Links:
    """As many links as are used at the same time. Thread-safe."""

    def __init__(self, open_link: Callable[[], Link]) -> None:
        """`open_link` raises LinkLost, or a `RedisError`, where Redis cannot be used."""
        self._open_link = open_link
        self.when_back: Callable[[], None] = lambda: None
        """Called when Redis is back after it was away, before anybody can ask it."""
        self._free: list[Link] = []
        self._lock = threading.Lock()
        self._is_away = False
        self._is_closed = False

    @contextmanager
    def borrowed(self, seconds: float = 0.0) -> Iterator[Link]:
        """For `with`: a link for this thread alone. Unavailable where there is none.

        `seconds` may pass until all that is sent over it is answered; 0: `ANSWER_SECONDS`.
        A LinkLost that leaves the block is Unavailable, too, and Redis is away from then on.
        """
        link = self._take(seconds or ANSWER_SECONDS)
        try:
            yield link
        except LinkLost as error:
            link.close()
            raise self._lost(error) from None
        except BaseException:
            self._give_back(link)
            raise
        self._give_back(link)

    def send(self, commands: Sequence[Command], seconds: float = 0.0) -> list[Any]:
        """The replies to one pipeline; Unavailable if it is not known what became of it.

        `seconds` may pass until then, whatever it takes; 0: `ANSWER_SECONDS`.
        What is sent so may be sent twice: it reads, or can tell a repetition.
        """
        link = self._take(seconds or ANSWER_SECONDS)
        try:
            replies = link.send(commands)
        except LinkLost as error:
            replies = self._sent_again(commands, error, link.left or 0.0)
        else:
            self._give_back(link)
        self._look_at(replies)
        return replies

    def close(self) -> None:
        """May be called again."""
        self._is_closed = True
        self._drop()

    def _sent_again(
        self, commands: Sequence[Command], error: LinkLost, seconds: float
    ) -> list[Any]:
        """A link that was not used for a while may have been closed: another one does it."""
        if type(error) is not LinkLost or seconds <= 0:
            raise self._lost(error) from None
        self._drop()
        with self.borrowed(seconds) as link:
            return link.send(commands)

    def _look_at(self, replies: Sequence[Any]) -> None:
        """Redis may answer, and be none that takes what is written."""
        for reply in replies:
            if isinstance(reply, ResponseError) and _is_elsewhere(reply):
                raise self._lost(reply)

    def _take(self, seconds: float) -> Link:
        """A link for what has to be answered within so many seconds."""
        if self._is_away:
            raise Unavailable
        while self._free:
            try:
                link = self._free.pop()
            except IndexError:  # somebody else has taken the last one
                break
            if not link.is_stale():
                link.left = seconds
                return link
            link.close()
        return self._opened(seconds)

    def _give_back(self, link: Link) -> None:
        if len(self._free) >= MOST_FREE or self._is_away or self._is_closed:
            link.close()
        else:
            self._free.append(link)

    def _opened(self, seconds: float) -> Link:
        """Another link; nobody waits for it and an answer longer than for an answer alone."""
        give_up = time.monotonic() + seconds
        opening: Future[Link] = Future()

        def open_() -> None:
            try:
                opening.set_result(self._open_link())
            except BaseException as error:
                opening.set_exception(error)

        threading.Thread(target=open_, daemon=True).start()
        try:
            link = opening.result(seconds)
        except TimeoutError as error:
            opening.add_done_callback(_close_late)
            raise self._lost(error) from None
        except (LinkLost, RedisError) as error:
            raise self._lost(error) from None
        link.left = give_up - time.monotonic()
        return link

    def _lost(self, error: Exception) -> Unavailable:
        """Redis is away from now on, until a probe finds it; what to tell clients."""
        with self._lock:
            if not (self._is_away or self._is_closed):
                self._is_away = True
                log.error("Redis cannot be asked: %s", error)
                threading.Thread(target=self._probe, daemon=True).start()
        self._drop()
        return Unavailable()

    def _probe(self) -> None:
        """In a thread: looks for Redis until it is back."""
        while not self._is_closed:
            try:
                link = self._open_link()
            except (LinkLost, RedisError):
                time.sleep(PROBE_SECONDS)
                continue
            self.when_back()
            if not self._is_closed:
                log.warning("Redis answers again")
            self._is_away = False
            self._give_back(link)
            return

    def _drop(self) -> None:
        """Closes the links that nobody uses."""
        while self._free:
            try:
                self._free.pop().close()
            except IndexError:  # somebody else has taken the last one
                return


def _close_late(opening: Future[Link]) -> None:
    if not opening.exception():
        opening.result().close()


def problem_of(error: ResponseError) -> Exception:
    """What a reply that is an error means for whoever has asked: a bug, unless it can happen."""
    cannot_keep = isinstance(error, OutOfMemoryError) or str(error).startswith(_CANNOT_KEEP)
    if cannot_keep or _is_elsewhere(error):
        return Unavailable("nothing can be stored at the moment: try again later")
    return error


def _is_elsewhere(error: ResponseError) -> bool:
    """Whether it is no primary, or has no such keys: it may be another one soon."""
    return isinstance(error, ReadOnlyError) or is_not_there(error)
