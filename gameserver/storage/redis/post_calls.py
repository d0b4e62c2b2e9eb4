"""The calls that posts go to Redis with: all of a round in one, or a few."""

from __future__ import annotations

import json
import secrets
import threading
from collections.abc import Callable, Sequence
from itertools import count
from struct import pack
from typing import Any

from gameserver.errors import Refused
from gameserver.numbers import MAX_NUMBER
from gameserver.scores.requests import MOST
from gameserver.scores.values import Limits, Post
from gameserver.storage.redis.link import Command
from gameserver.storage.redis.posts import Entered, Judge, PostItem, RunItem
from gameserver.storage.redis.rounds import AGAIN
from gameserver.storage.redis.rules_copy import Rules, RulesCopy
from gameserver.storage.redis.score_keys import TAG
from gameserver.storage.redis.score_scripts import POST, SUBMIT

MOST_POSTS = 256
"""In one call: it takes a millisecond."""
MOST_ITEMS = 16
"""In one call, each with up to 50 posts."""
CALLS = 64
"""Of a thread are remembered, the newest: all that go to Redis together."""

_AGAIN, _NOT_BETTER, _ENTERED = b"a"[0], b"0"[0], b"1"[0]


class Calls:
    """Numbers of calls, by which a script knows one that comes again."""

    def __init__(self) -> None:
        self._server = secrets.token_hex(6)
        self._numbers = count(1)

    def next(self) -> tuple[str, int]:
        """What remembers the call, and its number."""
        number = next(self._numbers)
        return f"{self._server}-{threading.get_ident():x}-{number % CALLS}", number


class PostCalls:
    """The kind of questions that a `PostItem` or a `RunItem` is."""

    writes = final = True

    def __init__(self, rules: RulesCopy, limits: Limits, now: Callable[[], int]) -> None:
        self.calls = Calls()
        self._rules = rules
        self._now = now
        self._limits = json.dumps(
            {
                "scores": limits.scores,
                "levels": limits.levels,
                "seasons": limits.seasons,
                "requests": MOST,
            }
        )

    def commands(self, items: Sequence[PostItem | RunItem]) -> Sequence[Command]:
        rules, now = self._rules.now, self._now()
        return [
            POST.call(
                (TAG,),
                rules.number,
                *self.calls.next(),
                self._limits,
                *(item.text(rules, now) or b"{}" for item in items[first : first + MOST_ITEMS]),
            )
            for first in range(0, len(items), MOST_ITEMS)
        ]

    def answers(
        self, items: Sequence[PostItem | RunItem], replies: Sequence[Any]
    ) -> Sequence[Any]:
        answers: list[Any] = []
        for reply in replies:
            asked = items[len(answers) : len(answers) + MOST_ITEMS]
            if self._rules.take(reply):
                answers += [AGAIN] * len(asked)
            else:
                pairs = zip(asked, reply, strict=True)
                answers += [item.answer(None if text == b"{}" else text) for item, text in pairs]
        return answers


Submitted = list[int]
"""Level, user, score; and where its answer is: among the flags, or below zero among the items."""


class SubmitCalls:
    """The kind of questions that scores of the mini-game are."""

    writes = final = True

    def __init__(
        self, rules: RulesCopy, limits: Limits, judge: Judge, posts: PostCalls
    ) -> None:
        self._rules = rules
        self._limits = limits
        self._judge = judge
        self._posts = posts
