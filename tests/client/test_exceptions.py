"""The exception tree, and which reply becomes which exception."""

from __future__ import annotations

import pickle
import unittest
from datetime import timedelta
from traceback import format_exception

import mock  # noqa: UP026 (the same mock on every Python)
import requests

from scoreganizer_client_lib import exceptions
from scoreganizer_client_lib.exceptions import ScoreganizerError, ScoreganizerWait
from scoreganizer_client_lib.reply import build_exception
from tests.client.fake_transport import after, error, reply

DOCUMENTED = {
    "invalid_data": "ScoreganizerInvalidData",
    "invalid_login_data": "ScoreganizerInvalidLoginData",
    "key_exists": "ScoreganizerKeyExists",
    "mode_constraint_violated": "ScoreganizerModeConstraintViolated",
    "never_generated": "ScoreganizerNeverGenerated",
    "no_such_tournament": "ScoreganizerNoSuchTournament",
    "no_such_user": "ScoreganizerNoSuchUser",
    "not_generated": "ScoreganizerNotGenerated",
    "not_generated_yet": "ScoreganizerNotGeneratedYet",
    "not_host": "ScoreganizerNotHost",
    "not_logged_in": "ScoreganizerNotLoggedIn",
    "not_requested": "ScoreganizerNotRequested",
    "nothing_submitted": "ScoreganizerNothingSubmitted",
    "results_hidden": "ScoreganizerResultsHidden",
    "retry": "ScoreganizerRetry",
    "token_too_recent": "ScoreganizerTokenTooRecent",
    "too_early": "ScoreganizerTooEarly",
    "too_many_tournaments": "ScoreganizerTooManyTournaments",
    "tournament_over": "ScoreganizerTournamentOver",
    "username_taken": "ScoreganizerUsernameTaken",
}
WAITING = {"not_generated_yet", "too_early"}


class TreeTest(unittest.TestCase):
    def test_errors_are_ordinary_exceptions(self):
        """`except Exception` catches every error of the library."""
        for name in DOCUMENTED.values():
            with self.subTest(name):
                self.assertTrue(issubclass(getattr(exceptions, name), ScoreganizerError))
        self.assertTrue(issubclass(ScoreganizerError, Exception))

    def test_only_too_early_codes_are_waits(self):
        """Of the documented classes two tell to wait, the others do not."""
        for code, name in DOCUMENTED.items():
            with self.subTest(code):
                is_wait = issubclass(getattr(exceptions, name), ScoreganizerWait)
                self.assertEqual(is_wait, code in WAITING)

    def test_aliases(self):
        """The two other documented names mean the same classes."""
        self.assertIs(exceptions.InvalidLoginData, exceptions.ScoreganizerInvalidLoginData)
        self.assertIs(exceptions.NetworkException, requests.exceptions.RequestException)

    def test_application_and_network_errors_are_apart(self):
        """No handler for the one catches the other."""
        self.assertFalse(issubclass(ScoreganizerError, exceptions.NetworkException))
        self.assertFalse(issubclass(exceptions.NetworkException, ScoreganizerError))

    def test_text_is_the_code(self):
        """An error prints as its code, also one that carries a wait."""
        self.assertEqual(str(ScoreganizerWait("too_early", timedelta(seconds=3))), "too_early")

    def test_survives_pickling(self):
        """An error can be handed from one process to another."""
        for original in (
            ScoreganizerError("a"),
            ScoreganizerError("a", timedelta(seconds=1)),
            exceptions.ScoreganizerTooEarly("b", timedelta(seconds=2)),
        ):
            copy = pickle.loads(pickle.dumps(original))
            self.assertEqual(type(copy), type(original))
            self.assertEqual((copy.error, copy.wait_time), (original.error, original.wait_time))

    def test_do_wait_sleeps_for_the_wait_time(self):
        """`do_wait` sleeps once, for exactly `wait_time`."""
        with mock.patch("time.sleep") as sleep:
            ScoreganizerWait("x", timedelta(minutes=2, milliseconds=500)).do_wait()
        sleep.assert_called_once_with(120.5)


