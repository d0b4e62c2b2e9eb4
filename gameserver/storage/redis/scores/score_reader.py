"""The reading half of the scores in Redis; `ScoreStore` says what each method does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gameserver.errors import invalid
from gameserver.numbers import MAX_NUMBER
from gameserver.scores.level import Level, no_such_season
from gameserver.scores.ranking import PERCENTILES, read_cursor
from gameserver.scores.seasons import CURRENT, Season, season_named
from gameserver.scores.values import (
    Entry,
    Histogram,
    Neighbours,
    Page,
    SeasonSummary,
    UserScore,
)
from gameserver.storage.redis.scores.asking import Argument, Asked, Asking, Prepare, Question, Reads
from gameserver.storage.redis.scores.board_lines import BoardView, read_note
from gameserver.storage.redis.scores.ordering import ARRIVAL_BITS_HERE, by_order
from gameserver.storage.redis.scores.score_keys import board_name, level_in, member, start_in
from gameserver.storage.redis.scores.score_rules import ScoreRules


class ScoreReader:
    """What can be read of boards and of a user's scores, each question answered as a whole."""

    def __init__(self, asking: Asking) -> None:
        self._asking = asking
        self._rounds = asking.rounds
        self._reads = Reads(asking)

    # A board

    def version(self, level_id: int, season: str = CURRENT) -> str:
        def prepare(rules: ScoreRules, now: int) -> Asked:
            level = rules.level(level_id)
            named = _named(level, season, now)

            def answer(reply: Any) -> str:
                era, changes, settings, names = (each.decode() for each in reply)
                return f"{era}-{named.start:x}-{changes}-{settings}-{names}"

            return _of_board(level_id, level, named, now, "version", (), answer)

        return str(self._read(prepare))

    def page(self, level_id: int, season: str = CURRENT, offset: int = 0, limit: int = 15) -> Page:
        def prepare(rules: ScoreRules, now: int) -> Asked:
            view = view_of(rules, level_id, season, now)
            return _of_board(level_id, *view, now, "page", (offset, limit), view.page)

        page: Page = self._read(prepare)
        return page

    def after(self, level_id: int, cursor: str, season: str = CURRENT, limit: int = 15) -> Page:
        start, key = read_cursor(cursor)
        r, arrival = divmod(key, 1 << ARRIVAL_BITS_HERE)

        def prepare(rules: ScoreRules, now: int) -> Asked:
            level = rules.level(level_id)
            found = _starting(level, start) if season == CURRENT else _named(level, season, now)
            if found.start != start:
                raise invalid("after", "must be the `next` of a page of the same season")
            behind = min(r, MAX_NUMBER), arrival if r <= MAX_NUMBER else (1 << 32) - 1, limit
            page = BoardView(level, found).page
            return _of_board(level_id, level, found, now, "after", behind, page)

        page: Page = self._read(prepare)
        return page

    def around(
        self, level_id: int, user_id: int, season: str = CURRENT, count: int = 0
    ) -> Neighbours | None:
        return self._around("around", level_id, user_id, season, count)

    def around_hidden(
        self, level_id: int, user_id: int, season: str = CURRENT, count: int = 0
    ) -> Neighbours | None:
        return self._around("around_hidden", level_id, user_id, season, count)

    def entries(self, level_id: int, users: Sequence[int], season: str = CURRENT) -> list[Entry]:
        def prepare(rules: ScoreRules, now: int) -> Asked:
            view = view_of(rules, level_id, season, now)

            def answer(reply: Any) -> list[Entry]:
                parts = sorted(reply, key=lambda part: int(part[1]))  # by their offset
                return [entry for part in parts for entry in view.entries(part)]

            wanted = list(map(member, dict.fromkeys(users)))
            return _of_board(level_id, *view, now, "entries", wanted, answer)

        entries: list[Entry] = self._read(prepare)
        return entries

    def rank_of(self, level_id: int, score: int, season: str = CURRENT) -> int:
        def prepare(rules: ScoreRules, now: int) -> Asked:
            level, named = view_of(rules, level_id, season, now)
            r = by_order(score, level.is_ascending) + (level.settings.ties != "shared")
            return _of_board(level_id, level, named, now, "before", (r,), lambda n: n + 1)

        return int(self._read(prepare))

    def histogram(self, level_id: int, buckets: int = 20, season: str = CURRENT) -> Histogram:
        def prepare(rules: ScoreRules, now: int) -> Asked:
            view = view_of(rules, level_id, season, now)
            tiers = [percent for _, percent in view.level.settings.tiers]
            wanted = buckets, len(PERCENTILES), *PERCENTILES, *tiers
            return _of_board(level_id, *view, now, "histogram", wanted, view.histogram)

        histogram: Histogram = self._read(prepare)
        return histogram

    def seasons(self, level_id: int) -> list[SeasonSummary]:
        def prepare(rules: ScoreRules, now: int) -> Asked:
            level = rules.level(level_id)
            current = level.season(now).start

            def answer(reply: Any) -> list[SeasonSummary]:
                heads = dict(zip((start_in(name.decode()) for name in reply[0]), reply[1],
                                 strict=True))  # fmt: skip
                starts = sorted(heads.keys() - {current}, reverse=True)
                return [_summary(level, start, heads.get(start)) for start in (current, *starts)]

            return Asked(("", "boards", level_id), answer)

        seasons: list[SeasonSummary] = self._read(prepare)
        return seasons

    # A user's scores

    def scores_of(self, user_id: int, first: int = 0, limit: int = MAX_NUMBER) -> list[UserScore]:
        def prepare(rules: ScoreRules, now: int) -> Asked:
            def answer(reply: Any) -> list[UserScore]:
                return [_user_score(rules, now, *row) for row in reply]

            return Asked(("", "scores_of", member(user_id), first, limit), answer)

        scores: list[UserScore] = self._read(prepare)
        return scores

    # For all parts of the store

    def _read(self, prepare: Prepare) -> Any:
        return self._rounds.collect(self._reads, Question(prepare))

    def _around(
        self, how: str, level_id: int, user_id: int, season: str, count: int
    ) -> Neighbours | None:
        def prepare(rules: ScoreRules, now: int) -> Asked:
            view = view_of(rules, level_id, season, now)

            def answer(reply: Any) -> Neighbours | None:
                if reply is None:
                    return None
                place, part = reply
                page = view.page(part)
                return Neighbours(page.entries[place], page)

            return _of_board(level_id, *view, now, how, (member(user_id), count), answer)

        neighbours: Neighbours | None = self._read(prepare)
        return neighbours


