"""How the views of a batch ask Redis together: in rounds.

Views are plain functions, and call their stores one after the other. In a *round* each view of the
batch is called; where a store needs to know something, its question is noted, and `Pending` leaves
the view. When all have been called, everything that was asked goes to Redis as one pipeline. Then
the views that are pending are called again, from their start, and the n-th question of each gets
its n-th answer at once, until no view is pending. So a batch costs a round trip or two.

That is right as long as what a view does before a question is the same each time: views and rules
only read until then. What changes something besides asking, or draws something at random, is done
*at once*, over the same links, and from there on its view asks everything at once: it is never
called again. The exception are writes that are asked, such as posts: the n-th is done once.

In what order: a question goes to Redis behind those that were asked before it on its connection,
and those of one `Kind` go together as far as that allows. A request whose question is not the last
one of its view holds up the requests behind it on the connection until it is answered. A
connection is known by its client's address, which is the same object in all its requests.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final, NamedTuple, Protocol, TypeVar

from redis.exceptions import ResponseError

from gameserver.storage.redis.link import Command, Link, Unavailable
from gameserver.storage.redis.links import Links, problem_of

ROUND_SECONDS = 0.2
"""No round of a batch begins later: with `ANSWER_SECONDS` nobody waits longer than half a second.
"""
ATTEMPTS = 200
"""Of a transaction: each time somebody else has changed something, so all together get on."""
WAIT_MS = 150
"""For the replicas that have to confirm what was written."""

Item = TypeVar("Item", contravariant=True)
Read = Callable[[Sequence[Command]], list[Any]]
"""Sends commands and returns the replies; an error is raised."""

AGAIN: Final = object()
"""The answer to a question that has to be asked again, from the beginning of its view."""


class Pending(BaseException):
    """A view has asked something; it is called again when the answer is there."""


class Kind(Protocol[Item]):
    """Questions that go to Redis together. They may be sent twice: they read, or can tell."""

    @property
    def writes(self) -> bool:
        """Whether replicas have to confirm it (`--redis_wait`)."""

    @property
    def final(self) -> bool:
        """Whether a view that asks this asks nothing behind it."""

    def commands(self, items: Sequence[Item]) -> Sequence[Command]:
        """What is sent for all of a round's items, or for some of them, in order."""

    def answers(self, items: Sequence[Item], replies: Sequence[Any]) -> Sequence[Any]:
        """An answer for each item; one that is an exception is raised, see also `AGAIN`.

        None of the replies is an error: these are raised where an item was asked.
        """


class Change(NamedTuple):
    """What a rule of `Rounds.transact` makes: commands to be done as one, and what it returns."""

    commands: Sequence[Command]
    result: Any = None


class _Commands:
    """Plain commands: an item is a list of them."""

    writes = final = False

    def commands(self, items: Sequence[Sequence[Command]]) -> Sequence[Command]:
        return [command for item in items for command in item]

    def answers(self, items: Sequence[Sequence[Command]], replies: Sequence[Any]) -> Sequence[Any]:
        found = iter(replies)
        return [[next(found) for _ in item] for item in items]


_COMMANDS = _Commands()


class _Group(NamedTuple):
    """The questions of one kind that go to Redis together, and who has asked each."""

    kind: Kind[Any]
    items: list[Any]
    askers: list[int]
    clients: list[int]


