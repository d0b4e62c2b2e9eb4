"""Writing scores that are spread over buckets; `ScoreStore` says what each method does.

Each bucket is a complete store of its own levels, and whatever happens in one of them is atomic.
What concerns several buckets is written to each of them. A server that dies in between leaves it
done in some of them, and whoever asks for the same again completes it:

- posts to levels of several buckets, when they come again with the same id;
- a name, or that a user is forgotten: the bucket 0 comes first, so a profile and a search show the
  new name, and boards of other buckets still the old one.

Limits of scores and levels are shared: each bucket takes its part, and refuses what is more.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from gameserver.scores.names import fold
from gameserver.scores.runs import Run
from gameserver.scores.seasons import CURRENT
from gameserver.scores.settings import LevelSettings
from gameserver.scores.values import Outcome, Post, RequestId
from gameserver.storage.redis.buckets.bucketed_reader import BucketedReader
from gameserver.storage.redis.buckets.spread import (
    Answers,
    Spread,
    SpreadPosts,
    first_error,
    in_all,
)
from gameserver.storage.redis.link.link import Unavailable
from gameserver.storage.redis.link.questions import Pending
from gameserver.storage.redis.link.rounds import Rounds
from gameserver.storage.redis.scores.moderation import ModeratedScores
from gameserver.storage.redis.scores.posts import Entered


class BucketedWriter(BucketedReader):
    """All of a `ScoreStore` but moderation."""

    def __init__(self, rounds: Rounds, stores: Sequence[ModeratedScores]) -> None:
        super().__init__(rounds, stores)
        self._posts = SpreadPosts([store.posts for store in stores])
        self._writes = Spread([store.writes for store in stores])

    # Posting

    def submit(self, level_id: int, user_id: int, score: int) -> bool:
        return self._of(level_id).submit(level_id, user_id, score)

    def post(
        self,
        user_id: int,
        posts: Sequence[Post],
        answer: Callable[[Sequence[Outcome]], bytes],
        request: RequestId | None = None,
        also: Callable[[], object] | None = None,
    ) -> bytes:
        """What a bucket alone can know may refuse its part after others have entered theirs: a sum
        that is too large, a rate, a run that is used up, a limit, an id that was used. Then these
        are taken back; with an id they stay, and the repeat completes them.

        `also` is one with what is posted to the bucket 0, which comes last then; so where the
        others have theirs, and it has not, the repeat completes that as well, and once.
        """
        places = self._places(posts)
        if len(places) == 1 and (also is None or 0 in places):
            return self._of(posts[0].level_id).post(user_id, posts, answer, request, also)
        last = [posts[at] for at in places.setdefault(0, [])] if also else []
        parts = {
            bucket: self._stores[bucket].post_item(user_id, [posts[at] for at in own], request)
            for bucket, own in places.items()
            if bucket or not also
        }
        entered = dict(in_all(self._rounds, self._posts, parts))
        refused = first_error(entered)
        try:
            if refused:
                raise refused
            if also:
                entered[0] = self._first.enter(user_id, last, request, also)
            return answer(_in_order(places, entered))
        except Pending:
            raise
        except BaseException as error:
            if not (request and (refused or isinstance(error, Unavailable))):
                self._take_back(user_id, entered)
            raise

    def is_answered(self, user_id: int, request: RequestId) -> bool:
        """Whether any bucket has its part of it: then it was accepted."""
        return any(self._of_all(lambda store: store.is_answered(user_id, request)))

    def draw_run(
        self,
        level_id: int,
        user_id: int,
        answer: Callable[[Run], bytes],
        request: RequestId | None = None,
    ) -> bytes:
        return self._of(level_id).draw_run(level_id, user_id, answer, request)

    def _places(self, posts: Sequence[Post]) -> dict[int, list[int]]:
        """Where the posts of each bucket stand among them."""
        places: dict[int, list[int]] = {}
        for at, post in enumerate(posts):
            places.setdefault(self._bucket(post.level_id), []).append(at)
        return places

    def _take_back(self, user_id: int, entered: Answers) -> None:
        for bucket, own in entered.items():
            if not isinstance(own, Exception):
                found: Sequence[Entered] = own
                self._stores[bucket].take_back(user_id, found)

    # Levels

    def configure(
        self, level_id: int, rule: Callable[[LevelSettings], LevelSettings]
    ) -> LevelSettings:
        return self._of(level_id).configure(level_id, rule)

    def remove(self, level_id: int, user_id: int, season: str = CURRENT) -> bool:
        return self._of(level_id).remove(level_id, user_id, season)

    # Users

    def rename(self, user_id: int, name: str | None) -> None:
        self._rounds.begin_at_once()
        before, wanted = self._first.name(user_id) or "", name or ""
        self._first.rename(user_id, name)
        self._in_others("rename", user_id, before, wanted, fold(wanted))
        self._agree(user_id, wanted)

    def forget(self, user_id: int) -> None:
        self._rounds.begin_at_once()
        before = self._first.name(user_id) or ""
        self._first.forget(user_id)
        self._in_others("forget", user_id, before)
        self._agree(user_id, "")

    def _agree(self, user_id: int, name: str) -> None:
        """Gives the other buckets, which have this name, the one of the bucket 0.

        Of two names that are given at once that one counts, and whoever has written to the other
        buckets last has looked at it afterwards.
        """
        while (now := self._first.name(user_id) or "") != name:
            self._in_others("rename", user_id, name, now, fold(now))
            name = now

    def _in_others(self, what: str, user_id: int, present: str, *arguments: str) -> None:
        """Does in all buckets but the first what takes the present name, which is likely this."""
        names = dict.fromkeys(range(1, len(self._stores)), present)
        while names:
            parts = {
                bucket: self._stores[bucket].named(what, user_id, name, *arguments)
                for bucket, name in names.items()
            }
            answers = in_all(self._rounds, self._writes, parts)
            if error := first_error(answers):
                raise error
            names = {
                bucket: answer[1].decode() for bucket, answer in answers.items() if answer != b"ok"
            }


def _in_order(places: Mapping[int, Sequence[int]], entered: Answers) -> list[Outcome]:
    """What has become of all posts."""
    outcomes: dict[int, Outcome] = {}
    for bucket, own in places.items():
        outcomes |= zip(own, (each.outcome for each in entered[bucket]), strict=True)
    return [outcomes[at] for at in sorted(outcomes)]
