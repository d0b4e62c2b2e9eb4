"""What this server knows of boards: lists that it has read, and scores that it has entered.

Redis is asked whether that is so, and tells only what is not.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any

from gameserver.storage.redis.link.link import Command
from gameserver.storage.redis.link.questions import AGAIN
from gameserver.storage.redis.scores.asking import Asking
from gameserver.storage.redis.scores.bests import Bests
from gameserver.storage.redis.scores.score_keys import board_name
from gameserver.storage.redis.scores.score_scripts import KNOWN

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


class Known:
    """The kind of questions that ask whether something is as it is known.

    An item is `Wanted`, whose answer is the list; or the text since when bests (`bests.py`) count:
    its answer is False as long as they do, as it is for each score that is no better.
    """

    writes = False
    final = True

    def __init__(self, asking: Asking, bests: Bests) -> None:
        self._asking = asking
        self._bests = bests
        self._lists: dict[str, _List] = {}
        """By board."""

    def list(self, level_id: int) -> bytes | None:
        """The list of a level as far as it is known."""
        found = self._lists.get(self._board(level_id))
        return found.text if found else None

    def commands(self, items: Sequence[Wanted | bytes]) -> Sequence[Command]:
        boards = {}
        for item in items:
            if isinstance(item, Wanted):
                item.board = self._board(item.level_id)
                item.known = self._lists.get(item.board, _UNKNOWN)
                boards[item.board] = item.known.changes
        pairs: Iterable[str | bytes] = chain.from_iterable(boards.items())
        return [self._asking.call(KNOWN, *pairs)]

    def answers(self, items: Sequence[Wanted | bytes], replies: Sequence[Any]) -> Sequence[Any]:
        (reply,) = replies
        if self._asking.has_moved(reply):
            return [AGAIN] * len(items)
        since, *lists = reply
        self._bests.keep(since)
        boards = {item.board: item.known for item in items if isinstance(item, Wanted)}
        self._note(boards, lists)
        return [
            boards[item.board].text
            if isinstance(item, Wanted)
            else (False if item == since else AGAIN)
            for item in items
        ]

    def last_known(self, level_id: int) -> tuple[bytes, int] | None:
        """The list of a level as Redis has said last, and how many microseconds ago that was."""
        found = self._lists.get(self._board(level_id))
        return (found.text, self._asking.now() - found.at) if found else None

    def _note(self, boards: dict[str, _List], answers: Sequence[bytes | None]) -> None:
        """Notes lists, in the place of what was known of them."""
        if len(self._lists) > MOST:
            self._lists.clear()
        now = self._asking.now()
        for (board, known), answer in zip(boards.items(), answers, strict=True):
            if answer is None:
                known.at = now
            else:
                boards[board] = self._lists[board] = _changed(known, answer, now)

    def _board(self, level_id: int) -> str:
        level = self._asking.rules.levels.get(level_id)
        if level is None:
            return str(level_id)
        return board_name(level_id, level, level.season(self._asking.now()))


def _changed(known: _List, answer: bytes, now: int) -> _List:
    """The list after an answer: its text is the same object as long as it says the same."""
    changes, _, text = answer.partition(b":")
    return _List(changes, known.text if known.text == text else text, now)
