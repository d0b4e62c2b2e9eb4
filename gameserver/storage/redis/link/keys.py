"""The names of everything in Redis: `gs:{bucket}:…`.

What is in the braces decides where a cluster keeps a key, so everything that a command or a
transaction names together is in one bucket. The scores of a level, and all that goes with them, are
in the bucket `level mod B`, where B is how many there are: one on a single Redis. All but scores is
in the bucket 0.
"""

from __future__ import annotations

from typing import NamedTuple


class Bucket(NamedTuple):
    """One of the buckets that levels are spread over."""

    number: int = 0
    total: int = 1
    """How many there are."""

    @property
    def tag(self) -> str:
        """What its keys begin with."""
        return f"gs:{{{self.number}}}:"

    def key(self, *names: str | int) -> str:
        """A key in it."""
        return self.tag + ":".join(map(str, names))


FIRST = Bucket()
"""The bucket 0."""


def key(*names: str | int) -> str:
    """A key in the bucket 0."""
    return FIRST.key(*names)
