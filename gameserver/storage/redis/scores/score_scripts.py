"""The scripts of the scores, in Lua; each begins with what they have in common."""

from __future__ import annotations

import pkgutil
from collections.abc import Iterable, Sequence

from gameserver.storage.redis.link.keys import Bucket
from gameserver.storage.redis.link.link import Command, Script, make_script


def _script(name: str, *parts: str) -> Script:
    return make_script(name, "\n".join(map(script_text, (*parts, name))))


def script_text(name: str) -> str:
    """A text that scripts are made of."""
    found = pkgutil.get_data(__package__, f"scripts/{name}.lua")  # from a zip as well
    assert found is not None
    return found.decode()


SUBMIT = _script("submit", "common")
KNOWN = _script("known", "common")
READ = _script("read", "common")
POST = _script("post", "common", "lines", "requests")
WRITE = _script("write", "common", "lines", "requests")
MODERATE = _script("moderate", "common", "lines", "audit")

_GREET = _script("greet")

SCORE_SCRIPTS = (SUBMIT, KNOWN, READ, POST, WRITE, MODERATE, _GREET)
"""What every link has to load."""


def greeting(buckets: Iterable[Bucket]) -> Sequence[Command]:
    """What every link has to send first."""
    return [_GREET.call((bucket.tag,)) for bucket in buckets]
