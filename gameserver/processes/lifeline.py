"""A pipe that ties processes to their parent."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable


class Lifeline:
    """A pipe that breaks when the parent has cut it, or is gone however it ended."""

    def __init__(self) -> None:
        self._inside, self._outside = os.pipe()

    def hold(self, then: Callable[[], None]) -> None:
        """In a child: calls `then` from a thread when the pipe breaks."""
        os.close(self._outside)

        def wait() -> None:
            os.read(self._inside, 1)
            then()

        threading.Thread(target=wait, daemon=True).start()

    def cut(self) -> None:
        """In the parent: ends every child that holds it."""
        os.close(self._outside)
