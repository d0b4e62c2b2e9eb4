"""The names of everything in Redis: `gs:{bucket}:…`.

What is in the braces decides where a cluster keeps a key, so everything that a command or a
transaction names together is in one bucket. All but scores is in the bucket 0; so are the scores of
a single Redis, which has only this one.
"""

from __future__ import annotations

TAG = "gs:{0}:"
"""What the keys of the bucket 0 begin with."""


def key(*names: str | int) -> str:
    """A key in the bucket 0."""
    return TAG + ":".join(map(str, names))
