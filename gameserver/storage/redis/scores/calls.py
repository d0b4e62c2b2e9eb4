"""Numbers of calls, by which a script knows one that comes again."""

from __future__ import annotations

import secrets
import threading
from itertools import count

REMEMBERED = 64
"""Calls of a thread, the newest: all that go to Redis together."""


class Calls:
    """The numbers of a server's calls. Thread-safe."""

    def __init__(self) -> None:
        self._server = secrets.token_hex(6)
        self._numbers = count(1)

    def next(self) -> tuple[str, int]:
        """What remembers the call, and its number."""
        number = next(self._numbers)
        return f"{self._server}-{threading.get_ident():x}-{number % REMEMBERED}", number


NOT_REMEMBERED = "", ""
"""For calls that change nothing."""
