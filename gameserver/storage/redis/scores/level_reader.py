"""What is read of levels and users in Redis; `ScoreStore` says what each method does."""

from __future__ import annotations

from collections.abc import Sequence
from struct import iter_unpack, pack
from typing import Any

from gameserver.scores.names import fold
from gameserver.scores.settings import LevelSettings
from gameserver.scores.values import LevelList, LevelSummary
from gameserver.scores.withheld import State
from gameserver.storage.redis.scores.asking import Asked
from gameserver.storage.redis.scores.ordering import by_order
from gameserver.storage.redis.scores.score_keys import board_name, member
from gameserver.storage.redis.scores.score_reader import ScoreReader
from gameserver.storage.redis.scores.score_rules import ScoreRules

Ranked = tuple[int, int]
"""A level: its players below zero, and its number. So the busiest stand first."""


class LevelReader(ScoreReader):
    """Levels, users, and what there is of everything."""

    # Levels

    def summary(self, level_id: int) -> LevelSummary:
        return self.summaries([level_id])[0]

    def overall_version(self) -> str:
        def prepare(rules: ScoreRules, now: int) -> Asked:
            def answer(reply: Any) -> str:
                return "-".join(each.decode() for each in reply)

            return Asked(("", "overall_version", now), answer)

        return str(self._read(prepare))

    def levels(self, offset: int = 0, limit: int = 100, q: str = "") -> LevelList:
        levels, total = self._found(q, offset, limit) if q else self._busiest(offset, limit)
        return LevelList(self.summaries(levels) if levels else [], total)

    def ranked(self, q: str, most: int) -> tuple[Sequence[Ranked], int]:
        """The levels that `levels` would list first, in order, and how many there are in all."""
        if q:
            known = self._matching(q)
            return known[:most], len(known)

        def answer(reply: Any) -> tuple[list[Ranked], int]:
            return [(-players, n) for players, n in iter_unpack(">II", reply[1])], reply[0]

        ranked: tuple[list[Ranked], int] = self._read(
            lambda _, now: Asked(("", "ranked", now, most), answer)
        )
        return ranked

    def settings(self, level_id: int) -> LevelSettings:
        settings: LevelSettings = self._rule(lambda rules: rules.level(level_id).settings)
        return settings

    def summaries(self, levels: Sequence[int]) -> list[LevelSummary]:
        """Those of some levels, in the same order."""

        def prepare(rules: ScoreRules, now: int) -> Asked:
            found = [(level_id, rules.level(level_id)) for level_id in levels]
            names = [board_name(n, level, level.season(now)) for n, level in found]

            def answer(reply: Any) -> list[LevelSummary]:
                return [
                    _summary(rules, level_id, now, *head)
                    for level_id, head in zip(levels, reply, strict=True)
                ]

            return Asked(("", "heads", *names), answer)

        summaries: list[LevelSummary] = self._read(prepare)
        return summaries

    def _busiest(self, offset: int, limit: int) -> tuple[list[int], int]:
        def answer(reply: Any) -> tuple[list[int], int]:
            return [level_id for (level_id,) in iter_unpack(">I", reply[1])], reply[0]

        found: tuple[list[int], int] = self._read(
            lambda _, now: Asked(("", "busiest", now, offset, limit), answer)
        )
        return found

    def _found(self, q: str, offset: int, limit: int) -> tuple[list[int], int]:
        """The levels that a search finds, and how many it finds in all."""
        known = self._matching(q)
        return [n for _, n in known[offset : offset + limit]], len(known)

    def _matching(self, q: str) -> list[Ranked]:
        """All levels that a search finds."""
        text = fold(q)
        number = int(q) if q.isdecimal() and q.isascii() and len(q) <= 10 else -1

        def prepare(rules: ScoreRules, now: int) -> Asked:
            found = [n for n, title in list(rules.titles.items()) if text in title]
            if 0 <= number < 2**31 and number not in found:
                found.append(number)

            def answer(reply: Any) -> list[Ranked]:
                return sorted((-players, n) for n, players in zip(found, reply, strict=True)
                              if players >= 0)  # fmt: skip

            return Asked(("", "players", now, pack(f">{len(found)}I", *found)), answer)

        matching: list[Ranked] = self._read(prepare)
        return matching

    # Users

    def name(self, user_id: int) -> str | None:
        reply = self._read(lambda *_: Asked(("", "name", member(user_id)), _text))
        return None if reply is None else str(reply)

    def users(self, q: str, limit: int = 20) -> list[tuple[int, str]]:
        def answer(reply: Any) -> list[tuple[int, str]]:
            ids = (int.from_bytes(user) for user in reply[0])
            return [(n, name.decode()) for n, name in zip(ids, reply[1], strict=True)]

        users: list[tuple[int, str]] = self._read(
            lambda *_: Asked(("", "users", fold(q), limit), answer)
        )
        return users

    def is_known(self, user_id: int) -> bool:
        def prepare(rules: ScoreRules, now: int) -> Asked:
            is_in_rules = user_id in rules.states
            return Asked(("", "is_known", member(user_id)), lambda n: is_in_rules or bool(n))

        return bool(self._read(prepare))

    def state(self, user_id: int) -> State:
        state: State = self._rule(lambda rules: rules.state(user_id))
        return state

    def gauges(self) -> dict[str, int]:
        def answer(reply: Any) -> dict[str, int]:
            return {"levels": reply[0], "scores": reply[1]}

        gauges: dict[str, int] = self._read(lambda *_: Asked(("", "gauges"), answer))
        return gauges

    def _rule(self, find: Any) -> Any:
        """What `find` finds among the rules, which are the newest ones."""
        return self._read(lambda rules, _: Asked(("", "rules"), lambda _: find(rules)))


def _summary(
    rules: ScoreRules, level_id: int, now: int, players: int, first: bytes | None
) -> LevelSummary:
    level = rules.level(level_id)
    season = level.season(now)
    return LevelSummary(
        level_id,
        level.settings,
        season,
        None if season.end is None else max(0, season.end - now),
        players,
        None if first is None else by_order(int(first), level.is_ascending),
    )


def _text(reply: bytes | None) -> str | None:
    return None if reply is None else reply.decode()
