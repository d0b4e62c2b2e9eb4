"""Telling processes of one program apart."""

from __future__ import annotations

import logging
import os
from contextlib import suppress
from pathlib import Path

log = logging.getLogger(__name__)


def introduce(role: str) -> None:
    """Writes to the log which process this is; on Linux `ps -o comm` says so as well (proc(5))."""
    log.info("%s is process %d", role, os.getpid())
    with suppress(OSError):
        Path("/proc/self/comm").write_text(f"game-{role}")
