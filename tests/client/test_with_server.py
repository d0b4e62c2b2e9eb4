"""Hosting with the library alone, against a server process; both front ends."""

from __future__ import annotations

import io
import os
import unittest
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from scoreganizer_client_lib import Scoreganizer
from scoreganizer_client_lib.exceptions import (
    ScoreganizerInvalidData,
    ScoreganizerNoSuchTournament,
    ScoreganizerNoSuchUser,
    ScoreganizerNothingSubmitted,
    ScoreganizerNotHost,
    ScoreganizerNotLoggedIn,
    ScoreganizerNotRequested,
    ScoreganizerResultsHidden,
    ScoreganizerTooManyTournaments,
    ScoreganizerTournamentOver,
    ScoreganizerUsernameTaken,
)
from scoreganizer_client_lib.tournament import Player, Standing, Tournament
from tests.client.scenario.replay_files import rmv
from tests.servers import ServerProcess

PASSWORD = "correct horse"
CHEAP_PASSWORDS = {"gameserver.auth.passwords.N": 16}
MANY = 1_000
HOUR = timedelta(hours=1)


class HostingOverHTTP:
    """Subclasses say which front end."""

    flags: tuple[str, ...] = ()

    @classmethod
    def setUpClass(cls):
        cls.server = ServerProcess(*cls.flags, constants=CHEAP_PASSWORDS)
        cls.addClassCleanup(cls.server.stop)
        cls.host = cls.new_user("hugo")
        cls.players = {name: cls.new_user(name) for name in ("ann", "bob", "cid")}
        cls.start = datetime.now(UTC).replace(microsecond=0) - HOUR

    @classmethod
    def new_client(cls) -> Scoreganizer:
        host, port = cls.server.address
        client = Scoreganizer(host=host, port=port, https=False)
        cls.addClassCleanup(client.session.close)
        return client

    @classmethod
    def new_user(cls, name: str) -> Scoreganizer:
        """A client of somebody who has registered and logged in."""
        client = cls.new_client()
        client.register(name, PASSWORD)
        client.login(name, PASSWORD)
        return client

    def create(self, **options: bool) -> Tournament:
        cup = self.host.tournaments.create(
            "Cup", "sum", "1+0+0", self.start, self.start + 24 * HOUR, **options
        )
        self.addCleanup(self.stop, cup)
        return cup

    def stop(self, cup: Tournament) -> None:
        """Makes room for other tournaments of the host."""
        with suppress(ScoreganizerTournamentOver):
            self.host.tournaments.stop(cup)

    def play(self, name: str, cup: Tournament, milliseconds: int) -> None:
        client = self.players[name]
        key = client.tournaments.gen_key(cup)
        client.scores.upload_file(io.BytesIO(rmv(key, milliseconds)), "game.rmv")

    def test_a_tournament(self):
        """Create, let players in by request and by invitation, play, read, stop."""
        host, players = self.host.tournaments, self.players
        cup = self.create(open_entry=False, hide_results=True)
        self.assertEqual((cup.name, cup.start, cup.end - cup.start), ("Cup", self.start, 24 * HOUR))
        self.assertEqual((cup.open_entry, cup.hide_results), (False, True))

        for name in ("ann", "cid"):
            players[name].tournaments.participate(cup)
        host.host_confirm(cup, "ann")
        host.invite(cup, "bob")
        page = host.detail(cup)
        statuses = {Player("ann", "participating"), Player("bob", "invited")}
        self.assertEqual((page.host, page.unproven), ("hugo", {}))
        self.assertEqual(set(page.players), statuses | {Player("cid", "requested")})
        players["bob"].tournaments.player_confirm(cup)

        self.play("ann", cup, 7000)
        self.play("bob", cup, 5000)
        table = [Standing(1, "bob", 5000, 1, True), Standing(2, "ann", 7000, 1, True)]
        self.assertEqual(host.standings(cup), table)
        with self.assertRaises(ScoreganizerResultsHidden):
            players["ann"].tournaments.standings(cup)

        end = host.stop(cup)
        seen = self.new_client().tournaments.detail(cup)
        self.assertEqual(seen.tournament.end, end)
        self.assertLess(abs(datetime.now(UTC) - end), HOUR)
        self.assertIsNone(seen.unproven)
        self.assertNotIn("cid", {player.username for player in seen.players})
        self.assertEqual(players["ann"].tournaments.standings(cup), table)

        host.remove(cup, "bob")
        table = [Standing(1, "ann", 7000, 1, True), Standing(2, "bob", 0, 0, False)]
        self.assertEqual(host.standings(cup), table)
        with self.assertRaises(ScoreganizerNothingSubmitted):
            host.remove(cup, "bob")

    def test_refusals(self):
        """What the server refuses is raised as what it is."""
        cup = self.create(open_entry=False)
        host, ann = self.host.tournaments, self.players["ann"].tournaments
        nobody = self.new_client()
        for expected, call in (
            (ScoreganizerUsernameTaken, lambda: nobody.register("HUGO", PASSWORD)),
            (ScoreganizerNotLoggedIn, lambda: nobody.tournaments.stop(cup)),
            (ScoreganizerNotHost, lambda: ann.stop(cup)),
            (ScoreganizerNotHost, lambda: ann.invite(cup, "bob")),
            (ScoreganizerNotHost, lambda: ann.remove(cup, "bob")),
            (ScoreganizerNotHost, lambda: ann.host_confirm(cup, "bob")),
            (ScoreganizerNotRequested, lambda: host.host_confirm(cup, "bob")),
            (ScoreganizerNoSuchUser, lambda: host.invite(cup, "nobody")),
            (ScoreganizerNoSuchTournament, lambda: host.stop(10**9)),
            (ScoreganizerNoSuchTournament, lambda: host.detail(10**9)),
            (ScoreganizerNoSuchTournament, lambda: host.standings(10**9)),
        ):
            self.assertRaises(expected, call)
        host.stop(cup)
        self.assertRaises(ScoreganizerTournamentOver, host.stop, cup)

    def test_wrong_fields(self):
        """The error names the field that is wrong and says, for a person, what would be right."""
        create, later = self.host.tournaments.create, self.start + 24 * HOUR
        for field, call in (
            ("username", lambda: self.new_client().register("a:b", PASSWORD)),
            ("password", lambda: self.new_client().register("dan", "short")),
            ("name", lambda: create("", "sum", "1+0+0", self.start, later)),
            ("mode", lambda: create("Cup", "best", "1+0+0", self.start, later)),
            ("modeparams", lambda: create("Cup", "sum", "1", self.start, later)),
            ("start", lambda: create("Cup", "sum", "1+0+0", datetime(1999, 1, 1), later)),
            ("end", lambda: create("Cup", "sum", "1+0+0", later, self.start)),
        ):
            with self.subTest(field), self.assertRaises(ScoreganizerInvalidData) as caught:
                call()
            self.assertEqual(caught.exception.field, field)
            self.assertTrue(caught.exception.message)

    def test_too_many_tournaments(self):
        """Who hosts as many as one may is told so."""
        with self.assertRaises(ScoreganizerTooManyTournaments):
            for _ in range(MANY):
                self.create()


class ThreadedTest(HostingOverHTTP, unittest.TestCase):
    flags = ("--threaded",)


@unittest.skipUnless(hasattr(os, "fork"), "this system cannot fork")
class ForkedTest(HostingOverHTTP, unittest.TestCase):
    flags = ("--max_proc", "2")
