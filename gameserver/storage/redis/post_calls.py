"""The calls that posts go to Redis with: all of a round in one, or a few."""

from __future__ import annotations

import json
from collections.abc import Sequence
from struct import pack
from typing import Any

from gameserver.numbers import MAX_NUMBER
from gameserver.scores.requests import MOST
from gameserver.scores.values import Limits, Post
from gameserver.storage.redis.asking import Asking
from gameserver.storage.redis.link import Command
from gameserver.storage.redis.posts import Judge, PostItem, RunItem
from gameserver.storage.redis.questions import AGAIN
from gameserver.storage.redis.score_scripts import POST, SUBMIT

MOST_POSTS = 256
"""In one call: it takes a millisecond."""
MOST_ITEMS = 16
"""In one call, each with up to 50 posts."""


class PostCalls:
    """The kind of questions that a `PostItem` or a `RunItem` is."""

    writes = final = True

    def __init__(self, asking: Asking, limits: Limits) -> None:
        self._asking = asking
        self._limits = json.dumps(
            {
                "scores": limits.scores,
                "levels": limits.levels,
                "seasons": limits.seasons,
                "requests": MOST,
            }
        )

    def refuses(self, item: PostItem) -> bool:
        """Whether the rules alone refuse an item, as this server knows them."""
        return item.is_refused(self._asking.rules, self._asking.now())

    def commands(self, items: Sequence[PostItem | RunItem]) -> Sequence[Command]:
        asking = self._asking
        now = asking.now()
        texts = [item.text(asking.rules, now) for item in items]
        return [
            asking.call(POST, *asking.calls.next(), self._limits, *texts[at : at + MOST_ITEMS])
            for at in range(0, len(texts), MOST_ITEMS)
        ]

    def answers(self, items: Sequence[PostItem | RunItem], replies: Sequence[Any]) -> Sequence[Any]:
        answers: list[Any] = []
        for reply in replies:
            asked = items[len(answers) : len(answers) + MOST_ITEMS]
            if self._asking.has_moved(reply):
                answers += [AGAIN] * len(asked)
            else:
                answers += [item.answer(text) for item, text in zip(asked, reply, strict=True)]
        return answers


Submitted = list[Any]
"""Level, user, score; and what has its answer: the number of a flag, or a `PostItem`."""


class SubmitCalls:
    """The kind of questions that scores of the mini-game are.

    Those for plain levels go in one call, each level with a text of its users and scores. What
    takes more, for a level with settings or a user who is hidden, goes the way of all other posts.
    """

    writes = final = True

    def __init__(self, asking: Asking, limits: Limits, judge: Judge, posts: PostCalls) -> None:
        self._asking = asking
        self._limits = limits.scores, limits.levels
        self._judge = judge
        self._posts = posts
        self._meanings: dict[int, Any] = {
            ord("0"): False,
            ord("1"): True,
            ord("2"): judge.told("full_of_scores", 0, 0),
            ord("3"): judge.told("full_of_levels", 0, 0),
            ord("m"): AGAIN,
        }

    def commands(self, items: Sequence[Submitted]) -> Sequence[Command]:
        rules = self._asking.rules
        levels, states = rules.levels, rules.states
        plain: list[Submitted] = []
        for item in items:
            level_id, user_id, score, _ = item
            if level_id in levels or user_id in states:
                item[3] = PostItem(self._judge, user_id, [Post(level_id, score)], None)
            else:
                item[3] = 0
                plain.append(item)
        starts = range(0, len(plain), MOST_POSTS)
        calls = [self._call(plain[start : start + MOST_POSTS], start) for start in starts]
        return [*calls, *self._posts.commands(_others(items))]

    def answers(self, items: Sequence[Submitted], replies: Sequence[Any]) -> Sequence[Any]:
        others = _others(items)
        calls = -(-(len(items) - len(others)) // MOST_POSTS)
        flags = b"".join(
            b"m" * MOST_POSTS if self._asking.has_moved(reply) else reply
            for reply in replies[:calls]
        )
        if not others:
            return [self._meanings[flags[item[3]]] for item in items]
        posted = iter(self._posts.answers(others, replies[calls:]))
        return [
            self._meanings[flags[item[3]]] if type(item[3]) is int else _changed(next(posted))
            for item in items
        ]

    def _call(self, items: Sequence[Submitted], flag: int) -> Command:
        """The call with up to `MOST_POSTS` posts, whose first flag has this number."""
        by_level: dict[int, list[int]] = {}
        for item in items:
            numbers = by_level.setdefault(item[0], [])
            numbers += item[1], MAX_NUMBER - item[2]
            item[3] = len(numbers)
        arguments: list[int | bytes] = []
        starts: dict[int, int] = {}
        for level_id, numbers in by_level.items():
            starts[level_id] = flag - 1
            flag += len(numbers) // 2
            arguments += level_id, pack(f">{len(numbers)}I", *numbers)
        for item in items:
            item[3] = starts[item[0]] + item[3] // 2
        return self._asking.call(SUBMIT, *self._asking.calls.next(), *self._limits, *arguments)


def _others(items: Sequence[Submitted]) -> list[PostItem]:
    """Those that are not for plain levels."""
    return [item[3] for item in items if type(item[3]) is not int]


def _changed(answer: Any) -> Any:
    """What `submit` returns of a post's answer."""
    return answer[0].has_changed if isinstance(answer, list) else answer
