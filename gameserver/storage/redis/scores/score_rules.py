"""The rules of scores, as this server knows them: settings, and users who are banned or hidden.

They are parts of the rules that every server has a copy of; see `link/rules.py`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import cast

from gameserver.scores.level import Level
from gameserver.scores.names import fold
from gameserver.scores.settings import settings_of
from gameserver.scores.withheld import State
from gameserver.storage.redis.link.questions import Read
from gameserver.storage.redis.link.rules import Rules

_CHUNK = 5_000
"""Levels or users that are read at once."""
_PLAIN = Level()


class ScoreRules:
    """What scripts are called with. For any thread."""

    def __init__(self, rules: Rules) -> None:
        self._levels = _Levels(rules.bucket.key("settings"))
        self._states = _States(rules.bucket.key("states"))
        rules.add("level", self._levels)
        rules.add("user", self._states)
        self.levels = self._levels.configured
        """The levels that were configured."""
        self.titles = self._levels.titles
        """Their titles, folded, as a search finds them."""
        self.states = self._states.states
        """The users who are banned or hidden."""

    def level(self, level_id: int) -> Level:
        return self.levels.get(level_id, _PLAIN)

    def state(self, user_id: int) -> State:
        return self.states.get(user_id, "ok")


class _Levels:
    """The levels that were configured: a `Part`."""

    def __init__(self, key: str) -> None:
        """`key` is that of their settings."""
        self._key = key
        self.configured: dict[int, Level] = {}
        self.titles: dict[int, str] = {}

    def load(self, read: Read) -> None:
        found = {int(name): text for name, text in _scanned(read, self._key)}
        for level_id in self.configured.keys() - found.keys():
            self._put(level_id, None)
        for level_id, text in found.items():
            self._put(level_id, text)

    def reload(self, names: Sequence[bytes], read: Read) -> None:
        (found,) = read([("HMGET", self._key, *names)])
        for name, text in zip(names, found, strict=True):
            self._put(int(name), text)

    def _put(self, level_id: int, text: bytes | None) -> None:
        if text is None:
            self.configured.pop(level_id, None)
            self.titles.pop(level_id, None)
            return
        settings = settings_of(json.loads(text))
        if settings.title is None:
            self.titles.pop(level_id, None)
        else:
            self.titles[level_id] = fold(settings.title)
        known = self.configured.get(level_id)
        if known is None or known.settings != settings:  # else its season would begin anew
            self.configured[level_id] = Level(settings)


class _States:
    """The users who are banned or hidden: a `Part`."""

    def __init__(self, key: str) -> None:
        self._key = key
        self.states: dict[int, State] = {}

    def load(self, read: Read) -> None:
        found = {int(name): text for name, text in _scanned(read, self._key)}
        for user_id in self.states.keys() - found.keys():
            self._put(user_id, None)
        for user_id, text in found.items():
            self._put(user_id, text)

    def reload(self, names: Sequence[bytes], read: Read) -> None:
        (found,) = read([("HMGET", self._key, *names)])
        for name, text in zip(names, found, strict=True):
            self._put(int(name), text)

    def _put(self, user_id: int, text: bytes | None) -> None:
        if text is None:
            self.states.pop(user_id, None)
        else:
            self.states[user_id] = cast(State, text.decode())


def _scanned(read: Read, key: str) -> Iterator[tuple[bytes, bytes]]:
    """All fields of a hash and their values, some of them perhaps twice."""
    cursor = b"0"
    while True:
        ((cursor, found),) = read([("HSCAN", key, cursor, "COUNT", _CHUNK)])
        yield from zip(found[::2], found[1::2], strict=True)
        if cursor == b"0":
            return
