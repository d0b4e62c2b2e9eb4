"""What is asked of several buckets in the same round."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from gameserver.storage.redis.link.link import Command
from gameserver.storage.redis.link.questions import AGAIN, Anew, Kind, Pending
from gameserver.storage.redis.link.rounds import Rounds
from gameserver.storage.redis.scores.post_calls import PostCalls

T = TypeVar("T")

Answers = Mapping[int, Any]
"""By bucket; exceptions among them."""


def together(calls: Sequence[Callable[[], T]]) -> list[T]:
    """What some calls return that ask one question each, which only reads."""
    answers, pending = [], False
    for call in calls:
        try:
            answers.append(call())
        except Anew:
            raise
        except Pending:  # the next ones note their questions as well
            pending = True
    if pending:
        raise Pending
    return answers


class Parts:
    """A question to some buckets: a part for each, which is an item of the bucket's own kind."""

    __slots__ = ("by_bucket", "sizes")

    def __init__(self, by_bucket: Mapping[int, Any]) -> None:
        self.by_bucket = by_bucket
        self.sizes: Sequence[int] = ()
        """Of the first of a round: how many commands there are for each bucket."""


class Spread:
    """The kind of questions that `Parts` are; an answer is `Answers`.

    Where the rules of some of the buckets have changed, the answer lacks theirs, as the other parts
    have been done; it is `AGAIN` if none has.
    """

    writes, final = True, False

    def __init__(self, kinds: Sequence[Kind[Any]]) -> None:
        """`kinds` are those of the buckets, which write."""
        self._kinds = kinds

    def commands(self, items: Sequence[Parts]) -> Sequence[Command]:
        commands: list[Command] = []
        sizes = []
        for bucket, kind in enumerate(self._kinds):
            own = _parts_of(bucket, items)
            found = kind.commands(own) if own else ()
            commands += found
            sizes.append(len(found))
        items[0].sizes = sizes
        return commands

    def answers(self, items: Sequence[Parts], replies: Sequence[Any]) -> Sequence[Any]:
        found: list[dict[int, Any]] = [{} for _ in items]
        start = 0
        for bucket, (kind, size) in enumerate(zip(self._kinds, items[0].sizes, strict=True)):
            own = _parts_of(bucket, items)
            answers = iter(kind.answers(own, replies[start : start + size]) if own else ())
            start += size
            for item, answer in zip(items, found, strict=True):
                if bucket in item.by_bucket:
                    answer[bucket] = next(answers)
        return [_without_again(each) for each in found]


class SpreadPosts(Spread):
    """Posts to levels of several buckets.

    Where the rules alone refuse one of them, only its bucket is asked: it says whether these rules
    hold, and the others have entered nothing.
    """

    def __init__(self, kinds: Sequence[PostCalls]) -> None:
        super().__init__(kinds)
        self._posts = kinds

    def commands(self, items: Sequence[Parts]) -> Sequence[Command]:
        for item in items:
            for bucket, part in item.by_bucket.items():
                if self._posts[bucket].refuses(part):
                    item.by_bucket = {bucket: part}
                    break
        return super().commands(items)


def in_all(rounds: Rounds, kind: Spread, parts: Mapping[int, Any]) -> Answers:
    """The answers to all parts, unless one of them is an exception.

    Those that were left out, since the rules of their buckets had changed, are asked again until
    all have been done: what the others have changed stays.
    """
    answers = dict(rounds.collect(kind, Parts(parts)))
    while left := parts.keys() - answers.keys():
        if first_error(answers):
            break
        rounds.begin_at_once()
        rounds.note_written()
        missing = {bucket: part for bucket, part in parts.items() if bucket in left}
        answers |= rounds.collect(kind, Parts(missing))
    return answers


def first_error(answers: Answers) -> Exception | None:
    """The exception among the answers; None without one."""
    return next((each for each in answers.values() if isinstance(each, Exception)), None)


def _parts_of(bucket: int, items: Sequence[Parts]) -> list[Any]:
    return [item.by_bucket[bucket] for item in items if bucket in item.by_bucket]


def _without_again(answers: Answers) -> Any:
    done = {bucket: answer for bucket, answer in answers.items() if answer is not AGAIN}
    return done or AGAIN
