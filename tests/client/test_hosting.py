"""What the released library has no calls for: accounts, hosting, a tournament's page and table."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from requests import Response

from scoreganizer_client_lib.exceptions import (
    ScoreganizerError,
    ScoreganizerInvalidData,
    ScoreganizerNoSuchTournament,
    ScoreganizerNothingSubmitted,
    ScoreganizerNotHost,
    ScoreganizerNotRequested,
    ScoreganizerResultsHidden,
    ScoreganizerTournamentOver,
    ScoreganizerUsernameTaken,
)
from scoreganizer_client_lib.moments import format_utc
from scoreganizer_client_lib.tournament import Player, Standing, Tournament
from tests.client.fake_transport import ClientTest, error, reply
from tests.client.test_tournament import tournament

START = datetime(2030, 5, 20, 13, 37, tzinfo=UTC)
END = START + timedelta(hours=1)
LINE = {"rank": 1, "username": "ann", "score": 6303, "games": 1, "finished": True}
MALFORMED: tuple[Any, ...] = (b"<html>", None, [], {}, {"error": "none"})


class RegisterTest(ClientTest):
    def test_register(self) -> None:
        """Name and password are sent as a form; nobody is logged in by it."""
        client = self.client(reply(201, {"id": 1, "username": "ann"}))
        client.register("ann", "pä ss&=word")
        self.assertEqual(self.transport.calls, ["POST /api/register"])
        self.assertEqual(self.transport.body(), b"username=ann&password=p%C3%A4+ss%26%3Dword")
        self.assertIsNone(client.username)

    def test_refused(self) -> None:
        """A name that is taken, and one that cannot be a name, are two kinds of errors."""
        for code, expected in (
            ("username_taken", ScoreganizerUsernameTaken),
            ("invalid_data", ScoreganizerInvalidData),
        ):
            refusal = error(code, field="username", message="no")
            with self.assertRaises(expected) as caught:
                self.client(refusal).register("ann", "password")
            self.assertEqual(caught.exception.field, "username")


class CreateTest(ClientTest):
    def create(self, *arguments: Any, **options: Any) -> dict[str, Any]:
        """What is sent."""
        client = self.client(reply(201, tournament()))
        made = client.tournaments.create(*arguments, **options)
        self.assertEqual(made, Tournament.deserialize(tournament()))
        self.assertEqual(self.transport.calls, ["POST /api/tournaments/create"])
        self.assertEqual(self.transport.header("Content-Type"), "application/json")
        sent: dict[str, Any] = json.loads(self.transport.body())
        return sent

    def test_create(self) -> None:
        """What is left out is sent with its default."""
        self.assertEqual(
            self.create("Cup", "sum", "1+0+0", START, END),
            {
                "name": "Cup",
                "mode": "sum",
                "modeparams": "1+0+0",
                "location": "",
                "start": "2030-05-20T13:37:00",
                "end": "2030-05-20T14:37:00",
                "open_entry": True,
                "hide_results": False,
            },
        )

    def test_options(self) -> None:
        """The others are sent as they are given."""
        options = {"location": "here", "open_entry": False, "hide_results": True}
        sent = self.create("Cup", "sum", "1+0+0", START, END, **options)
        self.assertLessEqual(options.items(), sent.items())

    def test_moments(self) -> None:
        """A moment is sent in UTC, which is meant where it has no zone, to the microsecond."""
        east = timezone(timedelta(hours=2))
        for given, expected in (
            (datetime(2030, 1, 1, 1), "2030-01-01T01:00:00"),
            (datetime(2030, 1, 1, 1, tzinfo=UTC), "2030-01-01T01:00:00"),
            (datetime(2030, 1, 1, 1, tzinfo=east), "2029-12-31T23:00:00"),
            (datetime(2030, 1, 1, 1, 2, 3, 4), "2030-01-01T01:02:03.000004"),
        ):
            self.assertEqual(format_utc(given), expected)

    def test_wrong_field(self) -> None:
        """The error names the field, and says what would be right."""
        refusal = error("invalid_data", field="end", message="it must be after the start")
        with self.assertRaises(ScoreganizerInvalidData) as caught:
            self.client(refusal).tournaments.create("Cup", "sum", "1+0+0", END, START)
        found = caught.exception
        self.assertEqual((found.field, found.message), ("end", "it must be after the start"))

    def test_malformed(self) -> None:
        """A success without a tournament is an error."""
        for content in MALFORMED:
            with self.subTest(content=content), self.assertRaises(ScoreganizerError) as caught:
                self.client(reply(201, content)).tournaments.create("C", "sum", "1+0+0", START, END)
            self.assertEqual(caught.exception.error, "invalid_response")


class HostTest(ClientTest):
    def test_players(self) -> None:
        """Inviting, confirming and removing name the player in a form."""
        for name in ("invite", "host_confirm", "remove"):
            for given in (35, "35", Tournament.deserialize(tournament(35))):
                client = self.client(reply(200, {}))
                self.assertIsNone(getattr(client.tournaments, name)(given, "ann b"))
                self.assertEqual(self.transport.calls, [f"POST /api/tournaments/{name}/35"])
                self.assertEqual(self.transport.body(), b"username=ann+b")

    def test_stop(self) -> None:
        """The end that the tournament has now comes back, aware."""
        client = self.client(reply(200, {"end": "2030-05-20T13:37:00.000004"}))
        self.assertEqual(client.tournaments.stop(35), START.replace(microsecond=4))
        self.assertEqual(self.transport.calls, ["POST /api/tournaments/stop/35"])

    def test_stop_without_an_end(self) -> None:
        """A success that names no end is an error."""
        for content in (*MALFORMED, {"end": None}, {"end": "now"}):
            with self.subTest(content=content), self.assertRaises(ScoreganizerError) as caught:
                self.client(reply(200, content)).tournaments.stop(35)
            self.assertEqual(caught.exception.error, "invalid_response")

    def test_refused(self) -> None:
        """Each refusal is an exception of its own."""
        for code, expected in (
            ("not_host", ScoreganizerNotHost),
            ("not_requested", ScoreganizerNotRequested),
            ("nothing_submitted", ScoreganizerNothingSubmitted),
            ("tournament_over", ScoreganizerTournamentOver),
            ("no_such_tournament", ScoreganizerNoSuchTournament),
        ):
            for name, arguments in (("invite", ["ann"]), ("remove", ["ann"]), ("stop", [])):
                call = getattr(self.client(error(code)).tournaments, name)
                self.assertRaises(expected, call, 35, *arguments)


class DetailTest(ClientTest):
    def page(self, **changes: Any) -> Response:
        players = [{"username": "ann", "status": "participating"}]
        page = {"tournament": tournament(), "host": "hugo", "players": players}
        return reply(200, {**page, **changes})

    def test_detail(self) -> None:
        """A tournament, its host, its players; what is unproven only where the server says it."""
        found = self.client(self.page()).tournaments.detail(35)
        self.assertEqual(self.transport.calls, ["GET /api/tournaments/detail/35"])
        self.assertEqual(found.tournament, Tournament.deserialize(tournament()))
        self.assertEqual((found.host, found.players), ("hugo", (Player("ann", "participating"),)))
        self.assertIsNone(found.unproven)

    def test_for_the_host(self) -> None:
        """The host is shown how many games of each player are unproven."""
        found = self.client(self.page(unproven={"ann": 2})).tournaments.detail(35)
        self.assertEqual(found.unproven, {"ann": 2})

    def test_unknown_fields_are_ignored(self) -> None:
        """A field that a later server adds does no harm."""
        players = [{"username": "ann", "status": "invited", "since": "today"}]
        found = self.client(self.page(players=players, seats=5)).tournaments.detail(35)
        self.assertEqual(found.players, (Player("ann", "invited"),))

    def test_malformed(self) -> None:
        """Anything else is an error."""
        pages = [self.page(tournament=each) for each in (None, [], {}, tournament(start=0))]
        pages += [self.page(players=each) for each in (None, {}, [1], [{"username": "ann"}])]
        for page in (*(reply(200, content) for content in MALFORMED), *pages):
            with self.assertRaises(ScoreganizerError) as caught:
                self.client(page).tournaments.detail(35)
            self.assertEqual(caught.exception.error, "invalid_response")


class StandingsTest(ClientTest):
    def test_standings(self) -> None:
        """A line for each player, in the server's order; unknown fields are ignored."""
        second = {**LINE, "rank": 2, "username": "bob", "finished": False, "games": 0, "more": 1}
        client = self.client(reply(200, {"standings": [LINE, second]}))
        self.assertEqual(
            client.tournaments.standings(35),
            [Standing(1, "ann", 6303, 1, True), Standing(2, "bob", 6303, 0, False)],
        )
        self.assertEqual(self.transport.calls, ["GET /api/tournaments/standings/35"])

    def test_hidden(self) -> None:
        """Hidden results are an exception of their own."""
        with self.assertRaises(ScoreganizerResultsHidden):
            self.client(error("results_hidden")).tournaments.standings(35)

    def test_malformed(self) -> None:
        """Anything else is an error."""
        tables = [{"standings": each} for each in (None, {}, [1], [{}], LINE)]
        for content in (*MALFORMED, *tables):
            with self.subTest(content=content), self.assertRaises(ScoreganizerError) as caught:
                self.client(reply(200, content)).tournaments.standings(35)
            self.assertEqual(caught.exception.error, "invalid_response")
