"""The interface of a store of scores."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from gameserver.numbers import MAX_NUMBER
from gameserver.scores.audit import AuditEntry, Author, Job
from gameserver.scores.runs import Run
from gameserver.scores.seasons import CURRENT
from gameserver.scores.settings import LevelSettings
from gameserver.scores.values import (
    Entry,
    Histogram,
    LevelList,
    LevelSummary,
    Neighbours,
    Outcome,
    Page,
    Post,
    RequestId,
    SeasonSummary,
    UserScore,
)
from gameserver.scores.withheld import State


class ScoreStore(Protocol):
    """The scores of all levels, with their seasons and settings, and the names of the users.

    Every method is a whole operation, inside the engine's batch. A level has a board for each
    season; the moment of a post decides which one it goes to. `season` is a season's name or
    `current`. A level that was never configured has the default settings and one season, `all`;
    one that nobody has played has an empty board.

    What is refused, beside what a method names itself:

    - `Refused("no_such_season")`: the level has no such season, or keeps it no longer;
    - `banned`, by what posts scores for a user who is;
    - `StorageFull`, by every method that writes: nothing can be stored at the moment.
    """

    # The mini-game

    def submit(self, level_id: int, user_id: int, score: int) -> bool:
        """Enters a score as the level's settings say; returns whether the board has changed.

        Refused as by `post`.
        """

    def high_scores(self, level_id: int) -> bytes:
        """The first 15 of the season that is on as `user=score,user=score`; empty without any.

        The same object until they change.
        """

    # Posting

    def post(
        self,
        user_id: int,
        posts: Sequence[Post],
        answer: Callable[[Sequence[Outcome]], bytes],
        request: RequestId | None = None,
        also: Callable[[], object] | None = None,
    ) -> bytes:
        """Enters all of the scores or none, and returns what `answer` makes of their outcomes.

        With a `request` that was accepted before, nothing is entered, and its first answer
        returned; the answer to a new one is remembered together with the scores. The last 8
        requests of each user at each level are remembered for 24 hours, at most 1,000,000 in all.
        `answer` is a pure function: it may be called again.

        With the scores, as one, `also` is done (`TournamentStore.counting`): neither without the
        other, whatever refuses. With a first answer it is not.

        Refused:

        - `out_of_bounds`, by the level's `min` and `max`, or a sum above 2147483647;
        - `too_many_requests`, with the time to wait, by its rates;
        - `full`: there are as many levels or scores as the limits allow;
        - `id_reused`: the same id was used for another request;
        - `not_trusted`, where the level takes posts of games' servers alone;
        - `run_needed`, `run_unknown`, `run_used`, `run_too_early`, by its runs: an accepted post
          uses its run up.
        """

    def is_answered(self, user_id: int, request: RequestId) -> bool:
        """Whether `post` would answer the request as before. Refused (`id_reused`)."""

    def draw_run(
        self,
        level_id: int,
        user_id: int,
        answer: Callable[[Run], bytes],
        request: RequestId | None = None,
    ) -> bytes:
        """Draws a run, and returns what `answer` makes of it. For `request` see `post`."""

    # Reading a board

    def summary(self, level_id: int) -> LevelSummary:
        """The level in the season that is on."""

    def version(self, level_id: int, season: str = CURRENT) -> str:
        """A text that is another one as soon as anything of the board would read differently.

        So it changes with the scores, the settings, the season and the names. It consists of
        letters, digits, `-` and `.`, and takes no time to speak of. It is only good as long as
        the server runs: the next one may say the same of something else, unless several servers
        share the store: then they say the same of the same, and of nothing else.
        """

    def page(self, level_id: int, season: str = CURRENT, offset: int = 0, limit: int = 15) -> Page:
        """The lines from `offset` on, at most `limit`; none beyond the end."""

    def after(self, level_id: int, cursor: str, season: str = CURRENT, limit: int = 15) -> Page:
        """The lines behind a page that ended with `cursor`.

        However the board moves meanwhile, lines that do not move are neither repeated nor left
        out. A cursor belongs to its season: after the next has begun, `current` with the cursor
        goes on with the one before. Refused (`invalid_data`, field `after`) if it is no cursor,
        or one of another season than the one that is named.
        """

    def around(
        self, level_id: int, user_id: int, season: str = CURRENT, count: int = 0
    ) -> Neighbours | None:
        """The user's line among `2 * count + 1`, as many before it as behind it; None without one.

        At the board's ends the lines that are missing on one side come from the other.
        """

    def entries(self, level_id: int, users: Sequence[int], season: str = CURRENT) -> list[Entry]:
        """The lines of those users who have one, in rank order."""

    def rank_of(self, level_id: int, score: int, season: str = CURRENT) -> int:
        """The rank that a new user would get with the score."""

    def histogram(self, level_id: int, buckets: int = 20, season: str = CURRENT) -> Histogram:
        """How the scores are spread, in at most so many buckets of equal width."""

    def seasons(self, level_id: int) -> list[SeasonSummary]:
        """The season that is on and the past ones that are kept, the newest first."""

    # Levels

    def overall_version(self) -> str:
        """As `version`, of everything: for lists of levels, of users and of a user's scores."""

    def levels(self, offset: int = 0, limit: int = 100, q: str = "") -> LevelList:
        """The levels with scores or settings: those with the most players now first.

        `q` finds those whose number it is, or whose title it is a part of, whatever the case.
        Right after the end of many seasons at once the order lags behind for a few calls; the
        numbers of players never do.
        """

    def settings(self, level_id: int) -> LevelSettings:
        """The level's settings, the default ones if it was never configured."""

    def configure(
        self, level_id: int, rule: Callable[[LevelSettings], LevelSettings]
    ) -> LevelSettings:
        """Gives the level the settings that `rule` makes of its present ones; returns them.

        `rule` is a pure function: it may be called again. Refused (`has_scores`) if the order,
        the keep, the reset or its offset would change under scores; `full`.
        """

    def remove(self, level_id: int, user_id: int, season: str = CURRENT) -> bool:
        """Takes a user's score off a board; returns whether there was one."""

    # Users

    def name(self, user_id: int) -> str | None:
        """The user's name; None without one."""

    def is_known(self, user_id: int) -> bool:
        """Whether the user has a name, or a score that is kept, or is banned or hidden."""

    def rename(self, user_id: int, name: str | None) -> None:
        """Gives the user a name that `parse_name` has let pass, or takes it away."""

    def users(self, q: str, limit: int = 20) -> list[tuple[int, str]]:
        """Users and their names: those whose name begins with `q`, whatever the case."""

    def scores_of(self, user_id: int, first: int = 0, limit: int = MAX_NUMBER) -> list[UserScore]:
        """The user's scores in the seasons that are kept, by level, the newest first.

        Those of at most `limit` levels, of the lowest numbers from `first` on: each takes some
        10 µs.
        """

    def forget(self, user_id: int) -> None:
        """Removes all of the user: scores of every season, name, remembered requests."""

    # Moderation

    def state(self, user_id: int) -> State:
        """Whether the user is banned or hidden."""

    def put_state(self, user_id: int, state: State) -> None:
        """Changes it at once; the user's scores take a job (`withhold` or `release`)."""

    def around_hidden(
        self, level_id: int, user_id: int, season: str = CURRENT, count: int = 0
    ) -> Neighbours | None:
        """As `around`, the way a hidden user sees it."""

    def turn(self, wait: bool = True) -> AbstractContextManager[object]:
        """For `with`, outside of a batch: what an admin does is done in turns, on all servers.

        Refused (`Busy`) if it is another server's turn, after some seconds, or at once.
        """

    def write_down(
        self,
        author: Author,
        action: str,
        what: Mapping[str, object],
        before: Mapping[str, object] | None = None,
        job: Job | None = None,
    ) -> int:
        """Enters into the audit what is done now; returns the entry's id. See `AuditEntry`.

        A job is what `work` has to do then, after a restart if need be.
        """

    def audit(self, offset: int, limit: int) -> Sequence[AuditEntry]:
        """The audit's entries, the newest first."""

    def audit_entry(self, entry_id: int) -> AuditEntry:
        """One of them. Refused (`no_such_entry`) if there is none."""

    def mark_undone(self, entry_id: int) -> None:
        """Has the audit say that something was undone."""

    def unfinished(self) -> Sequence[AuditEntry]:
        """The entries with jobs that are not done, the oldest first."""

    def work(self, entry_id: int) -> Iterator[int]:
        """Does an entry's job: at each step so much as takes less than a millisecond.

        Yields the scores that the step has moved.

        Any number of steps may be taken in one batch. Where one is undone, the job has to be
        begun again. Jobs are done one after the other.
        """

    def keeps_times(self, level_id: int | None) -> bool:
        """Whether the level keeps the moments of its scores, or any level does."""

    def size_of(self, job: Job) -> int:
        """How many scores there are of a job's level or user, whatever its other bounds."""

    def scores_in(self, job: Job) -> Iterator[int]:
        """The scores that a `remove` would take away, counted step by step as in `work`."""

    def tidy(self) -> bool:
        """Erases some of what can be undone no longer; whether there may be more."""

    def gauges(self) -> dict[str, int]:
        """How much there is, for the metrics."""
