"""Questions about scores: made when they are sent, with the rules and the time of that moment.

A view may be called again, and the rules may be others by then; so whatever a question and its
answer have in common is made once, in `prepare`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import chain
from typing import Any, NamedTuple

from gameserver.errors import Refused
from gameserver.storage.redis.link.link import Command, Script
from gameserver.storage.redis.link.questions import AGAIN
from gameserver.storage.redis.link.rounds import Rounds
from gameserver.storage.redis.link.rules import Rules
from gameserver.storage.redis.scores.calls import NOT_REMEMBERED, Calls
from gameserver.storage.redis.scores.score_rules import ScoreRules
from gameserver.storage.redis.scores.score_scripts import READ
from gameserver.times import Clock, moment_of

MOST_QUESTIONS = 16
"""In one call, which keeps others waiting."""

Argument = bytes | str | int | float


class Asked(NamedTuple):
    """What goes to a script, behind the number of the rules, and what its reply means."""

    arguments: Sequence[Argument]
    answer: Callable[[Any], Any]


Prepare = Callable[[ScoreRules, int], Asked]
"""Makes it of the rules and the present moment; it may raise Refused."""


class Question:
    """One question of a store."""

    __slots__ = ("asked", "prepare", "refused")

    def __init__(self, prepare: Prepare) -> None:
        self.prepare = prepare
        self.asked: Asked | None = None
        self.refused: Refused | None = None

    def arguments(self, rules: ScoreRules, now: int) -> Sequence[Argument] | None:
        """Those of the script; None if there is nothing to be asked."""
        self.asked = self.refused = None
        try:
            self.asked = self.prepare(rules, now)
        except Refused as error:
            self.refused = error
            return None
        return self.asked.arguments

    def answer(self, reply: Any) -> Any:
        """What the reply means; the refusal, if it is one."""
        assert self.asked is not None
        try:
            return self.asked.answer(reply)
        except Refused as error:
            return error


class Asking:
    """What calls of a bucket's scripts are made with."""

    def __init__(self, rounds: Rounds, rules: Rules, clock: Clock) -> None:
        """`rules` are those of the bucket."""
        self.rounds = rounds
        self.bucket = rules.bucket
        self._keys = (rules.bucket.tag,)
        self._number = rules.bucket.number
        self.rules = ScoreRules(rules)
        self.calls = Calls()
        self._all_rules = rules
        self._clock = clock

    def now(self) -> int:
        """The present moment."""
        return moment_of(self._clock())

    def call(self, script: Script, *arguments: Argument) -> Command:
        """A call of a script, with the number of the rules that it is made with."""
        return script.call(self._keys, self.rounds.numbers[self._number], *arguments)

    def has_moved(self, reply: Any) -> bool:
        """Whether the script knows other rules; then they are read."""
        if reply != b"rules":  # no answer of any script is this
            return False
        self._all_rules.refresh()
        return True


class Reads:
    """The kind of questions that `scripts/read.lua` answers: many in a call."""

    writes = final = False

    def __init__(self, asking: Asking) -> None:
        self._asking = asking

    def commands(self, items: Sequence[Question]) -> Sequence[Command]:
        asking = self._asking
        rules, now = asking.rules, asking.now()
        found = [item.arguments(rules, now) for item in items]
        asked = [(len(each), *each) for each in found if each is not None]
        return [
            asking.call(READ, *chain.from_iterable(asked[at : at + MOST_QUESTIONS]))
            for at in range(0, len(asked), MOST_QUESTIONS)
        ]

    def answers(self, items: Sequence[Question], replies: Sequence[Any]) -> Sequence[Any]:
        answers: list[Any] = []
        for reply in replies:
            answers += [_MOVED] * MOST_QUESTIONS if self._asking.has_moved(reply) else reply
        following = iter(answers)
        return [item.refused or _meaning(item, next(following)) for item in items]


class Changes:
    """The kind of questions that change something: each a call, which a script remembers."""

    writes, final = True, False

    def __init__(self, asking: Asking, script: Script) -> None:
        self._asking = asking
        self._script = script

    def commands(self, items: Sequence[Question]) -> Sequence[Command]:
        asking = self._asking
        rules, now = asking.rules, asking.now()
        found = (item.arguments(rules, now) for item in items)
        return [
            asking.call(self._script, *self._remembered_by(), *each)
            for each in found
            if each is not None
        ]

    def answers(self, items: Sequence[Question], replies: Sequence[Any]) -> Sequence[Any]:
        following = iter(replies)
        return [item.refused or self._answer(item, next(following)) for item in items]

    def _remembered_by(self) -> tuple[str, int | str]:
        return self._asking.calls.next()

    def _answer(self, item: Question, reply: Any) -> Any:
        return AGAIN if self._asking.has_moved(reply) else item.answer(reply)


class Looks(Changes):
    """Those of such a script that change nothing."""

    writes = False

    def _remembered_by(self) -> tuple[str, int | str]:
        return NOT_REMEMBERED


_MOVED = object()


def _meaning(item: Question, reply: Any) -> Any:
    return AGAIN if reply is _MOVED else item.answer(reply)
