"""One batch of requests, whose views ask Redis in rounds: see `rounds.py`.

In what order: a question goes to Redis behind those that were asked before it on its connection,
and those of one `Kind` go together as far as that allows. A request whose question is not the last
one of its view holds up the requests behind it on the connection until it is answered. A
connection is known by the address of its client, which is the same object in all its requests.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from gameserver.storage.redis.link.link import ANSWER_SECONDS, Command, Unavailable
from gameserver.storage.redis.link.questions import (
    AGAIN,
    Anew,
    Kind,
    Numbers,
    Pending,
    checked,
    too_few,
)

ROUND_SECONDS = 0.1
"""If Redis is slow, no round of a batch begins later: with `ANSWER_SECONDS` nobody waits longer
than half a second.
"""
SLOW_SECONDS = 0.01
"""Redis is slow if rounds take longer than this on average."""

OWN_SECONDS = 0.04
"""Of the half second, for all but Redis."""

Send = Callable[[Sequence[Command], bool, float], tuple[Sequence[Any], bool]]
"""Sends commands, which write or do not; returns the replies, and whether they are confirmed.

So many seconds may pass until then; 0: as many as ever.
"""


class _Group(NamedTuple):
    """The questions of one kind that go to Redis together, and who has asked each."""

    kind: Kind[Any]
    items: list[Any]
    askers: list[int]
    clients: list[int]


class Batch:
    """What the views of a batch have asked and been told; of the thread that makes it."""

    def __init__(self, send: Send, rules_now: Callable[[], Numbers]) -> None:
        """`rules_now` says the numbers of the rules that the server knows."""
        self.thread = threading.get_ident()
        self._send = send
        self._rules_now = rules_now
        self._started = time.monotonic()
        self._rounds = 0
        self._notes: dict[int, list[tuple[Kind[Any], Any]]] = {}
        """The answers, by request, and to what kind of questions."""
        self._asker = self._client = 0
        self._position = 0
        """How many questions the view has asked so far."""
        self._begin_round()

    def _begin_round(self) -> None:
        self._groups: list[_Group] = []
        self._last: dict[int, int] = {}
        """By client: the number of the group that it has asked in last."""
        self._held: set[int] = set()
        """The clients whose next requests have to wait for the next round."""
        self._presumed: dict[int, Any] = {}
        """By request: the answer that its view has gone on with, without knowing it."""
        self.at_once = True
        """Whether the view asks everything at once from here on."""
        self.has_written = True
        """Whether the view has changed something at once."""
        self.numbers = self._round_numbers = self._rules_now()
        """Those of the rules with which the view was called, and all views of the round."""

    # What the application calls

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
        self.at_once = self.has_written = False
        self.numbers = self._round_numbers
        return True

    def flush(self) -> list[int]:
        """The end of a round: asks Redis, and notes the answers.

        Returns the requests whose view went on with an answer that is another one: what it has
        returned is wrong, and it has to be called again.
        """
        # No view is called now, so whatever is asked meanwhile cannot wait for a round.
        self.at_once = self.has_written = True
        wrong: list[int] = []
        if self._groups:
            self.numbers = self._round_numbers
            again: set[int] = set()
            for group, answers in zip(self._groups, self._answers(self._groups), strict=True):
                wrong += self._note_answers(group, answers, again)
        self._begin_round()
        return wrong

    # What stores call, by way of `Rounds`

    def answer(self, kind: Kind[Any], item: Any, presumed: Any = None) -> Any:
        """The answer to the view's next question; if there is none yet Pending, or `presumed`."""
        notes, position = self._notes.get(self._asker), self._position
        if notes is None or position == len(notes):
            self._note(kind, item)
            if presumed is None:
                raise Pending
            self._presumed[self._asker] = presumed
            return presumed
        self._position = position + 1
        asked, answer = notes[position]
        if asked is not kind and not isinstance(answer, Unavailable):
            self.begin_again()  # the rules have changed, and now it goes another way
        if isinstance(answer, Exception):
            raise answer
        return answer

    @property
    def presumes(self) -> bool:
        """Whether the view may go on with what is known: not if it was called before, and asked."""
        return not self.at_once and self._asker not in self._notes

    def begin_at_once(self) -> None:
        """From here on the view asks everything at once: it is about to change something."""
        if self._client in self._last or self._client in self._held:
            self._held.add(self._client)
            raise Pending  # what stands before it on its connection is to be done first
        self.at_once = True

    def begin_again(self) -> None:
        """The view is called again in the next round, unless it has changed something."""
        if not self.has_written:
            self._held.add(self._client)
            self._notes.pop(self._asker, None)
            raise Anew
        self.go_on()

    def go_on(self) -> None:
        """The view goes on with the rules as they are now."""
        self.numbers = self._rules_now()

    def seconds_left(self) -> float:
        """How long something may take that is asked now, at once; 0: as long as ever.

        Unavailable if it would be too late: see `ROUND_SECONDS`.
        """
        self._rounds += 1
        return self._left()

    # A round

    def _note(self, kind: Kind[Any], item: Any) -> None:
        """Notes a question, in the first group that is not before the client's last one."""
        client, groups = self._client, self._groups
        number = self._last.get(client, 0)
        while number < len(groups) and groups[number].kind is not kind:
            number += 1
        if number == len(groups):
            groups.append(_Group(kind, [], [], []))
        _, items, askers, clients = groups[number]
        items.append(item)
        askers.append(self._asker)
        clients.append(client)
        self._last[client] = number
        if not kind.final:
            self._held.add(client)

    def _answers(self, groups: Sequence[_Group]) -> list[Sequence[Any]]:
        """The answers to the items of each group, exceptions among them."""
        try:
            self._count_round()
            parts = [group.kind.commands(group.items) for group in groups]
            writes = any(group.kind.writes for group in groups)
            commands = [each for part in parts for each in part]
            replies, confirmed = self._send(commands, writes, self._left())
        except Unavailable as error:
            return [[error] * len(group.items) for group in groups]
        found, start = [], 0
        for group, part in zip(groups, parts, strict=True):
            own = replies[start : start + len(part)]
            start += len(part)
            found.append(_answers_of(group, own, confirmed))
        return found

    def _count_round(self) -> None:
        """Unavailable if it would be too late."""
        seconds = time.monotonic() - self._started
        if seconds > max(ROUND_SECONDS, self._rounds * SLOW_SECONDS):
            raise Unavailable
        self._rounds += 1

    def _left(self) -> float:
        """See `seconds_left`."""
        most = max(ROUND_SECONDS, self._rounds * SLOW_SECONDS) + ANSWER_SECONDS - OWN_SECONDS
        left = most - (time.monotonic() - self._started)
        if left <= 0:
            raise Unavailable
        return left if left < ANSWER_SECONDS else 0.0

    def _note_answers(
        self, group: _Group, answers: Sequence[Any], again: set[int]
    ) -> Iterator[int]:
        """Yields the requests whose answer is another one than their view has gone on with.

        `again` has the clients that have to ask again: then they have to read again as well.
        """
        notes, presumed, kind = self._notes, self._presumed, group.kind
        for asker, client, answer in zip(group.askers, group.clients, answers, strict=True):
            if answer is AGAIN:
                again.add(client)
                notes.pop(asker, None)
            elif again and client in again and not kind.writes:
                notes.pop(asker, None)
            elif asker in presumed and presumed[asker] is answer:
                continue
            elif asker in notes:
                notes[asker].append((kind, answer))
            else:
                notes[asker] = [(kind, answer)]
            if asker in presumed:
                yield asker


def _answers_of(group: _Group, replies: Sequence[Any], confirmed: bool) -> Sequence[Any]:
    try:
        answers = group.kind.answers(group.items, checked(replies))
    except Exception as error:  # each view that has asked makes of it what it makes of errors
        return [error] * len(group.items)
    if group.kind.writes and not confirmed:
        return [too_few()] * len(group.items)
    return answers
