"""Questions to Redis, and what becomes of their answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, Protocol, TypeVar

from redis.exceptions import ResponseError

from gameserver.storage.redis.link.link import Command, Unavailable
from gameserver.storage.redis.link.links import problem_of

Item = TypeVar("Item", contravariant=True)
Read = Callable[[Sequence[Command]], list[Any]]
"""Sends commands and returns the replies; an error is raised."""

Numbers = tuple[int, ...]
"""Those of the rules (`rules.py`), by bucket."""

AGAIN: Final = object()
"""The answer to a question that has to be asked again, from the beginning of its view."""


class Pending(BaseException):
    """A view has asked something; it is called again when the answer is there."""


class Anew(Pending):
    """A view has asked something else than before; it is called again, and asks anew."""


class Kind(Protocol[Item]):
    """Questions that go to Redis together. They may be sent twice: they read, or can tell."""

    @property
    def writes(self) -> bool:
        """Whether replicas have to confirm it (`--redis_wait`)."""

    @property
    def final(self) -> bool:
        """Whether a view that asks this asks nothing behind it."""

    def commands(self, items: Sequence[Item]) -> Sequence[Command]:
        """What is sent for all items of a round, or for some of them, in order."""

    def answers(self, items: Sequence[Item], replies: Sequence[Any]) -> Sequence[Any]:
        """An answer for each item; one that is an exception is raised, see also `AGAIN`.

        None of the replies is an error: these are raised where an item was asked.
        """


class Change(NamedTuple):
    """What a rule of `Rounds.transact` makes: commands to be done as one, and what it returns."""

    commands: Sequence[Command]
    result: Any = None


@dataclass(frozen=True, slots=True)
class Transaction:
    """What `Rounds.transact` does: at once when it is called, or as one with a post."""

    transact: Callable[[Sequence[str], Callable[[Read], Change]], Any]
    keys: Sequence[str]
    rule: Callable[[Read], Change]

    def __call__(self) -> Any:
        return self.transact(self.keys, self.rule)


class Commands:
    """Plain commands, which only read: an item is a list of them."""

    writes = final = False

    def commands(self, items: Sequence[Sequence[Command]]) -> Sequence[Command]:
        return [command for item in items for command in item]

    def answers(self, items: Sequence[Sequence[Command]], replies: Sequence[Any]) -> Sequence[Any]:
        found = iter(replies)
        return [[next(found) for _ in item] for item in items]


COMMANDS = Commands()


def checked(replies: Sequence[Any]) -> list[Any]:
    """The replies, if none is an error; else it is raised."""
    for reply in replies:
        if isinstance(reply, ResponseError):
            raise problem_of(reply)
    return list(replies)


def too_few() -> Unavailable:
    """What to tell clients where fewer replicas than wanted have what was written."""
    return Unavailable("too few replicas have it: try again later")
