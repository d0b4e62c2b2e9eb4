"""Boards as JSON. Lines are put together as text: metadata goes out as it came in."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from gameserver.scores.runs import Run
from gameserver.scores.settings import LevelSettings
from gameserver.scores.values import (
    Entry,
    Histogram,
    LevelSummary,
    Neighbours,
    Outcome,
    Page,
    SeasonSummary,
    UserScore,
    percentile,
    tier,
)
from gameserver.times import SECOND, format_moment
from gameserver.web.messages import render_json

NO_RESET = '"next_reset":null,"resets_in":null'

SHOWN_TO_ALL = ("order", "keep", "reset", "ties", "format", "decimals")
"""The settings of a level that everybody sees in the list of levels."""


def moment(at: int | None) -> str | None:
    """A moment in UTC (RFC 3339)."""
    return None if at is None else f"{format_moment(at)}Z"


def run(drawn: Run) -> dict[str, Any]:
    """A run that was drawn."""
    return {
        "run": drawn.text,
        "not_before": moment(drawn.not_before),
        "expires": moment(drawn.expires),
    }


def seconds_left(summary: LevelSummary) -> int | None:
    """The whole seconds, rounded up, until the level starts afresh."""
    left = summary.resets_in
    return None if left is None else -(-left // SECOND)


def level(summary: LevelSummary, whole: bool) -> str:
    """A level in the list of levels; `whole`: with all settings."""
    level_id, settings, season, _, players, best = summary
    return (
        f'{{"level":{level_id},"players":{players},"season":"{season.name}",{reset(summary)},'
        f'"best":{"null" if best is None else best},{_settings(settings, whole)}}}'
    )


@lru_cache(maxsize=1024)
def _settings(settings: LevelSettings, whole: bool) -> str:
    """The members of a level that its settings say; most levels have the same."""
    members = settings.members()
    shown = members if whole else {name: members[name] for name in SHOWN_TO_ALL}
    return f'"title":{render_json(settings.title)},"settings":{render_json(shown)}'


def leaderboard(
    level_id: int,
    settings: LevelSettings,
    page: Page,
    limit: int,
    missing: Sequence[int] | None = None,
) -> str:
    """A page of a board, but for the time of the next reset.

    `missing`: its lines are those of some users, without these.
    """
    places = missing is not None
    head = render_json(
        {
            "level": level_id,
            "title": settings.title,
            "season": page.season.name,
            "players": page.players,
            "offset": page.offset,
            "limit": limit,
            "next": page.next,
        }
    )
    if places:
        head = f'{head[:-1]},"missing":{render_json(missing)}}}'
    lines = _lines(page, settings, places)
    return f'{head[:-1]},"entries":[{lines}]}}'


def lasting(board: str) -> str:
    """The JSON of a board that is never reset, complete."""
    return f"{board[:-1]},{NO_RESET}}}"


def reset(summary: LevelSummary) -> str:
    """The members of a board that say when it is reset."""
    if summary.season.end is None:
        return NO_RESET
    at, left = moment(summary.season.end), seconds_left(summary)
    return f'"next_reset":"{at}","resets_in":{left}'


def neighbours(level_id: int, settings: LevelSettings, found: Neighbours) -> str:
    """A user's line, and those around it."""
    entry, page = found
    head = {
        "level": level_id,
        "season": page.season.name,
        "user": entry.user_id,
        "name": entry.name,
        "rank": entry.rank,
        "score": entry.score,
        "percentile": percentile(entry.rank, page.players),
        "players": page.players,
    }
    if (name := tier(settings.tiers, entry.rank, page.players)) is not None:
        head["tier"] = name
    return f'{render_json(head)[:-1]},"entries":[{_lines(page, settings)}]}}'


def season(summary: SeasonSummary) -> dict[str, Any]:
    """A season in the list of seasons; what is never reset has neither start nor end."""
    name, start, end = summary.season
    return {
        "season": name,
        "start": None if end is None else moment(start),
        "end": moment(end),
        "players": summary.players,
        "best": summary.best,
    }


def histogram(found: Histogram) -> dict[str, Any]:
    """The buckets, and the scores at some percents."""
    return {
        "buckets": [
            {"from": bucket.first, "to": bucket.last, "count": bucket.players}
            for bucket in found.buckets
        ],
        "percentiles": {str(percent): score for percent, score in found.percentiles.items()},
        **({"tiers": [each._asdict() for each in found.tiers]} if found.tiers else {}),
    }


def user_score(found: UserScore) -> dict[str, Any]:
    """One of a user's scores."""
    rank, players, settings = found.rank, found.players, found.settings
    shown: dict[str, Any] = {
        "level": found.level_id,
        "title": settings.title,
        "season": found.season.name,
        "current": found.is_current,
        "rank": rank,
        "score": found.score,
        "percentile": percentile(rank, players),
        "players": players,
    }
    if found.at is not None:
        shown["at"] = moment(found.at)
    if (name := tier(settings.tiers, rank, players)) is not None:
        shown["tier"] = name
    if not _is_plain(settings):
        shown["display"] = display(found.score, settings)
    return shown


def outcome(user_id: int, posted: Outcome) -> dict[str, Any]:
    """What a post came to."""
    return {
        "level": posted.level_id,
        "season": posted.season,
        "user": user_id,
        "score": posted.score,
        "best": posted.best,
        "rank": posted.rank,
        "previous_rank": posted.previous_rank,
        "improved": posted.improved,
    }


def _is_plain(settings: LevelSettings) -> bool:
    """Whether people read a score as the number that it is."""
    return settings.format == "number" and not settings.decimals


def display(score: int, settings: LevelSettings) -> str:
    """A score as people read it: with a point, or as a time of so many seconds."""
    whole, part = divmod(score, 10**settings.decimals)
    fraction = f".{part:0{settings.decimals}}" if settings.decimals else ""
    if settings.format == "number":
        return f"{whole}{fraction}"
    minutes, seconds = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    clock = f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
    return clock + fraction


def _lines(page: Page, settings: LevelSettings, places: bool = False) -> str:
    """The lines of a page, with commas between them; `places`: and their places in it."""
    plain = _is_plain(settings) and not (settings.tiers or places)
    lines = []
    for place, entry in enumerate(page.entries, 1):
        rank, user_id, name, score, meta, at = entry
        shown = "null" if name is None else render_json(name)
        line = f'{{"rank":{rank},"user":{user_id},"name":{shown},"score":{score}'
        if meta is not None:
            line += f',"meta":{meta.decode()}'
        if at is not None:
            line += f',"at":"{moment(at)}"'
        if not plain:
            line += _extras(entry, settings, page.players)
        if places:
            line += f',"place":{place}'
        lines.append(line)
    return "},".join(lines) + "}" if lines else ""


def _extras(entry: Entry, settings: LevelSettings, players: int) -> str:
    """What the level's settings add to a line."""
    text = ""
    if (name := tier(settings.tiers, entry.rank, players)) is not None:
        text += f',"tier":{render_json(name)}'
    if not _is_plain(settings):
        text += f',"display":"{display(entry.score, settings)}"'
    return text
