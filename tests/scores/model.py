"""A store of scores, the slow and obvious way: what every engine is compared with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from gameserver.scores.settings import LevelSettings

MAX = 2**31 - 1


class Model:
    """Lists of dictionaries, sorted whenever somebody looks."""

    def __init__(self, clock: Callable[[], float], seasons: int) -> None:
        self.clock = clock
        self.kept = seasons
        self.settings: dict[int, LevelSettings] = {}
        self.boards: dict[tuple[int, str], list[dict[str, Any]]] = {}
        self.names: dict[int, str] = {}
        self.arrivals = count()

    def configure(self, level: int, **changes: Any) -> None:
        self.settings[level] = replace(self.of(level), **changes)

    def of(self, level: int) -> LevelSettings:
        return self.settings.get(level, LevelSettings())

    def season(self, level: int) -> str:
        """The name of the season that is on; the tests reset by the hour or the week."""
        settings = self.of(level)
        now = datetime.fromtimestamp(self.clock(), UTC) - timedelta(minutes=settings.reset_offset)
        year, week, _ = now.isocalendar()
        return {
            "never": "all",
            "hourly": f"{now:%Y-%m-%dT%H}",
            "weekly": f"{year}-W{week:02}",
        }[settings.reset]

    def post(self, level: int, user: int, score: int, meta: bytes | None = None) -> bool:
        settings, season = self.of(level), self.season(level)
        is_new_board = (level, season) not in self.boards
        board = self.boards.setdefault((level, season), [])
        if is_new_board:
            self.drop_outdated(level)
        old = next((line for line in board if line["user"] == user), None)
        if old and settings.keep == "sum":
            score += old["score"]
        if old and not self.counts(settings, score, old["score"]):
            return False
        if old:
            board.remove(old)
        at = int(self.clock() * 1_000_000) if settings.times else None
        board.append(
            {"user": user, "score": score, "arrival": next(self.arrivals), "meta": meta, "at": at}
        )
        return True

    def counts(self, settings: LevelSettings, score: int, old: int) -> bool:
        if settings.keep != "best":
            return score != old
        return score < old if settings.order == "asc" else score > old

    def drop_outdated(self, level: int) -> None:
        seasons = sorted(season for of, season in self.boards if of == level)
        for season in seasons[: -self.kept - 1]:
            del self.boards[level, season]

    def remove(self, level: int, season: str, user: int) -> bool:
        board = self.boards.get((level, season), [])
        kept = [line for line in board if line["user"] != user]
        if len(kept) == len(board):
            return False
        self.boards[level, season] = kept
        if not kept:
            del self.boards[level, season]
        return True

    def forget(self, user: int) -> None:
        for level, season in list(self.boards):
            self.remove(level, season, user)
        self.names.pop(user, None)

    def lines(self, level: int, season: str) -> list[tuple[Any, ...]]:
        """(rank, user, name, score, meta, at) in rank order."""
        settings = self.of(level)
        sign = 1 if settings.order == "asc" else -1
        board = sorted(
            self.boards.get((level, season), []),
            key=lambda line: (sign * line["score"], line["arrival"]),
        )
        scores = [line["score"] for line in board]
        return [
            (
                scores.index(line["score"]) + 1 if settings.ties == "shared" else place,
                line["user"],
                self.names.get(line["user"]),
                line["score"],
                line["meta"],
                line["at"],
            )
            for place, line in enumerate(board, 1)
        ]

    def levels(self) -> list[tuple[int, int]]:
        """(level, players), the busiest first."""
        known = {*self.settings, *(level for level, _ in self.boards)}
        players = {n: len(self.boards.get((n, self.season(n)), [])) for n in known}
        return sorted(players.items(), key=lambda item: (-item[1], item[0]))
