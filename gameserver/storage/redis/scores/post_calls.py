"""The calls that posts go to Redis with: all of a round in one, or a few."""

from __future__ import annotations

import json
from collections.abc import Sequence
from struct import pack
from typing import Any

from gameserver.numbers import MAX_NUMBER
from gameserver.scores.requests import MOST
from gameserver.scores.values import Limits, Post
from gameserver.storage.redis.link.link import Command
from gameserver.storage.redis.link.questions import AGAIN
from gameserver.storage.redis.scores.asking import Asking
from gameserver.storage.redis.scores.bests import Bests
from gameserver.storage.redis.scores.posts import Judge, PostItem, RunItem
from gameserver.storage.redis.scores.score_scripts import POST, SUBMIT

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


class Submitted:
    """A score of the mini-game on its way to Redis."""

    __slots__ = ("level_id", "number", "post", "score", "user_id")

    def __init__(self, level_id: int, user_id: int, score: int) -> None:
        self.level_id = level_id
        self.user_id = user_id
        self.score = score
        self.number = 0
        """That of the flag which answers it."""
        self.post: PostItem | None = None
        """What it goes as if the level is no plain one."""


class SubmitCalls:
    """The kind of questions that scores of the mini-game are.

    Those for plain levels go in one call, each level with a text of its users and scores. What
    takes more, for a level with settings or a user who is hidden, goes the way of all other posts.
    """

    writes = final = True

    def __init__(
        self, asking: Asking, limits: Limits, judge: Judge, posts: PostCalls, bests: Bests
    ) -> None:
        """`bests` get what has been entered."""
        self._asking = asking
        self._limits = limits.scores, limits.levels
        self._judge = judge
        self._posts = posts
        self._bests = bests
        self._meanings: dict[int, Any] = {
            ord("0"): False,
            ord("1"): True,
            ord("2"): judge.told("full_of_scores", 0, 0),
            ord("3"): judge.told("full_of_levels", 0, 0),
            ord("m"): AGAIN,
        }

    def commands(self, items: Sequence[Submitted]) -> Sequence[Command]:
        levels, states = self._asking.rules.levels, self._asking.rules.states
        plain: list[Submitted] = []
        others: list[PostItem] = []
        for item in items:
            if item.level_id in levels or item.user_id in states:
                posts = [Post(item.level_id, item.score)]
                item.post = PostItem(self._judge, item.user_id, posts, None)
                others.append(item.post)
            else:
                item.post = None  # it may have gone the other way before
                plain.append(item)
        starts = range(0, len(plain), MOST_POSTS)
        calls = [self._call(plain[start : start + MOST_POSTS], start) for start in starts]
        return [*calls, *self._posts.commands(others)]

    def answers(self, items: Sequence[Submitted], replies: Sequence[Any]) -> Sequence[Any]:
        others = [item.post for item in items if item.post]
        calls = len(replies) + -len(others) // MOST_ITEMS
        found = [self._told(reply) for reply in replies[:calls]]
        following = iter(self._posts.answers(others, replies[calls:]))
        return [
            _changed(next(following)) if item.post else self._answer(item, found) for item in items
        ]

    def _told(self, reply: bytes) -> tuple[bytes, bytes]:
        """What a call has returned: since when bests count, and flags."""
        if self._asking.has_moved(reply):
            return b"", b"m" * MOST_POSTS
        since, _, flags = reply.partition(b":")
        return since, flags

    def _answer(self, item: Submitted, found: Sequence[tuple[bytes, bytes]]) -> Any:
        """That of a score for a plain level."""
        call, at = divmod(item.number, MOST_POSTS)
        since, flags = found[call]
        answer = self._meanings[flags[at]]
        if type(answer) is bool:
            self._bests.note(since, item.level_id, item.user_id, item.score)
        return answer

    def _call(self, items: Sequence[Submitted], number: int) -> Command:
        """The call with up to `MOST_POSTS` posts, whose first flag has this number."""
        by_level: dict[int, list[Submitted]] = {}
        for item in items:
            by_level.setdefault(item.level_id, []).append(item)
        arguments: list[int | bytes] = []
        for level_id, posts in by_level.items():
            numbers: list[int] = []
            for item in posts:
                item.number = number
                number += 1
                numbers += item.user_id, MAX_NUMBER - item.score
            arguments += level_id, pack(f">{len(numbers)}I", *numbers)
        return self._asking.call(SUBMIT, *self._asking.calls.next(), *self._limits, *arguments)


def _changed(answer: Any) -> Any:
    """What `submit` returns of a post's answer."""
    return answer[0].has_changed if isinstance(answer, list) else answer
