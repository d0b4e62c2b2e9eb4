"""What stands beside some scores of a board: the moment each came, and its metadata."""

from __future__ import annotations

from array import array

from gameserver.scores.column import BLOCK_SIZE, Column

Note = tuple[int | None, bytes | None]
"""The moment and the metadata of a score, as far as it has them."""

NOTHING: Note = (None, None)


class Notes:
    """The notes of a board's users, 16 bytes for a moment, some 150 and its text for metadata."""

    __slots__ = ("_metas", "_times")

    def __init__(self, block_size: int = BLOCK_SIZE) -> None:
        self._times = Column(array("I"), array("Q"), block_size)
        self._metas: dict[int, bytes] = {}

    def __len__(self) -> int:
        """How many moments and metadata there are."""
        return len(self._times) + len(self._metas)

    def get(self, user_id: int) -> Note:
        return self._times.get(user_id), self._metas.get(user_id)

    def put(self, user_id: int, note: Note) -> None:
        """Replaces what was noted of the user."""
        at, meta = note
        if at is not None:
            self._times.put(user_id, at)
        elif self._times.get(user_id) is not None:
            self._times.remove(user_id)
        if meta is not None:
            self._metas[user_id] = meta
        else:
            self._metas.pop(user_id, None)
