"""Posts on their way to the scripts, and their answers."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from gameserver.errors import Refused
from gameserver.scores.counting import counted, sum_too_large
from gameserver.scores.runs import Run, Runs
from gameserver.scores.settings import LevelSettings
from gameserver.scores.values import Limits, Outcome, Post, RequestId
from gameserver.scores.writers import check_writer
from gameserver.storage.redis.link.link import Command
from gameserver.storage.redis.scores.board_lines import write_note
from gameserver.storage.redis.scores.ordering import by_order
from gameserver.storage.redis.scores.score_keys import board_name
from gameserver.storage.redis.scores.score_rules import ScoreRules
from gameserver.times import MINUTE


class Entered(NamedTuple):
    """A post as the script has answered it."""

    outcome: Outcome
    board: str
    before: str | None
    """The line in hexadecimal digits that the user had before, if the board has changed."""

    @property
    def has_changed(self) -> bool:
        return self.before is not None


class Judge:
    """Says of posts what the rules alone say, and what the script's refusals mean."""

    def __init__(self, limits: Limits, runs: Runs) -> None:
        self._limits = limits
        self._runs = runs

    def refusal(
        self, settings: LevelSettings, user_id: int, post: Post, now: int
    ) -> Refused | None:
        """What refuses a post whatever stands on the board."""
        try:
            check_writer(settings, post)
            if settings.runs:
                self._runs.check(post.run, post.level_id, user_id, settings, now)
            counted(settings, post.score, None)
        except Refused as error:
            return error
        return None

    def told(self, code: str, limit: int, now: int) -> Refused:
        """What a refusal of `scripts/post.lua` means."""
        if code == "sum":
            return sum_too_large()
        if code == "too_many":
            text = f"the level takes {limit} posts a minute: slow down"
            return Refused("too_many_requests", text, wait=MINUTE - now % MINUTE)
        most = {"full_of_scores": self._limits.scores, "full_of_levels": self._limits.levels}
        if code in most:
            noun = code.rpartition("_")[2]
            return Refused("full", f"the server keeps at most {most[code]} {noun}")
        return Refused(*_REFUSALS[code])


_REFUSALS: Mapping[str, tuple[str, str]] = {
    "id_reused": ("id_reused", "this id was used for another request: draw a new one"),
    "banned": ("banned", "this user may not post scores"),
    "run_used": ("run_used", "a score has used this run up: draw another one"),
    "full_of_runs": ("full", "too many runs were used within a day"),
}


class PostItem:
    """What one request posts: all of it is entered, or nothing."""

    def __init__(
        self,
        judge: Judge,
        user_id: int,
        posts: Sequence[Post],
        request: RequestId | None,
        also: Sequence[Command] = (),
    ) -> None:
        """The script does the commands of `also`, if it enters the posts; they have one tag."""
        self._judge = judge
        self._user_id = user_id
        self._posts = posts
        self._request = request
        self._also = {"also": also} if also else {}
        self._refusals: list[Refused | None] = []
        self._now = 0

    def text(self, rules: ScoreRules, now: int) -> bytes:
        """What the script reads."""
        self._now = now
        state = rules.state(self._user_id)
        if state == "banned":
            return item_text(self._user_id, now, None, answer='{"refused":"banned"}')
        found = [self._post(rules, post, now) for post in self._posts]
        self._refusals = [refused for _, refused in found]
        return item_text(
            self._user_id,
            now,
            self._request,
            posts=[members for members, _ in found],
            hidden=state == "hidden",
            **self._also,
        )

    def is_refused(self, rules: ScoreRules, now: int) -> bool:
        """Whether the rules alone refuse it."""
        return rules.state(self._user_id) == "banned" or any(
            self._post(rules, post, now)[1] for post in self._posts
        )

    def answer(self, reply: bytes) -> list[Entered] | Refused:
        """What the script's answer means."""
        answer = json.loads(reply)
        code = answer.get("refused")
        if code is None:
            return [_entered(*row) for row in answer["outcomes"]]
        refused = self._refusals[answer["post"] - 1] if code == "refused" else None
        return refused or self._judge.told(code, answer.get("limit", 0), self._now)

    def _post(
        self, rules: ScoreRules, post: Post, now: int
    ) -> tuple[dict[str, Any], Refused | None]:
        """A post as the script reads it, and what refuses it."""
        level = rules.level(post.level_id)
        settings, season = level.settings, level.season(now)
        refused = self._judge.refusal(settings, self._user_id, post, now)
        note = write_note(now if settings.times else None, post.meta)
        return {
            "level": str(post.level_id),
            "board": board_name(post.level_id, level, season),
            "season": season.name,
            "start": season.start,
            "score": post.score,
            "r": by_order(post.score, level.is_ascending),
            "keep": settings.keep,
            "rate_user": settings.rate_user,
            "rate_level": settings.rate_level,
            **({"shared": True} if settings.ties == "shared" else {}),
            **({"ends": season.end} if season.end is not None else {}),
            **({"note": note.decode(errors="surrogateescape")} if note else {}),
            **({"run": post.run[12:28]} if settings.runs else {}),
            **({"refused": True} if refused else {}),
        }, refused


class RunItem:
    """A run that a request draws, or has drawn before."""

    def __init__(self, runs: Runs, level_id: int, user_id: int, request: RequestId | None) -> None:
        self._runs = runs
        self._level_id = level_id
        self._user_id = user_id
        self._request = request

    def text(self, rules: ScoreRules, now: int) -> bytes:
        """What the script reads."""
        settings = rules.level(self._level_id).settings
        run = self._runs.draw(self._level_id, self._user_id, settings, now)
        return item_text(self._user_id, now, self._request, answer=json.dumps(run))

    def answer(self, reply: bytes) -> Run | Refused:
        """What the script's answer means."""
        answer = json.loads(reply)
        if isinstance(answer, dict):
            return Refused(*_REFUSALS[answer["refused"]])
        return Run(*answer)


def item_text(user_id: int, now: int, request: RequestId | None, **members: Any) -> bytes:
    """An item of `scripts/post.lua`, in JSON; metadata that is no UTF-8 stays as it is."""
    if request:
        level_id, name, digest = request
        members["request"] = {"level": str(level_id), "id": name, "digest": digest.hex()}
    item = {"user": user_id, "now": now, **members}
    return json.dumps(item, ensure_ascii=False).encode(errors="surrogateescape")


def _entered(
    level: str,
    season: str,
    score: int,
    best: int,
    rank: int,
    previous: int,
    improved: bool,
    board: str,
    before: str | None = None,
) -> Entered:
    outcome = Outcome(int(level), season, score, best, rank, previous or None, improved)
    return Entered(outcome, board, before)
