"""The scores of all levels, in Redis."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from gameserver.scores.level import Level, has_scores, no_such_season
from gameserver.scores.names import fold
from gameserver.scores.runs import Run, Runs
from gameserver.scores.seasons import CURRENT
from gameserver.scores.settings import LevelSettings
from gameserver.scores.values import NORMAL, Limits, Outcome, Post, RequestId
from gameserver.storage.redis.link.link import Command
from gameserver.storage.redis.link.questions import Transaction
from gameserver.storage.redis.scores.asking import Argument, Asked, Asking, Changes, Question
from gameserver.storage.redis.scores.bests import Bests
from gameserver.storage.redis.scores.joint_posts import post_with
from gameserver.storage.redis.scores.known import Known, Wanted
from gameserver.storage.redis.scores.level_reader import LevelReader
from gameserver.storage.redis.scores.post_calls import PostCalls, SubmitCalls, Submitted
from gameserver.storage.redis.scores.posts import Entered, Judge, PostItem, RunItem
from gameserver.storage.redis.scores.score_keys import board_name, member
from gameserver.storage.redis.scores.score_reader import view_of
from gameserver.storage.redis.scores.score_rules import ScoreRules
from gameserver.storage.redis.scores.score_scripts import WRITE

_ANOTHER = 2
"""What `scripts/read.lua` says of an id that was used for another request."""


class NothingUsed:
    """`UsedRuns` for checks before Redis is asked, which knows those that are used up."""

    def __contains__(self, number: object) -> bool:
        return False

    def __len__(self) -> int:
        return 0

    def add(self, number: int, now: int) -> None:
        """Nothing: `scripts/post.lua` does."""


class RedisScores(LevelReader):
    """Boards, settings, names and answered requests: all of a `ScoreStore` but moderation.

    Seasons are decided by the gameserver's clock. While the clocks of two servers differ, a post
    that one of them takes for the next season's may be counted before one that the other still
    takes for the last one's: each counts in the season that its server was in.
    """

    def __init__(self, asking: Asking, run_key: bytes, limits: Limits = NORMAL) -> None:
        """`run_key`: what runs are signed with, the same on all servers.

        `limits` are those of all buckets together: each keeps its share.
        """
        super().__init__(asking)
        self._runs = Runs(NothingUsed(), run_key)
        self._judge = Judge(limits, self._runs)
        self._limits = limits.share(asking.bucket.total)
        self._bests = Bests()
        self._known = Known(asking, self._bests)
        self.posts = PostCalls(asking, self._limits)
        self._submits = SubmitCalls(asking, self._limits, self._judge, self.posts, self._bests)
        self.writes = Changes(asking, WRITE)

    # The mini-game

    def submit(self, level_id: int, user_id: int, score: int) -> bool:
        since, is_better = self._presumed(level_id, user_id, score)
        if is_better is False and self._rounds.presumes:
            self._rounds.collect(self._known, since, False)
            return False
        submitted = Submitted(level_id, user_id, score)
        changed: bool = self._rounds.collect(self._submits, submitted, is_better)
        return changed

    def high_scores(self, level_id: int) -> bytes:
        presumed = self._known.list(level_id)
        text: bytes = self._rounds.collect(self._known, Wanted(level_id), presumed)
        return text

    def last_known(self, level_id: int) -> tuple[bytes, int] | None:
        """What `high_scores` has returned last, and how many microseconds ago that was."""
        return self._known.last_known(level_id)

    def _presumed(self, level_id: int, user_id: int, score: int) -> tuple[bytes, bool | None]:
        """Whether a score will be entered, as far as this server knows, and since when it does."""
        rules = self._asking.rules
        if level_id in rules.levels or user_id in rules.states:
            return b"", None
        since, best = self._bests.get(level_id, user_id)
        return since, None if best is None else best < score

    # Posting

    def post(
        self,
        user_id: int,
        posts: Sequence[Post],
        answer: Callable[[Sequence[Outcome]], bytes],
        request: RequestId | None = None,
        also: Callable[[], object] | None = None,
    ) -> bytes:
        entered = self.enter(user_id, posts, request, also)
        try:
            return answer([each.outcome for each in entered])
        except BaseException:
            self.take_back(user_id, entered)
            raise

    def is_answered(self, user_id: int, request: RequestId) -> bool:
        level_id, name, digest = request

        def prepare(rules: ScoreRules, now: int) -> Asked:
            about = ("answered", user_id, level_id, name, digest.hex(), now)
            return Asked(("", *about), int)

        found: int = self._read(prepare)
        if found == _ANOTHER:
            raise self._judge.told("id_reused", 0, 0)
        return bool(found)

    def draw_run(
        self,
        level_id: int,
        user_id: int,
        answer: Callable[[Run], bytes],
        request: RequestId | None = None,
    ) -> bytes:
        item = RunItem(self._runs, level_id, user_id, request)
        return answer(self._rounds.collect(self.posts, item))

    def enter(
        self,
        user_id: int,
        posts: Sequence[Post],
        request: RequestId | None,
        also: Callable[[], object] | None,
    ) -> list[Entered]:
        """What has become of each post; see `post`."""
        if isinstance(also, Transaction):
            item = partial(self.post_item, user_id, posts, request)
            entered: list[Entered] = post_with(self._rounds, self.posts, item, also)
            return entered
        entered = self._rounds.collect(self.posts, self.post_item(user_id, posts, request))
        if also:
            also()
        return entered

    def post_item(
        self,
        user_id: int,
        posts: Sequence[Post],
        request: RequestId | None,
        also: Sequence[Command] = (),
    ) -> PostItem:
        """What is asked to post them, in this bucket."""
        return PostItem(self._judge, user_id, posts, request, also)

    def take_back(self, user_id: int, entered: Sequence[Entered]) -> None:
        """Undoes posts for which no answer could be made: others may have seen them.

        Not those of a user who is hidden: nobody has.
        """
        if self._asking.rules.state(user_id) != "ok":
            return
        for each in reversed(entered):
            if each.before is not None:
                line = bytes.fromhex(each.before)
                self._write("put_back", each.board, member(user_id), line)

    # Levels

    def configure(
        self, level_id: int, rule: Callable[[LevelSettings], LevelSettings]
    ) -> LevelSettings:
        def prepare(rules: ScoreRules, now: int) -> Asked:
            present = rules.level(level_id).settings
            settings = rule(present)
            level = Level(settings)
            season = level.season(now)

            def answer(reply: bytes) -> LevelSettings:
                if reply == b"has_scores":
                    raise has_scores()
                if reply == b"full":
                    raise self._judge.told("full_of_levels", 0, now)
                return settings

            return Asked(
                (
                    "configure",
                    level_id,
                    json.dumps(settings.changed()),
                    board_name(level_id, level, season),
                    "" if season.end is None else season.end,
                    int(not settings.counts_like(present)),
                    self._limits.levels,
                ),
                answer,
            )

        settings: LevelSettings = self._asked(prepare)
        return settings

    def remove(self, level_id: int, user_id: int, season: str = CURRENT) -> bool:
        def prepare(rules: ScoreRules, now: int) -> Asked:
            level, named = view_of(rules, level_id, season, now)
            is_past = named.start != level.season(now).start

            def answer(reply: int) -> bool:
                if reply < 0 and is_past:
                    raise no_such_season()
                return reply > 0

            name = board_name(level_id, level, named)
            return Asked(("remove", name, member(user_id)), answer)

        return bool(self._asked(prepare))

    # Users

    def rename(self, user_id: int, name: str | None) -> None:
        wanted = name or ""
        self._named("rename", user_id, wanted, fold(wanted))

    def forget(self, user_id: int) -> None:
        self._named("forget", user_id)

    def _named(self, what: str, user_id: int, *arguments: str) -> None:
        """Does something to a user that takes the present name, which is found by its fold."""
        self._begin()
        present = self.name(user_id) or ""
        while True:
            asked = self.named(what, user_id, present, *arguments)
            reply = self._rounds.collect(self.writes, asked)
            if reply == b"ok":
                return
            present = reply[1].decode()

    def named(self, what: str, user_id: int, present: str, *arguments: str) -> Question:
        """What is asked to do so; the answer is `ok`, or the present name if it is another one."""
        told: Sequence[Argument] = (what, member(user_id), present, fold(present), *arguments)
        return Question(lambda *_: Asked(told, lambda reply: reply))

    # Writing

    def _write(self, *arguments: Any) -> Any:
        """What `scripts/write.lua` answers."""
        return self._asked(lambda *_: Asked(arguments, lambda reply: reply))

    def _asked(self, prepare: Any) -> Any:
        self._begin()
        return self._rounds.collect(self.writes, Question(prepare))

    def _begin(self) -> None:
        """From here on everything happens at once: something is about to change."""
        self._rounds.begin_at_once()
