"""Reading bytes from front to back, never past the end.

Invariant: `0 <= position <= len(data)`. Every method either moves forward by what it returns
or raises `InvalidReplay`; so a reader that loops over one of them ends.
"""

from __future__ import annotations

import re

from gameserver.minesweeper.replays.errors import InvalidReplay


class ByteReader:
    """A place in some bytes. Numbers are unsigned and big-endian."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._position = 0

    def take(self, size: int) -> bytes:
        """The next `size` bytes (0 or more)."""
        end = self._position + size
        if end > len(self._data):
            raise InvalidReplay("the file ends too early")
        taken = self._data[self._position : end]
        self._position = end
        return taken

    def u8(self) -> int:
        """The next byte as a number."""
        return self.take(1)[0]

    def u16(self) -> int:
        """The next two bytes as a number."""
        return int.from_bytes(self.take(2), "big")

    def rest(self) -> bytes:
        """All bytes that are left, without moving."""
        return self._data[self._position :]

    def skip_past(self, mark: bytes) -> None:
        """Moves to just after the next occurrence of `mark`."""
        found = self._data.find(mark, self._position)
        if found < 0:
            raise InvalidReplay("a part of the file is missing")
        self._position = found + len(mark)

    def skip_to(self, pattern: re.Pattern[bytes]) -> None:
        """Moves to the start of the next match of `pattern`."""
        match = pattern.search(self._data, self._position)
        if match is None:
            raise InvalidReplay("a part of the file is missing")
        self._position = match.start()
