"""Lists, entry and keys."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pprint import pformat

import mock  # noqa: UP026 (the same mock on every Python)

from scoreganizer_client_lib.exceptions import (
    ScoreganizerError,
    ScoreganizerKeyExists,
    ScoreganizerNeverGenerated,
    ScoreganizerNotLoggedIn,
    ScoreganizerTooEarly,
)
from scoreganizer_client_lib.tournament import Tournament, parse_utc
from tests.client.fake_transport import ClientTest, error, reply

LISTS = ("all", "archive", "in_progress", "upcoming", "active", "my_active")
KEY = "1_35_99a8472376717bc7a676876cf0d351e3"


def tournament(number=35, **changes):
    return {
        "id": number,
        "mode": "sum",
        "modeparams": "1+1+1",
        "name": "test",
        "location": "here",
        "start": "2024-05-20T13:37:00",
        "end": "2025-05-20T13:37:00.340015",
        "open_entry": True,
        "hide_results": False,
        "status": "participating",
        **changes,
    }


def key(expiry=None, status=201):
    return reply(status, {"key": KEY, "key_expiry": expiry})


class ListTest(ClientTest):
    def test_six_lists(self):
        """Each list is one GET of the path with its name."""
        for name in LISTS:
            client = self.client(reply(200, [tournament(1), tournament(2)]))
            listed = getattr(client.tournaments, name)()
            self.assertEqual([int(each) for each in listed], [1, 2])
            self.assertEqual(self.transport.calls, [f"GET /api/tournaments/{name}"])

    def test_fields(self):
        """A tournament has the ten documented fields; its dates are aware, in UTC."""
        (only,) = self.client(reply(200, [tournament()])).tournaments.all()
        self.assertEqual(
            only,
            Tournament(
                id=35,
                mode="sum",
                modeparams="1+1+1",
                name="test",
                location="here",
                start=datetime(2024, 5, 20, 13, 37, tzinfo=UTC),
                end=datetime(2025, 5, 20, 13, 37, 0, 340015, tzinfo=UTC),
                open_entry=True,
                hide_results=False,
                status="participating",
            ),
        )

    def test_unknown_fields_are_ignored(self):
        """A field that a later server adds does no harm."""
        (only,) = self.client(reply(200, [tournament(host="x", players=[])])).tournaments.all()
        self.assertFalse(hasattr(only, "host"))

    def test_not_tournaments(self):
        """What is no list of tournaments is an error, raised by the call itself."""
        without_end = tournament()
        del without_end["end"]
        for content in (
            b"<html>",
            {},
            None,
            [1],
            [without_end],
            [tournament(start="soon")],
            [tournament(start=None)],
        ):
            with self.subTest(content=content), self.assertRaises(ScoreganizerError) as caught:
                self.client(reply(200, content)).tournaments.all()
            self.assertEqual(caught.exception.error, "invalid_response")

    def test_error_is_raised_by_the_call(self):
        """The call raises, not the first step of a loop over its result."""
        with self.assertRaises(ScoreganizerNotLoggedIn):
            self.client(error("not_logged_in")).tournaments.my_active()

    def test_used_as_a_generator(self):
        """`next` takes one tournament; a loop goes on with the following ones."""
        listed = self.client(reply(200, [tournament(n) for n in (1, 2, 3)])).tournaments.all()
        self.assertIsInstance(listed, Iterator)
        self.assertEqual(next(listed).id, 1)
        self.assertEqual([each.id for each in listed], [2, 3])

    def test_exhausted(self):
        """`next` on a list without tournaments ends, as on a generator."""
        listed = self.client(reply(200, [])).tournaments.all()
        self.assertIsNone(next(listed, None))

    def test_used_as_a_list(self):
        """The result has a length, can be indexed and read twice, and prints as a list."""
        listed = self.client(reply(200, [tournament(1), tournament(2)])).tournaments.all()
        self.assertEqual((len(listed), listed[1].id), (2, 2))
        self.assertEqual(list(listed), list(listed))
        self.assertTrue(pformat(listed).startswith("[Tournament(id=1,"))


class DateTest(ClientTest):
    def test_dates(self):
        """No zone means UTC; another zone is converted."""
        expected = datetime(2024, 5, 20, 13, 37, 0, 500000, tzinfo=UTC)
        for text in (
            "2024-05-20T13:37:00.5",
            "2024-05-20T13:37:00.500000",
            "2024-05-20 13:37:00.500",
            "2024-05-20T13:37:00.500Z",
            "2024-05-20T15:37:00.500+02:00",
        ):
            with self.subTest(text):
                self.assertEqual(parse_utc(text), expected)
                self.assertEqual(parse_utc(text).utcoffset(), timedelta())

    def test_not_dates(self):
        """Anything else is an invalid response."""
        for text in ("", "today", None, 5, "9999-12-31T23:59:59-05:00"):
            with self.subTest(text=text), self.assertRaises(ScoreganizerError):
                parse_utc(text)


class EntryTest(ClientTest):
    def test_paths(self):
        """Entry calls are POSTs to a path with the id, and return None."""
        for name in ("participate", "player_confirm"):
            client = self.client(reply(200, b""))
            self.assertIsNone(getattr(client.tournaments, name)(35))
            self.assertEqual(self.transport.calls, [f"POST /api/tournaments/{name}/35"])

    def test_what_names_a_tournament(self):
        """A tournament may be given as itself, its id, or anything that `int` takes."""
        for given in (35, "35", 35.0, Tournament.deserialize(tournament(35))):
            self.client(reply(200, b"")).tournaments.participate(given)
            self.assertEqual(self.transport.calls, ["POST /api/tournaments/participate/35"])

    def test_what_does_not(self):
        """Anything else fails before a request is sent."""
        client = self.client()
        for given in ("all", None, "../1"):
            with self.assertRaises((TypeError, ValueError)):
                client.tournaments.participate(given)
        self.assertEqual(self.transport.calls, [])


class KeyTest(ClientTest):
    def test_key(self):
        """Both calls return the key."""
        client = self.client(key(), key(status=200))
        self.assertEqual(client.tournaments.gen_key(35), KEY)
        self.assertEqual(client.tournaments.get_key(35), KEY)
        self.assertEqual(
            self.transport.calls,
            ["POST /api/tournaments/gen_key/35", "GET /api/tournaments/get_key/35"],
        )

    def test_key_with_expiry(self):
        """With `with_expiry` a pair: the key and an aware date, or None if it has none."""
        for stated, expected in (
            (None, None),
            ("2024-05-20T13:37:00", datetime(2024, 5, 20, 13, 37, tzinfo=UTC)),
        ):
            tournaments = self.client(key(stated), key(stated)).tournaments
            self.assertEqual(tournaments.gen_key(35, with_expiry=True), (KEY, expected))
            self.assertEqual(tournaments.get_key(35, with_expiry=True), (KEY, expected))

    def test_key_from_a_server_without_expiry(self):
        """A reply that has no `key_expiry` means none."""
        tournaments = self.client(reply(201, {"key": KEY})).tournaments
        self.assertEqual(tournaments.gen_key(35, with_expiry=True), (KEY, None))

    def test_success_without_a_key(self):
        """A success that holds no key is an error, not None."""
        with self.assertRaises(ScoreganizerError):
            self.client(reply(201, {})).tournaments.gen_key(35)


class WaitKeyTest(ClientTest):
    def waited(self, *replies):
        """The key, and for how long it was waited for."""
        with mock.patch("time.sleep") as sleep:
            got = self.client(*replies).tournaments.wait_key(35)
        self.paths = [re.sub(r".*/(\w+)/35", r"\1", call) for call in self.transport.calls]
        return got, [call.args[0] for call in sleep.call_args_list]

    def test_at_once(self):
        """A key that can be generated is."""
        self.assertEqual(self.waited(key()), (KEY, []))

    def test_existing(self):
        """A key that exists is fetched."""
        self.assertEqual(self.waited(error("key_exists"), key()), (KEY, []))
        self.assertEqual(self.paths, ["gen_key", "get_key"])

    def test_waits_as_often_as_told(self):
        """Each "too early" is waited out, then the key is asked for again."""
        too_early = (error("too_early", wait=wait) for wait in (100, 2))
        got, waits = self.waited(*too_early, key())
        self.assertEqual(got, KEY)
        self.assertEqual([round(wait) for wait in waits], [100, 2])
        self.assertEqual(self.paths, ["gen_key"] * 3)

    def test_get_key_may_tell_to_wait_as_well(self):
        """A wait that `get_key` asks for is waited out too."""
        replies = error("key_exists"), error("not_generated_yet", wait=5), key()
        got, waits = self.waited(*replies)
        self.assertEqual((got, [round(wait) for wait in waits]), (KEY, [5]))
        self.assertEqual(self.paths, ["gen_key", "get_key", "gen_key"])

    def test_other_errors_end_it(self):
        """What waiting cannot change is raised."""
        for replies, expected in (
            ([error("not_participating")], ScoreganizerError),
            ([error("key_exists"), error("never_generated")], ScoreganizerNeverGenerated),
        ):
            with self.assertRaises(expected):
                self.waited(*replies)

    def test_no_wait_outside_of_it(self):
        """`gen_key` itself raises at once."""
        for refusal, expected in (
            (error("too_early", wait=5), ScoreganizerTooEarly),
            (error("key_exists"), ScoreganizerKeyExists),
        ):
            with mock.patch("time.sleep") as sleep, self.assertRaises(expected):
                self.client(refusal).tournaments.gen_key(35)
            sleep.assert_not_called()
