"""Posts that come with a tournament's key: they count on the board and in the tournament."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from gameserver.errors import Refused
from gameserver.scores.values import Outcome, Post, RequestId
from gameserver.services import Services


def with_key(
    services: Services,
    key: str,
    user_id: int,
    posts: Sequence[Post],
    answer: Callable[[Sequence[Outcome]], bytes],
    request: RequestId | None,
) -> bytes:
    """As `ScoreStore.post`, and hands the posts in to the key's tournament: both or nothing.

    A request that is repeated gets its first answer, whatever has become of the key.
    """
    scores = services.scores
    try:
        also = services.keyed_posts.admit(key, [(each.level_id, each.score) for each in posts])
    except Refused:
        if not (request and scores.is_answered(user_id, request)):
            raise
        also = None
    return scores.post(user_id, posts, answer, request, also)
