"""The boards and tournaments on their levels: who has a key, and what the tables say."""

from __future__ import annotations

from typing import Any

from gameserver.times import format_moment, moment_of
from tests.people import PeopleTestCase, Reply

HOUR = 3600.0


class KeyedTestCase(PeopleTestCase):
    """A test case with three accounts, `host`, `ann` and `bob`; keys are drawn without HTTP."""

    def setUp(self) -> None:
        super().setUp()
        self.accounts: dict[str, int] = {}
        for name in ("host", "ann", "bob"):
            number = self.engine.accounts.add(name, "no hash", 1)
            assert number
            self.accounts[name] = number
        self.session = self.log_in(7)

    def cup(self, modeparams: str = "7+8", starts_in: float = 0, **fields: Any) -> int:
        """A new tournament of `host`, which lasts an hour."""
        start = self.clock.now + starts_in
        described = {
            "name": "Cup", "mode": "levels", "modeparams": modeparams,
            "start": format_moment(moment_of(start)),
            "end": format_moment(moment_of(start + HOUR)),
            **fields,
        }  # fmt: skip
        return self.services.tournaments.create(described, self.accounts["host"]).id

    def key(self, cup: int, name: str = "ann") -> str:
        """The key of a player, who enters."""
        self.services.tournaments.participate(cup, self.accounts[name])
        return str(self.services.tournaments.gen_key(cup, self.accounts[name]).key)

    def play(self, key: str, level_id: int, score: int, **more: Any) -> Reply:
        """A post with a key in the boards' API."""
        body = {"score": score, "key": key, "sessionkey": self.session, **more}
        return self.ask("POST", f"/api/levels/{level_id}/scores", body)

    def play_trusted(self, token: str, key: str, level_id: int, score: int) -> Reply:
        """A post by a game's server, for user 3."""
        body = {"score": score, "key": key, "user": 3}
        return self.ask("POST", f"/api/levels/{level_id}/scores", body, token)

    def play_all(self, key: str, *scores: tuple[int, int], **more: Any) -> Reply:
        """A post of several scores, each with its level."""
        listed = [{"level": level, "score": score} for level, score in scores]
        body = {"scores": listed, "key": key, "sessionkey": self.session, **more}
        return self.ask("POST", "/api/scores", body)

    def later(self, seconds: float) -> None:
        """Time goes by; the session is a new one."""
        self.clock.now += seconds
        self.session = self.log_in(7)

    def remove(self, cup: int, name: str = "ann", who: str = "host") -> int:
        accounts = self.accounts
        return self.services.tournaments.remove(cup, accounts[who], accounts[name])

    def table(self, cup: int) -> list[tuple[Any, ...]]:
        """Rank, name, score and number of levels of each player."""
        reply = self.ask("GET", f"/api/tournaments/standings/{cup}")
        lines = [tuple(line.values()) for line in reply.value["standings"]]
        return [line[:4] for line in lines]

    def boards(self) -> list[bytes]:
        return [self.scores(level_id) for level_id in (7, 8, 9)]
