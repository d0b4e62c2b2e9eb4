"""Posts that are done as one with a transaction: one script call does both."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from gameserver.storage.redis.link.link import Command, Unavailable
from gameserver.storage.redis.link.questions import AGAIN, Change, Read, Transaction
from gameserver.storage.redis.link.rounds import ATTEMPTS, Rounds
from gameserver.storage.redis.scores.post_calls import PostCalls
from gameserver.storage.redis.scores.posts import PostItem


def post_with(
    rounds: Rounds,
    calls: PostCalls,
    item_of: Callable[[Sequence[Command]], PostItem],
    also: Transaction,
) -> Any:
    """The answer to a post, whose script does the commands of a transaction if it enters it.

    Between WATCH and EXEC there is nothing but the script's call: if what the transaction's rule
    has read is another now, nothing is done, and if the script refuses, neither.
    `item_of(commands)` is the post with these commands; all of their keys have its boards' tag.
    """

    def rule(read: Read) -> Change:
        item = item_of(also.rule(read).commands)
        return Change(calls.commands([item]), item)

    for _ in range(ATTEMPTS):
        change, replies = rounds.transacted(also.keys, rule)
        (answer,) = calls.answers([change.result], replies)
        if answer is AGAIN:
            rounds.begin_again()
            continue
        if isinstance(answer, Exception):
            raise answer
        rounds.note_written()
        return answer
    raise Unavailable