class BuildExceptionTest(unittest.TestCase):
    def test_documented_codes(self):
        """Each documented code becomes its class, with and without a wait."""
        for code, name in DOCUMENTED.items():
            for more in ({}, {"wait": 5}):
                with self.subTest(code, **more):
                    built = build_exception(error(code, **more))
                    self.assertEqual(type(built).__name__, name)
                    self.assertEqual(built.error, code)

    def test_other_codes(self):
        """A code without a class is a plain error, or a wait if the reply names one."""
        self.assertIs(type(build_exception(error("too_late"))), ScoreganizerError)
        self.assertIs(type(build_exception(error("busy", wait=1))), ScoreganizerWait)

    def test_field_and_message(self):
        """What is wrong, in the server's words, is kept, and stands in the traceback."""
        built = build_exception(error("invalid_data", field="end", message="it must be later"))
        self.assertEqual((built.field, built.message), ("end", "it must be later"))
        self.assertEqual(str(built), "invalid_data")
        self.assertIn("end: it must be later", "".join(format_exception(built)))
        copy = pickle.loads(pickle.dumps(built))
        self.assertEqual((copy.field, copy.message), ("end", "it must be later"))

    def test_no_field_and_no_message(self):
        """Both are empty where the server says nothing, or nothing that is text."""
        for more in ({}, {"field": 5, "message": ["no"]}, {"field": None, "message": None}):
            built = build_exception(error("invalid_data", **more))
            self.assertEqual((built.field, built.message), ("", ""))
            self.assertEqual(format_exception(built)[-1].count("\n"), 1)
        built = build_exception(error("invalid_data", message="it must be UTF-8"))
        self.assertTrue("".join(format_exception(built)).endswith("\nit must be UTF-8\n"))

    def test_wait_time_is_less_the_round_trip(self):
        """What the request took is taken off what the server says."""
        built = build_exception(after(0.25, error("too_early", wait=3.5)))
        self.assertEqual(built.wait_time, timedelta(seconds=3.25))

    def test_wait_time_is_never_negative(self):
        """A round trip longer than the wait leaves nothing to wait for."""
        for wait in (1, 0, -4):
            built = build_exception(after(2, error("too_early", wait=wait)))
            self.assertEqual(built.wait_time, timedelta())

    def test_wait_from_retry_after(self):
        """The header says how long where the body does not; the body goes first."""
        header = [("Retry-After", "7")]
        built = build_exception(reply(429, {"error": "token_too_recent"}, header))
        self.assertEqual(built.wait_time, timedelta(seconds=7))
        built = build_exception(reply(403, {"error": "too_early", "wait": 2}, header))
        self.assertEqual(built.wait_time, timedelta(seconds=2))

    def test_no_wait_stated(self):
        """A wait without a usable number is not waited for hotly; other errors have none."""
        for wait in (None, "soon", "nan", "inf", 1e300, [], {}):
            with self.subTest(wait=wait):
                built = build_exception(error("too_early", wait=wait))
                self.assertEqual(built.wait_time, exceptions.UNSTATED_WAIT)
                self.assertIsNone(build_exception(error("retry", wait=wait)).wait_time)

    def test_retry_after_that_is_a_date(self):
        """A date in Retry-After is not understood, and does no harm."""
        date = [("Retry-After", "Wed, 21 Oct 2026 07:28:00 GMT")]
        self.assertIsNone(build_exception(reply(403, {"error": "x"}, date)).wait_time)

    def test_replies_that_are_not_the_apis(self):
        """HTML, nothing, other JSON, broken bytes: an error whose code is the status."""
        for content in (
            b"",
            b"<html><h1>Bad Gateway</h1>",
            b"\xff\xfe\x00",
            b'{"error": ',
            b"[" * 100_000,
            [],
            ["error"],
            "error",
            None,
            {},
            {"error": None},
            {"error": 5},
            {"error": {"code": "too_early"}},
        ):
            with self.subTest(content=str(content)[:30]):
                built = build_exception(reply(502, content))
                self.assertIs(type(built), ScoreganizerError)
                self.assertEqual(built.error, "502")