class Rounds:
    """Asks Redis for the stores: a batch together, everybody else at once."""

    def __init__(self, links: Links, replicas: int = 0) -> None:
        """`replicas` have to confirm everything that is written; Unavailable if fewer do."""
        self._links = links
        self._replicas = replicas
        self._thread = 0
        """That of the batch; 0: there is none."""
        self._lock = threading.Lock()
        self._asker = -1
        self._client = 0
        self._position = 0
        """How many questions the view has asked so far."""
        self._at_once = True
        self._notes: dict[int, list[Any]] = {}
        """The answers, by request."""
        self._groups: list[_Group] = []
        self._last: dict[int, int] = {}
        """By client: the number of the group that it has asked in last."""
        self._held: set[int] = set()
        """The clients whose next requests have to wait for the next round."""

    # What stores use

    def ask(self, commands: Sequence[Command]) -> list[Any]:
        """The replies to commands that only read; an error is raised."""
        replies: list[Any] = self.collect(_COMMANDS, commands)
        return replies

    def collect(self, kind: Kind[Item], item: Item) -> Any:
        """The answer to one question, which goes to Redis with all others of its kind."""
        if self._at_once or threading.get_ident() != self._thread:
            return self._ask_at_once(kind, item)
        notes = self._notes.get(self._asker)
        position = self._position
        if notes is None or position == len(notes):
            self._note(kind, item)
            raise Pending
        self._position = position + 1
        answer = notes[position]
        if isinstance(answer, Exception):
            raise answer
        return answer

    def at_once(self, commands: Sequence[Command], writes: bool = False) -> list[Any]:
        """The replies to commands that are done now, and never twice if they write."""
        self.begin_at_once()
        if not writes:
            return _checked(self._links.send(commands))
        with self._links.borrowed() as link:
            return self._confirmed(link, commands)

    def transact(self, keys: Sequence[bytes | str], rule: Callable[[Read], Change]) -> Any:
        """Does as one what the rule makes of what it has read; returns its result.

        `rule(read)` may be called again: as long as somebody else changes one of the keys.
        """
        self.begin_at_once()
        with self._links.borrowed() as link:
            for _ in range(ATTEMPTS):
                watch: list[Command] = [("UNWATCH",), ("WATCH", *keys)]

                def read(commands: Sequence[Command], watch: list[Command] = watch) -> list[Any]:
                    ahead = watch[:]
                    watch.clear()
                    return _checked(link.send([*ahead, *commands]))[len(ahead) :]

                change = rule(read)
                if not change.commands:
                    return change.result
                todo = [*watch, ("MULTI",), *change.commands, ("EXEC",)]
                if self._confirmed(link, todo)[-1] is not None:
                    return change.result
        raise Unavailable("too many want to change the same: try again later")

    def begin_at_once(self) -> None:
        """From here on the view asks everything at once: it is about to change something."""
        if threading.get_ident() != self._thread or self._at_once:
            return
        if self._client in self._last or self._client in self._held:
            self._held.add(self._client)
            raise Pending  # what stands before it on its connection is to be done first
        self._at_once = True

    # What the application uses

    @contextmanager
    def batch(self) -> Iterator[Rounds]:
        """For `with`: the views of a batch are called in it, by this thread."""
        with self._lock:
            self._thread = threading.get_ident()
            self._started = time.monotonic()
            try:
                yield self
            finally:
                self._thread = 0
                self._notes.clear()
                self._begin_round()

    def turn(self, asker: int, client: int) -> bool:
        """The view of this request is called next; whether it may be.

        `asker` is the request's place in the batch, `client` a number that all requests of a
        connection have in common.
        """
        if client in self._held:
            return False
        self._asker = asker
        self._client = client
        self._position = 0
        self._at_once = False
        return True

    def flush(self) -> None:
        """The end of a round: asks Redis, and notes the answers."""
        groups = self._groups
        if groups:
            again: set[int] = set()
            for group, answers in zip(groups, self._answers(groups), strict=True):
                self._note_answers(group, answers, again)
        self._begin_round()

    # A round

    def _begin_round(self) -> None:
        self._groups = []
        self._last.clear()
        self._held.clear()
        self._at_once = True

    def _note(self, kind: Kind[Any], item: Any) -> None:
        """Notes a question, in the first group that is not before the client's last one."""
        client = self._client
        groups = self._groups
        number = self._last.get(client, 0)
        while number < len(groups) and groups[number].kind is not kind:
            number += 1
        if number == len(groups):
            groups.append(_Group(kind, [], [], []))
        group = groups[number]
        group.items.append(item)
        group.askers.append(self._asker)
        group.clients.append(client)
        self._last[client] = number
        if not kind.final:
            self._held.add(client)

    def _answers(self, groups: Sequence[_Group]) -> list[Sequence[Any]]:
        """The answers to each group's items, exceptions among them."""
        try:
            if time.monotonic() > self._started + ROUND_SECONDS:
                raise Unavailable
            parts = [group.kind.commands(group.items) for group in groups]
            commands = [command for part in parts for command in part]
            wait = bool(self._replicas) and any(group.kind.writes for group in groups)
            if wait:
                commands.append(("WAIT", self._replicas, WAIT_MS))
            replies = self._links.send(commands)
        except Unavailable as error:
            return [[error] * len(group.items) for group in groups]
        too_few = wait and self._too_few(replies.pop())
        found, start = [], 0
        for group, part in zip(groups, parts, strict=True):
            own = replies[start : start + len(part)]
            start += len(part)
            found.append(_answers_of(group, own, too_few))
        return found

    def _note_answers(self, group: _Group, answers: Sequence[Any], again: set[int]) -> None:
        """`again` has the clients that have to ask again: then they have to read again as well."""
        notes = self._notes
        writes = group.kind.writes
        for asker, client, answer in zip(group.askers, group.clients, answers, strict=True):
            if answer is AGAIN:
                notes.pop(asker, None)
                again.add(client)
            elif again and client in again and not writes:
                notes.pop(asker, None)
            elif asker in notes:
                notes[asker].append(answer)
            else:
                notes[asker] = [answer]

    # At once

    def _ask_at_once(self, kind: Kind[Item], item: Item) -> Any:
        for _ in range(ATTEMPTS):
            commands = kind.commands([item])
            wait: Sequence[Command] = ()
            if self._replicas and kind.writes:
                wait = [("WAIT", self._replicas, WAIT_MS)]
            replies = _checked(self._links.send([*commands, *wait]))
            if wait and self._too_few(replies.pop()):
                raise _too_few()
            (answer,) = kind.answers([item], replies)
            if isinstance(answer, Exception):
                raise answer
            if answer is not AGAIN:
                return answer
        raise Unavailable

    def _confirmed(self, link: Link, commands: Sequence[Command]) -> list[Any]:
        """The replies to commands that write, once the replicas have it, too."""
        if not self._replicas:
            return _checked(link.send(commands))
        replies = link.send([*commands, ("WAIT", self._replicas, WAIT_MS)])
        confirmed = replies.pop()
        _checked(replies)
        if self._too_few(confirmed):
            raise _too_few()
        return replies

    def _too_few(self, confirmed: Any) -> bool:
        return not isinstance(confirmed, int) or confirmed < self._replicas


def _answers_of(group: _Group, replies: Sequence[Any], too_few: bool) -> Sequence[Any]:
    try:
        answers = group.kind.answers(group.items, _checked(replies))
    except Exception as error:  # each view that has asked makes of it what it makes of errors
        return [error] * len(group.items)
    if too_few and group.kind.writes:
        return [_too_few()] * len(group.items)
    return answers


def _too_few() -> Unavailable:
    return Unavailable("too few replicas have it: try again later")


def _checked(replies: Sequence[Any]) -> list[Any]:
    """The replies, if none is an error; else it is raised."""
    for reply in replies:
        if isinstance(reply, ResponseError):
            raise problem_of(reply)
    return list(replies)
