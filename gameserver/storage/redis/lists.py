"""The lists of levels, which are read of Redis only where something has changed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any

from gameserver.storage.redis.asking import Asking
from gameserver.storage.redis.link import Command
from gameserver.storage.redis.questions import AGAIN
from gameserver.storage.redis.score_keys import board_name
from gameserver.storage.redis.score_scripts import LISTS

MOST = 10_000
"""Lists that are remembered, up to 350 bytes each."""


class _List:
    """A list as Redis has said last."""

    __slots__ = ("at", "changes", "text")

    def __init__(self, changes: bytes = b"", text: bytes = b"", at: int = 0) -> None:
        self.changes = changes
        """How often the board had changed, and since when that is counted."""
        self.text = text
        self.at = at
        """The moment at which Redis said so last."""


class Wanted:
    """A level whose list is wanted."""

    __slots__ = ("board", "known", "level_id")

    def __init__(self, level_id: int) -> None:
        self.level_id = level_id
        self.board = ""
        self.known = _UNKNOWN


_UNKNOWN = _List()


class Lists:
    """The kind of questions that lists are."""

    writes = False
    final = True

    def __init__(self, asking: Asking) -> None:
        self._asking = asking
        self._lists: dict[str, _List] = {}
        """By board."""

    def presumed(self, level_id: int) -> bytes | None:
        """The list of a level as Redis has said last."""
        known = self._lists.get(self._board(level_id))
        return known.text if known else None

    def commands(self, items: Sequence[Wanted]) -> Sequence[Command]:
        for item in items:
            item.board = self._board(item.level_id)
            item.known = self._lists.get(item.board, _UNKNOWN)
        boards = {item.board: item.known.changes for item in items}
        pairs: Iterable[str | bytes] = chain.from_iterable(boards.items())
        return [self._asking.call(LISTS, *pairs)]

    def answers(self, items: Sequence[Wanted], replies: Sequence[Any]) -> Sequence[Any]:
        (reply,) = replies
        if self._asking.has_moved(reply):
            return [AGAIN] * len(items)
        if len(self._lists) > MOST:
            self._lists.clear()
        now = self._asking.now()
        boards = {item.board: item.known for item in items}
        for (board, known), answer in zip(boards.items(), reply, strict=True):
            if answer is None:
                known.at = now
            else:
                boards[board] = self._lists[board] = _changed(known, answer, now)
        return [boards[item.board].text for item in items]

    def last_known(self, level_id: int) -> tuple[bytes, int] | None:
        """The list of a level as Redis has said last, and how many microseconds ago that was."""
        found = self._lists.get(self._board(level_id))
        return (found.text, self._asking.now() - found.at) if found else None

    def _board(self, level_id: int) -> str:
        level = self._asking.rules.levels.get(level_id)
        if level is None:
            return str(level_id)
        return board_name(level_id, level, level.season(self._asking.now()))


def _changed(known: _List, answer: bytes, now: int) -> _List:
    """The list after an answer: its text is the same object as long as it says the same."""
    changes, _, text = answer.partition(b":")
    return _List(changes, known.text if known.text == text else text, now)
