"""What changes rarely and is asked all the time: every server has a copy of it in memory.

That is the settings of levels, bans and hides, claims, tokens of games, and what session keys are
signed with. A *number* counts the changes, and each copy knows the number at which it was read.
Everything that writes says with which number its view was called, and does nothing if there is
another one now: then the copy is brought up to date, and the view called again. So a change on one
server binds all others from the moment at which it is acknowledged, and costs no round trip.

In Redis: the number, and the one that it began with; a sorted set of what has changed, by the
number of its last change, so that a copy reads only what it has not seen; and what each `Part`
keeps for itself. Each bucket has rules of its own: those of its levels, and all that its scripts
need to know of users. What is no level's is in those of the bucket 0.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from gameserver.storage.redis.link.keys import FIRST, Bucket
from gameserver.storage.redis.link.link import Command
from gameserver.storage.redis.link.questions import Change, Read
from gameserver.storage.redis.link.rounds import Rounds

_NOTHING = -1
"""The number of a copy that is not to be trusted."""


class Part(Protocol):
    """One kind of what is copied."""

    def load(self, read: Read) -> None:
        """Reads all of it."""

    def reload(self, names: Sequence[bytes], read: Read) -> None:
        """Reads again what goes by these names in Redis, or is there no longer."""


class Rules:
    """A server's copy of the rules of a bucket. Thread-safe."""

    def __init__(self, rounds: Rounds, bucket: Bucket = FIRST) -> None:
        self.bucket = bucket
        self._rounds = rounds
        self._number_key = bucket.key("rules")
        self._since_key = bucket.key("rules:since")
        self._changed_key = bucket.key("rules:changed")
        self._lock = threading.RLock()
        self._parts: dict[bytes, Part] = {}
        self.number = 0

    def add(self, name: str, part: Part) -> None:
        """Has a part copied, before `load`. No name begins with another one."""
        self._parts[name.encode()] = part

    def load(self) -> None:
        """Reads everything, at the start."""
        with self._lock:
            number, since = self._numbers(self._read)
            if not (number and since):
                number = self._begin()
            for part in self._parts.values():
                part.load(self._read)
            self.number = number

    def refresh(self) -> None:
        """Reads what has changed, at once."""
        with self._lock:
            number, since = self._numbers(self._read)
            if number < self.number or since > self.number:
                self.load()  # Redis has lost something, or all
            elif number > self.number:
                self._reload()
                self.number = number

    def distrust(self) -> None:
        """Redis was away, and may have lost something: all is read again, when it is needed."""
        self.number = _NOTHING

    def look(self) -> bool:
        """Sees to it that the copy is that of now; returns whether it was not.

        A view that is in a batch is called again then.
        """
        number, _ = self._numbers(self._rounds.ask)
        if number == self._known:
            return False
        self.refresh()
        self._rounds.begin_again()
        return True

    def change(
        self, part: str, names: Sequence[str | int], commands: Callable[[Read], Sequence[Command]]
    ) -> None:
        """Does what `commands(read)` says as one, as a change of the rules; nothing if it is none.

        It changes what goes by these names in a part.
        If the rules have changed meanwhile, the view is called again with those that hold.
        """

        def rule(read: Read) -> Change:
            number, _ = self._numbers(read)
            if number != self._known:
                return Change((), False)
            made = commands(read)
            changed = [value for name in names for value in (number + 1, f"{part}:{name}")]
            counted = (
                ("SET", self._number_key, number + 1),
                ("ZADD", self._changed_key, *changed),
            )
            return Change([*made, *counted] if made else (), True)

        while not self._rounds.transact([self._number_key], rule):
            self.refresh()
            self._rounds.begin_again()
        self.refresh()
        self._rounds.go_on()

    @property
    def _known(self) -> int:
        """The number with which the view was called."""
        return self._rounds.numbers[self.bucket.number]

    def _numbers(self, read: Read) -> tuple[int, int]:
        """The number, and the one that it began with; 0 where there is none."""
        number, since = read([("GET", self._number_key), ("GET", self._since_key)])
        return int(number or 0), int(since or 0)

    def _begin(self) -> int:
        """Has a number where there is none, the same for all servers that begin; returns it."""
        number: Any = _start()
        for key in (self._since_key, self._number_key):
            _, number = self._rounds.write([("SET", key, number, "NX"), ("GET", key)])
        return int(number)

    def _reload(self) -> None:
        (members,) = self._read([("ZRANGEBYSCORE", self._changed_key, f"({self.number}", "+inf")])
        names: dict[bytes, list[bytes]] = {}
        for member in members:
            part, _, name = member.partition(b":")
            names.setdefault(part, []).append(name)
        for part, changed in names.items():
            self._parts[part].reload(changed, self._read)

    def _read(self, commands: Sequence[Command]) -> list[Any]:
        return self._rounds.read(commands)


def _start() -> int:
    """The number to begin with: milliseconds, so that it is larger than all that was lost."""
    return time.time_ns() // 1_000_000
