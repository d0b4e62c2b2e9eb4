"""The version of the layout, which all servers of a Redis have in common."""

from __future__ import annotations

from gameserver.errors import StartError
from gameserver.storage.redis.link.keys import key
from gameserver.storage.redis.link.rounds import Rounds

LAYOUT = "1"
"""Which keys there are (`scores/score_keys.py`), and what is in them."""
IN_CLUSTER = 16
"""Buckets in a Redis that is in cluster mode: so many nodes can share its levels one day."""

_KEY = key("layout")


def check_layout(rounds: Rounds, buckets: int) -> None:
    """StartError if what is kept there is laid out in another way than by this server.

    In so many buckets it spreads the levels.
    """
    layout = f"{LAYOUT} {buckets}"
    (kept,) = rounds.read([("GET", _KEY)])
    if kept is None:
        _, kept = rounds.write([("SET", _KEY, layout, "NX"), ("GET", _KEY)])
    if kept.decode() != layout:
        version, _, others = kept.decode(errors="replace").partition(" ")
        raise StartError(
            f"the store has layout {version} in {others} buckets, and this server is for layout"
            f" {LAYOUT} in {buckets}: use the server that it was made with, or another database"
        )
