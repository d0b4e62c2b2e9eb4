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
from gameserver.storage.redis.bests import Bests
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

    __slots__ = ("bests", "level_id", "number", "post", "presumed", "score", "user_id")

    def __init__(self, level_id: int, user_id: int, score: int, bests: Bests | None) -> None:
        """`bests`: where a score of the user in this level may be known, if it is a plain one."""
        self.level_id = level_id
        self.user_id = user_id
        self.score = score
        self.bests = bests
        best = bests.get(level_id, user_id) if bests else None
        self.presumed = None if best is None else best < score
        """Whether it will be entered, as far as this server knows."""
        self.number = _UNSENT
        """That of the flag which answers it."""
        self.post: PostItem | None = None
        """What it goes as if the level is no plain one."""


_UNSENT = -1


class SubmitCalls:
    """The kind of questions that scores of the mini-game are.

    Those for plain levels go in one call, each level with a text of its users and scores. What
    takes more, for a level with settings or a user who is hidden, goes the way of all other posts.
    What is no better than a score that this server has entered does not go at all: the call only
    finds out whether anything was taken away since.
    """

    writes = final = True

    def __init__(self, asking: Asking, limits: Limits, judge: Judge, posts: PostCalls) -> None:
        self._asking = asking
        self._limits = limits.scores, limits.levels
        self._judge = judge
        self._posts = posts
        self._bests = Bests()
        self._meanings: dict[int, Any] = {
            ord("0"): False,
            ord("1"): True,
            ord("2"): judge.told("full_of_scores", 0, 0),
            ord("3"): judge.told("full_of_levels", 0, 0),
            ord("m"): AGAIN,
        }

    def submitted(self, level_id: int, user_id: int, score: int) -> Submitted:
        """What is asked for a score that a user has reached."""
        rules = self._asking.rules
        is_plain = level_id not in rules.levels and user_id not in rules.states
        return Submitted(level_id, user_id, score, self._bests if is_plain else None)

    def commands(self, items: Sequence[Submitted]) -> Sequence[Command]:
        rules, bests = self._asking.rules, self._bests
        levels, states = rules.levels, rules.states
        plain: list[Submitted] = []
        others: list[PostItem] = []
        unsent = 0
        for item in items:
            level_id, user_id = item.level_id, item.user_id
            item.number, item.post = _UNSENT, None  # it may have gone another way before
            if level_id in levels or user_id in states:
                item.post = PostItem(self._judge, user_id, [Post(level_id, item.score)], None)
                others.append(item.post)
            elif item.presumed is False and item.bests is bests:
                unsent = 1
            else:
                plain.append(item)
        starts = range(0, max(len(plain), unsent), MOST_POSTS)
        calls = [self._call(plain[start : start + MOST_POSTS], start) for start in starts]
        return [*calls, *self._posts.commands(others)]

    def answers(self, items: Sequence[Submitted], replies: Sequence[Any]) -> Sequence[Any]:
        others = [item.post for item in items if item.post]
        calls = len(replies) + -len(others) // MOST_ITEMS
        flags, bests = self._flags(replies[:calls])
        following = iter(self._posts.answers(others, replies[calls:]))
        return [
            _changed(next(following)) if item.post else self._answer(item, flags, bests)
            for item in items
        ]

    def _answer(self, item: Submitted, flags: bytes, bests: Bests | None) -> Any:
        """That of a score for a plain level."""
        if item.number == _UNSENT:
            return False if item.bests is bests else AGAIN
        answer = self._meanings[flags[item.number]]
        if bests and type(answer) is bool and not self._asking.rounds.waits:
            bests.note(item.level_id, item.user_id, item.score)
        return answer

    def _flags(self, replies: Sequence[Any]) -> tuple[bytes, Bests | None]:
        """The flags that some calls have returned; and where bests can be noted that are in force
        as long as those are of which the calls knew, if they all knew the same.
        """
        flags, known = [], set()
        for reply in replies:
            if self._asking.has_moved(reply):
                reply = b":" + b"m" * MOST_POSTS
            since, _, found = reply.partition(b":")
            known.add(since)
            flags.append(found)
        if len(known) != 1 or b"" in known:
            return b"".join(flags), None
        if self._bests.since not in known or self._bests.is_full:
            self._bests = Bests(known.pop())
        return b"".join(flags), self._bests

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
