"""A bar that shows how far a long piece of work is, on a terminal only."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from typing import Any, TextIO

DELAY_SECONDS = 1.0
"""Work that is over before this shows no bar."""

INTERVAL_SECONDS = 0.1
WIDTH = 30


class Progress:
    """A piece of work of `total` steps. `total` 0: nobody knows how many."""

    def __init__(
        self,
        label: str,
        total: int,
        stream: TextIO | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._label = label
        self._total = total
        self._stream = sys.stderr if stream is None else stream
        self._clock = clock
        self._next = clock() + DELAY_SECONDS if self._stream.isatty() else float("inf")
        self._shown = False

    def show(self, done: int) -> None:
        """Draws the bar, unless it is too early for that."""
        now = self._clock()
        if now >= self._next:
            self._next = now + INTERVAL_SECONDS
            self._shown = True
            print(f"\r{self._label} {self._bar(done)}", end="", file=self._stream, flush=True)

    def end(self) -> None:
        """Clears the bar's line."""
        if self._shown:
            print("\r\x1b[K", end="", file=self._stream, flush=True)

    def follow(self, chunks: Iterable[Sequence[Any]]) -> Iterator[Any]:
        """The items of all chunks, one after another, with the bar drawn meanwhile."""
        return chain.from_iterable(self._count(chunks))

    def _count(self, chunks: Iterable[Sequence[Any]]) -> Iterator[Sequence[Any]]:
        done = 0
        for chunk in chunks:
            yield chunk
            done += len(chunk)
            self.show(done)
        self.end()

    def _bar(self, done: int) -> str:
        if not self._total:
            return f"{done:,}"
        share = min(done / self._total, 1)
        filled = int(share * WIDTH)
        return f"[{'#' * filled}{'.' * (WIDTH - filled)}] {share:4.0%}"
