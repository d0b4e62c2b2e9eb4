"""What an engine has on disk."""

from __future__ import annotations

from typing import NamedTuple


class Disk(NamedTuple):
    """How much there is, for the metrics."""

    size: int = 0
    """Bytes."""
    written: int = 0
    """Rows that were written since the start."""
