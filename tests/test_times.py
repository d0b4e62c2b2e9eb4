from __future__ import annotations

import unittest

from gameserver.assembly import make_services
from gameserver.auth.sessions import SignedSessions
from gameserver.errors import InvalidSessionKey
from gameserver.storage.engine import open_engine
from gameserver.storage.memory.sessions import MemorySessions
from gameserver.times import format_moment, forward, moment_of, parse_moment, server_clock
from tests.client.scenario.replay_files import rmv
from tests.support import Clock
from tests.tournaments.world import World


class MomentTest(unittest.TestCase):
    def test_reads_all_grains(self):
        """Minutes, seconds, milliseconds and microseconds are understood."""
        base = parse_moment("2024-05-20T13:37")
        self.assertEqual(base, 1_716_212_220_000_000)
        self.assertEqual(parse_moment("2024-05-20T13:37:01"), base + 1_000_000)
        self.assertEqual(parse_moment("2024-05-20T13:37:01.002"), base + 1_002_000)
        self.assertEqual(parse_moment("2024-05-20T13:37:01.000002"), base + 1_000_002)

    def test_writes_what_it_reads(self):
        """A moment is written with 0 or 6 digits of a second."""
        for text in ("2024-05-20T13:37:00", "2024-05-25T07:23:17.340015"):
            self.assertEqual(format_moment(parse_moment(text)), text)
        self.assertEqual(format_moment(moment_of(1_716_212_220.5)), "2024-05-20T13:37:00.500000")

    def test_refuses_everything_else(self):
        """Other ways to write a date, dates that are none and far years are refused."""
        for text in (
            "", "now", "2024-05-20", "2024-05-20 13:37:00", "2024-05-20T13:37:00Z",
            "2024-05-20T13:37:00+00:00", "2024-13-20T13:37:00", "2024-02-30T13:37:00",
            "2024-05-20T24:00:00", "2024-05-20T13:37:60", "2024-05-20T13:37:00.1",
            "1999-12-31T23:59:59", "2100-01-01T00:00:00", "9999-12-31T23:59:59",
            "0000-01-01T00:00:00", "٢٠٢٤-05-20T13:37:00", "2024-05-20T13:37:00\n",
        ):  # fmt: skip
            with self.assertRaises(ValueError, msg=text):
                parse_moment(text)


class ForwardTest(unittest.TestCase):
    """A clock that is set back."""

    def setUp(self):
        self.raw = Clock()
        self.clock = forward(self.raw)

    def test_forward(self):
        """It says what the clock says, as long as that goes on."""
        for _ in range(3):
            self.assertEqual(self.clock(), self.raw.now)
            self.raw.now += 1.5

    def test_set_back(self):
        """It stands still until the clock has come again to where it was."""
        before = self.clock()
        for behind in (3600, 1, 0.001):
            self.raw.now = before - behind
            self.assertEqual(self.clock(), before)
        self.raw.now = before + 0.001
        self.assertEqual(self.clock(), before + 0.001)

    def test_sessions(self):
        """A session key that has expired stays so."""
        for sessions in (SignedSessions(clock=self.clock), MemorySessions(self.clock)):
            key = sessions.login(7)
            self.raw.now += 600
            with self.assertRaises(InvalidSessionKey):
                sessions.user_of(key)
            self.raw.now -= 3600
            with self.assertRaises(InvalidSessionKey):
                sessions.user_of(key)
            self.raw.now += 3600

    def test_tournaments_and_guesses(self):
        """What has ended stays so, and nobody waits longer than is documented."""
        world = World(self, clock=self.clock)
        cup = world.create(lasts=10)
        key = world.key(cup)
        for _ in range(6):
            failed = world.post("obtain_token", username="ann", password="wrong horse")
        self.assertEqual(failed.headers, {"Retry-After": "1"})
        self.raw.now += 10
        self.assertEqual(world.upload(rmv(key)).error, (403, "tournament_over"))
        self.raw.now -= 3600
        self.assertEqual(world.upload(rmv(key)).error, (403, "tournament_over"))
        self.assertEqual(len(world.get("tournaments/archive").value), 1)
        failed = world.post("obtain_token", username="ann", password="wrong horse")
        self.assertEqual(failed.headers, {})

    def test_the_server_has_one(self):
        """What a server decides, it decides by such a clock."""
        engine = open_engine()
        services = make_services(engine)
        for keeper in (engine.sessions, services.accounts, services.tournaments):
            self.assertIs(keeper._clock, server_clock)
