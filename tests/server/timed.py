"""A server whose time can be set forward."""

from __future__ import annotations

import unittest
from collections.abc import Sequence
from typing import Any, ClassVar

import mock  # noqa: UP026 (the same mock on every Python)

from gameserver.web.routing import Route
from tests.raw_client import Client, request_bytes
from tests.support import TimeMachine, running

LIST = request_bytes("GET", "/1/highscorelist")


class TimedTestCase(unittest.TestCase):
    """A server with these routes beside the usual ones, and one client."""

    routes: Sequence[Route] = ()
    options: ClassVar[dict[str, Any]] = {}
    stands_still: ClassVar[bool] = False
    """Time passes with `pass_time` only."""

    def setUp(self) -> None:
        self.time = TimeMachine()
        if self.stands_still:
            self.time.stand_still()
        self.enterContext(mock.patch("gameserver.server.loop.time", self.time))
        self.server = self.enterContext(running(*self.routes, **self.options))
        self.addCleanup(self.time.go_on)
        self.client = self.connect()

    def connect(self, **options: Any) -> Client:
        return self.enterContext(Client(self.server.server_address, **options))

    def pass_time(self, seconds: float) -> None:
        """So much later: what was sent before has been read, what is due has happened."""
        self.let_it_work()
        self.time.ahead += seconds
        self.let_it_work()

    def let_it_work(self) -> None:
        """Somebody else is served, and so has been whoever came before."""
        with Client(self.server.server_address) as other:
            other.ask(LIST)
            other.ask(LIST)
