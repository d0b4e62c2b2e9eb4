"""Whether another distribution has put its files among ours.

The released `scoreganizer_client_lib` and this library have the same import name. pip compares
distributions, not files: it installs one over the other without a word, and removing either then
removes files that both have. A distribution cannot say what it does not go with. So it is noticed
twice: when this one is built for an environment that has the other (`packaging/backend.py`), and
when it is imported from a folder into which both were installed.

What cannot be noticed is the other one installed later: then its files, not these, are read.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from importlib.metadata import Distribution, distributions

OURS = "gameserver-client"
OTHER = "scoreganizer-client-lib"
PACKAGE = "scoreganizer_client_lib"


def other_in(folders: Iterable[str]) -> Distribution | None:
    """The other distribution, if it is installed in one of these folders."""
    return next(iter(distributions(name=OTHER, path=list(folders))), None)


def refusal(other: Distribution) -> str:
    """What is wrong and what would be right, in one line."""
    return (
        f"{OURS} cannot be installed beside {OTHER} {other.version}, whose files have the same"
        f" names: run `pip uninstall {OTHER} {OURS}`, then install the one you want"
    )


def check(init_file: str) -> None:
    """ImportError if the other distribution is installed into the folder of this package."""
    package = os.path.dirname(os.path.abspath(init_file))
    folder, name = os.path.split(package)
    other = other_in([folder]) if name == PACKAGE else None
    if other:
        raise ImportError(refusal(other))
