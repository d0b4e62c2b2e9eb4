"""Who may post to a level."""

from __future__ import annotations

from gameserver.errors import Refused
from gameserver.scores.settings import LevelSettings
from gameserver.scores.values import Post


def check_writer(settings: LevelSettings, post: Post) -> None:
    """Refused (`not_trusted`) if it is a player's post where only games' servers write."""
    if settings.writes == "trusted" and not post.is_trusted:
        raise Refused("not_trusted", "only the game's own server may post to this level")
