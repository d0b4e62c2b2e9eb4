"""How the views of a batch ask Redis together: in rounds.

Views are plain functions, and call their stores one after the other. In a *round* each view of the
batch is called; where a store needs to know something, its question is noted, and `Pending` leaves
the view. When all have been called, everything that was asked goes to Redis as one pipeline. Then
the views that are pending are called again, from their start, and the n-th question of each gets
its n-th answer at once, until no view is pending. So a batch costs a round trip or two.

Where this server knows what the answer will very likely be (the list that it has read last, a score
that is no better than one that it has entered), the view goes on with it instead. What it returns
counts once Redis has said in the same pipeline that the answer is this; else it is called again.

That is right as long as what a view does before a question is the same each time: views and rules
only read until then. What changes something besides asking, or draws something at random, is done
*at once*, over the same links, and from there on its view asks everything at once: it is never
called again. The exception are writes that are asked, such as posts: the n-th is done once.

Threads and whatever else is outside of a batch ask at once.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from redis.exceptions import NoScriptError

from gameserver.storage.redis.link.batch import Batch
from gameserver.storage.redis.link.link import Command, Link, Unavailable
from gameserver.storage.redis.link.links import Links
from gameserver.storage.redis.link.questions import (
    AGAIN,
    COMMANDS,
    Change,
    Item,
    Kind,
    Numbers,
    Read,
    checked,
    too_few,
)

ATTEMPTS = 200
"""Of a transaction: each time somebody else has changed something, so all together get on."""
WAIT_MS = 150
"""For the replicas that have to confirm what was written."""


class Rounds:
    """Asks Redis for the stores: a batch together, everybody else at once. Thread-safe."""

    def __init__(self, links: Links, replicas: int = 0) -> None:
        """`replicas` have to confirm everything that is written; Unavailable if fewer do."""
        self._links = links
        self._replicas = replicas
        self._lock = threading.Lock()
        self._batch: Batch | None = None
        self._rules_now: Callable[[], Numbers] = tuple

    @contextmanager
    def batch(self) -> Iterator[Batch]:
        """For `with`: the views of a batch are called in it, by this thread."""
        with self._lock:
            self._batch = Batch(self._send, self._rules_now)
            try:
                yield self._batch
            finally:
                self._batch = None

    def ask(self, commands: Sequence[Command]) -> list[Any]:
        """The replies to commands that only read; an error is raised."""
        replies: list[Any] = self.collect(COMMANDS, commands)
        return replies

    def collect(self, kind: Kind[Item], item: Item, presumed: Any = None) -> Any:
        """The answer to one question, which goes to Redis with all others of its kind.

        `presumed` is what the answer will be as far as this server knows, if the kind is a final
        one: a view in a batch goes on with it at once, and is called again if it was wrong.
        """
        batch = self._batch
        if batch is None or batch.at_once or batch.thread != threading.get_ident():
            return self._collect_at_once(kind, item)
        return batch.answer(kind, item, presumed)

    def at_once(self, commands: Sequence[Command], writes: bool = False) -> list[Any]:
        """The replies to commands that are done now, and never twice if they write."""
        self.begin_at_once()
        if not writes:
            return self.read(commands)
        replies = self.write(commands)
        self.note_written()
        return replies

    def transact(self, keys: Sequence[bytes | str], rule: Callable[[Read], Change]) -> Any:
        """Does as one what the rule makes of what it has read; returns its result.

        `rule(read)` may be called again: as long as somebody else changes one of the keys.
        """
        change, _ = self.transacted(keys, rule)
        if change.commands:
            self.note_written()
        return change.result

    def transacted(
        self, keys: Sequence[bytes | str], rule: Callable[[Read], Change]
    ) -> tuple[Change, list[Any]]:
        """As `transact`, for what a script decides: the change, and the replies to its commands.

        A command that calls a script is the only one.
        """
        self.begin_at_once()
        with self._links.borrowed(self._seconds()) as link:
            for _ in range(ATTEMPTS):
                ahead: list[Command] = [("UNWATCH",), ("WATCH", *keys)]

                def read(commands: Sequence[Command], ahead: list[Command] = ahead) -> list[Any]:
                    replies = checked(link.send([*ahead, *commands]))[len(ahead) :]
                    ahead.clear()
                    return replies

                change = rule(read)
                if not change.commands:
                    return change, []
                todo = [*ahead, ("MULTI",), *change.commands, ("EXEC",)]
                replies = self._done(link, todo)[-1]
                if replies is None:  # somebody else has changed one of the keys
                    if link.is_late():
                        break
                    continue
                if any(type(reply) is NoScriptError for reply in replies):
                    link.load_scripts()  # Redis has forgotten them, so nothing was done
                    continue
                return change, checked(replies)
        raise Unavailable("too many want to change the same: try again later")

    def read(self, commands: Sequence[Command]) -> list[Any]:
        """The replies to commands that only read, or may be done twice, now; an error is raised.

        For what is the same for all views, and not for one of them alone.
        """
        return checked(self._links.send(commands, self._seconds()))

    def write(self, commands: Sequence[Command]) -> list[Any]:
        """The replies to commands that are done now, and never twice; for the same as `read`."""
        with self._links.borrowed(self._seconds()) as link:
            return self._done(link, commands)

    # How views are called

    def begin_at_once(self) -> None:
        """From here on the view asks everything at once: it draws or changes something."""
        batch = self._own_batch()
        if batch and not batch.at_once:
            batch.begin_at_once()

    def begin_again(self) -> None:
        """What the view has found is true no longer: it is called again, with the rules of now.

        One that has changed something, or has a thread of its own, goes on with them instead.
        """
        batch = self._own_batch()
        if batch:
            batch.begin_again()

    def go_on(self) -> None:
        """The view goes on with the rules as it has just made them."""
        batch = self._own_batch()
        if batch:
            batch.go_on()

    @property
    def numbers(self) -> Numbers:
        """The numbers of the rules (`rules.py`) with which the view was called."""
        batch = self._own_batch()
        return batch.numbers if batch else self._rules_now()

    @property
    def presumes(self) -> bool:
        """Whether the view that is called may go on with what this server knows of scores.

        Not if replicas have to confirm them: these may not have what is known.
        """
        batch = self._own_batch()
        return batch is not None and batch.presumes and not self._replicas

    def count_rules(self, now: Callable[[], Numbers]) -> None:
        """`now` says the numbers of the rules that this server knows."""
        self._rules_now = now

    def _own_batch(self) -> Batch | None:
        batch = self._batch
        return batch if batch and batch.thread == threading.get_ident() else None

    # The way to Redis

    def _seconds(self) -> float:
        """How long what is done at once may take; 0: as long as ever."""
        batch = self._own_batch()
        return batch.seconds_left() if batch else 0.0

    def _send(
        self, commands: Sequence[Command], writes: bool, seconds: float
    ) -> tuple[Sequence[Any], bool]:
        """The replies, errors among them, and whether enough replicas have what was written."""
        if not (writes and self._replicas):
            return self._links.send(commands, seconds), True
        replies = self._links.send([*commands, ("WAIT", self._replicas, WAIT_MS)], seconds)
        return replies, self._is_confirmed(replies.pop())

    def _collect_at_once(self, kind: Kind[Item], item: Item) -> Any:
        for _ in range(ATTEMPTS):
            replies, confirmed = self._send(kind.commands([item]), kind.writes, self._seconds())
            (answer,) = kind.answers([item], checked(replies))
            if answer is AGAIN:
                self.begin_again()
                continue
            if not confirmed:
                raise too_few()
            if isinstance(answer, Exception):
                raise answer
            if kind.writes:
                self.note_written()
            return answer
        raise Unavailable

    def _done(self, link: Link, commands: Sequence[Command]) -> list[Any]:
        """The replies to commands that write, once enough replicas have it, too."""
        if self._replicas:
            commands = [*commands, ("WAIT", self._replicas, WAIT_MS)]
        replies = checked(link.send(commands))
        if self._replicas and not self._is_confirmed(replies.pop()):
            raise too_few()
        return replies

    def note_written(self) -> None:
        """The view that is called has changed something."""
        batch = self._own_batch()
        if batch:
            batch.has_written = True

    def _is_confirmed(self, count: Any) -> bool:
        return isinstance(count, int) and count >= self._replicas
