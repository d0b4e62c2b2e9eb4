"""The rules: settings of levels, and users who are banned or hidden, as this server knows them.

They are asked for all the time and change rarely, so every server has a copy. Each call to Redis
says which *number of the rules* it was made with, and a script that knows another one does nothing
but say what has changed. So a change binds all servers as soon as it is acknowledged.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from typing import Any, NamedTuple, cast

from gameserver.scores.level import Level
from gameserver.scores.names import fold
from gameserver.scores.settings import settings_of
from gameserver.scores.withheld import State

_PLAIN = Level()


class Rules(NamedTuple):
    """The rules as of a number. Never changed."""

    number: bytes
    levels: dict[int, Level]
    """Those that were configured."""
    titles: dict[int, str]
    """Their titles, folded, as a search finds them by."""
    states: dict[int, State]

    def level(self, level_id: int) -> Level:
        return self.levels.get(level_id, _PLAIN)

    def state(self, user_id: int) -> State:
        return self.states.get(user_id, "ok")


_NONE = Rules(b"0", {}, {}, {})


class RulesCopy:
    """The newest rules that this server knows. Thread-safe."""

    def __init__(self) -> None:
        self.now = _NONE
        self._lock = threading.Lock()

    def take(self, reply: Any) -> bool:
        """Whether a script's reply says what has changed; then it is taken over."""
        if type(reply) is not list or not reply or reply[0] != b"rules":
            return False
        with self._lock:
            if int(reply[1]) > int(self.now.number):
                self.now = _changed(self.now, reply[1], reply[2:])
            elif int(reply[1]) < int(self.now.number):
                self.now = _NONE  # Redis has lost what was written last: all of it is read again
        return True


def _changed(rules: Rules, number: bytes, changes: Sequence[Any]) -> Rules:
    levels, titles, states = rules.levels.copy(), rules.titles.copy(), rules.states.copy()
    for what, now in zip(changes[::2], changes[1::2], strict=True):
        which = int(what[1:])
        if what[:1] == b"u":
            states.pop(which, None)
            if now is not None:
                states[which] = cast(State, now.decode())
        else:
            levels.pop(which, None)
            titles.pop(which, None)
            if now is not None:
                settings = settings_of(json.loads(now))
                levels[which] = Level(settings)
                if settings.title is not None:
                    titles[which] = fold(settings.title)
    return Rules(number, levels, titles, states)