def view_of(rules: ScoreRules, level_id: int, season: str, now: int) -> BoardView:
    """A level's board in the season of that name; Refused if there can be none."""
    level = rules.level(level_id)
    return BoardView(level, _named(level, season, now))


def _named(level: Level, name: str, now: int) -> Season:
    """The season of that name, if a level of this kind can have one; Refused if not."""
    current = level.season(now)
    if name in (CURRENT, current.name):
        return current
    try:
        return season_named(level.settings.reset, level.settings.reset_offset, name)
    except (ValueError, OverflowError):
        raise no_such_season() from None


def _starting(level: Level, start: int) -> Season:
    """The season that begins at a moment; Refused if none does."""
    try:
        season = level.starting(start)
    except OverflowError:
        raise no_such_season() from None
    if season.start != start:
        raise no_such_season()
    return season


def _of_board(
    level_id: int,
    level: Level,
    season: Season,
    now: int,
    what: str,
    arguments: Sequence[Argument],
    answer: Any,
) -> Asked:
    """What is asked of a board; one of a season that is not on has to be there."""
    name = board_name(level_id, level, season)
    if season.start == level.season(now).start:
        return Asked(("", what, name, *arguments), answer)

    def unless_gone(reply: Any) -> Any:
        if reply == [b"gone"]:
            raise no_such_season()
        return answer(reply)

    return Asked((name, what, name, *arguments), unless_gone)


def _summary(level: Level, start: int, head: Any) -> SeasonSummary:
    players, first = head or (0, None)
    best = None if first is None else by_order(int(first), level.is_ascending)
    return SeasonSummary(level.starting(start), players, best)


def _user_score(
    rules: ScoreRules,
    now: int,
    board: bytes,
    r: int,
    rank: int,
    shared: int,
    note: bytes | None,
    players: int,
) -> UserScore:
    name = board.decode()
    level_id, start = level_in(name), start_in(name)
    level = rules.level(level_id)
    settings = level.settings
    return UserScore(
        level_id,
        level.starting(start),
        shared if settings.ties == "shared" else rank,
        by_order(r, level.is_ascending),
        read_note(note)[0] if settings.times else None,
        players,
        settings,
        start == level.season(now).start,
    )
