"""The lists of levels, which are read of Redis only where something has changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from gameserver.storage.redis.asking import Asking
from gameserver.storage.redis.link import Command
from gameserver.storage.redis.questions import AGAIN
from gameserver.storage.redis.score_keys import board_name
from gameserver.storage.redis.score_scripts import LISTS

MOST = 10_000
"""Lists that are remembered, up to 350 bytes each."""


class _List(NamedTuple):
    changes: bytes
    """How often the board had changed."""
    text: bytes
    at: int
    """The moment at which Redis said so last."""


class Wanted:
    """A level whose list is wanted."""

    __slots__ = ("board", "known", "level_id")

    def __init__(self, level_id: int) -> None:
        self.level_id = level_id
        self.board = ""
        self.known = _UNKNOWN


_UNKNOWN = _List(b"", b"", 0)


class Lists:
    """The kind of questions that lists are."""

    writes = False
    final = True

    def __init__(self, asking: Asking) -> None:
        self._asking = asking
        self._era = b""
        """That of the counters of changes, which may begin anew; see `scripts/lists.lua`."""
        self._lists: dict[str, _List] = {}
        """By board."""

    def commands(self, items: Sequence[Wanted]) -> Sequence[Command]:
        rules, lists, now = self._asking.rules, self._lists, self._asking.now()
        for item in items:
            level = rules.level(item.level_id)
            item.board = board_name(item.level_id, level, level.season(now))
            item.known = lists.get(item.board, _UNKNOWN)
        boards = {item.board: item.known.changes for item in items}
        pairs = (each for pair in boards.items() for each in pair)
        return [self._asking.call(LISTS, self._era, *pairs)]

    def answers(self, items: Sequence[Wanted], replies: Sequence[Any]) -> Sequence[Any]:
        (reply,) = replies
        if self._asking.has_moved(reply):
            return [AGAIN] * len(items)
        if reply[0] != self._era or len(self._lists) > MOST:
            self._era = reply[0]
            self._lists.clear()
        now = self._asking.now()
        boards = {item.board: item.known for item in items}
        for (board, known), answer in zip(boards.items(), reply[1:], strict=True):
            boards[board] = self._lists[board] = _newest(known, answer, now)
        return [boards[item.board].text for item in items]

    def last_known(self, level_id: int) -> tuple[bytes, int] | None:
        """The list of a level as Redis has said last, and how many microseconds ago that was."""
        now = self._asking.now()
        level = self._asking.rules.level(level_id)
        found = self._lists.get(board_name(level_id, level, level.season(now)))
        return (found.text, now - found.at) if found else None


def _newest(known: _List, answer: bytes | None, now: int) -> _List:
    """The list after an answer: its text is the same object as long as it says the same."""
    if answer is None:
        return _List(known.changes, known.text, now)
    changes, _, text = answer.partition(b":")
    return _List(changes, known.text if known.text == text else text, now)
