"""Session keys that several servers know."""

from __future__ import annotations

import unittest
from typing import Any

import mock  # noqa: UP026 (the same mock on every Python)

from gameserver.storage.redis.auth.sessions import RedisSessions, SharedSignedSessions
from gameserver.storage.redis.link.address import parse_address
from gameserver.storage.redis.link.link import Link
from gameserver.storage.redis.link.links import Links
from gameserver.storage.redis.link.rounds import Rounds
from tests.redis_server import redis_url
from tests.scores import contracts


class SignedTest(contracts.SessionsContract):
    """The contract, with keys that are signed."""

    compared_in = "gameserver.auth.sessions.compare_digest"

    def make(self, clock: Any, randomness: Any) -> SharedSignedSessions:
        rules = mock.Mock()
        rules.look.return_value = False
        sessions = SharedSignedSessions(rules, clock, randomness)
        sessions.sign_with([randomness(32)])
        return sessions


class StoredTest(contracts.SessionsContract):
    """The contract, with keys that are kept. Each server has a database of its own."""

    compared_in = "gameserver.storage.redis.auth.sessions.compare_digest"

    def setUp(self) -> None:
        self.url = redis_url()
        self.databases = iter(range(16))
        super().setUp()

    def make(self, clock: Any, randomness: Any) -> RedisSessions:
        address = parse_address(f"{self.url[:-1]}{next(self.databases)}")
        links = Links(lambda: Link(address, RedisSessions.SCRIPTS))
        self.addCleanup(links.close)
        return RedisSessions(Rounds(links), clock, randomness)


if __name__ == "__main__":
    unittest.main()
