"""Addresses, timeouts, redirects, and which request is sent again."""

from __future__ import annotations

import unittest

import mock  # noqa: UP026 (the same mock on every Python)
import requests
from urllib3.exceptions import NewConnectionError, ProtocolError, ReadTimeoutError
from urllib3.response import HTTPResponse

from scoreganizer_client_lib import Scoreganizer
from scoreganizer_client_lib.exceptions import NetworkException, ScoreganizerError
from scoreganizer_client_lib.transport import LONGEST_RETRY_AFTER
from tests.client.fake_transport import ClientTest, FakeTransport, error, reply

REPEATED = (
    ("GET", "token_status"),
    ("GET", "tournaments/get_key/1"),
    ("POST", "obtain_token"),
    ("POST", "tournaments/participate/1"),
    ("POST", "tournaments/player_confirm/1"),
    ("POST", "tournaments/gen_key/1"),
    ("POST", "tournaments/invite/1"),
    ("POST", "tournaments/host_confirm/1"),
    ("POST", "tournaments/stop/1"),
    ("POST", "scores/upload"),
)
NOT_REPEATED = ("refresh_token", "register", "tournaments/create")
STATUS = {"status": "ok"}


class SendTest(ClientTest):
    def test_every_request_has_a_timeout(self):
        """Neither connecting nor reading may take for ever."""
        client = self.client(
            *[reply(200, {"token": "t", "key": "k", "status": "ok"})] * 2, *[reply(200, [])]
        )
        client.login("u", "p")
        client.tournaments.gen_key(1)
        client.tournaments.all()
        for options in self.transport.options:
            connect, read = options["timeout"]
            self.assertGreater(connect, 0)
            self.assertGreater(read, 0)

    def test_redirects_are_errors(self):
        """No redirect is followed: it would carry the token away."""
        elsewhere = [("Location", "http://elsewhere.test/")]
        for status in (301, 302, 303, 307, 308):
            client = self.client(reply(status, b"", elsewhere), reply(200, STATUS))
            with self.assertRaises(ScoreganizerError) as caught:
                client.tournaments.participate(1)
            self.assertEqual(caught.exception.error, str(status))
            self.assertEqual(len(self.transport.requests), 1)

    def test_network_failures_pass_through(self):
        """What requests raises reaches the caller as it is."""
        for failure in (
            requests.exceptions.ConnectionError("refused"),
            requests.exceptions.ReadTimeout("late"),
            requests.exceptions.RetryError("too often"),
        ):
            client = self.client(failure)
            with self.assertRaises(NetworkException) as caught:
                client.token_status()
            self.assertIs(caught.exception, failure)

    def test_application_errors_are_raised_at_once(self):
        """An error of the API is raised after one request and without a pause."""
        client = self.client(error("token_too_recent", 429, wait=3600))
        with mock.patch("time.sleep") as sleep, self.assertRaises(ScoreganizerError):
            client.refresh_login()
        sleep.assert_not_called()
        self.assertEqual(self.transport.calls, ["POST /api/refresh_token"])

    def test_addresses(self):
        """The address is made of scheme, host and port; an IPv6 host is bracketed."""
        for arguments, address in (
            ({}, "https://scoreganizer.net:443/api/token_status"),
            ({"https": False, "port": 80}, "http://scoreganizer.net:80/api/token_status"),
            ({"host": "::1", "port": 8000}, "https://[::1]:8000/api/token_status"),
        ):
            transport = FakeTransport(reply(200, STATUS))
            Scoreganizer(**arguments, http_adapter=transport).token_status()
            self.assertEqual(transport.requests[0].url, address)


class RetryPolicyTest(unittest.TestCase):
    """The default adapter's policy object, asked without a network."""

    def policy(self, path):
        client = Scoreganizer(host="example.test", port=8000, https=False)
        return client.session.get_adapter(f"http://example.test:8000/api/{path}").max_retries

    def test_passing_failures_are_repeated(self):
        """A 50x that a restart or a proxy sends is repeated, on GET and on POST."""
        for method, path in REPEATED:
            for status in (500, 502, 503, 504):
                with self.subTest(method=method, path=path, status=status):
                    self.assertTrue(self.policy(path).is_retry(method, status))

    def test_lost_replies_are_repeated(self):
        """A request whose reply was lost is sent again if that does no harm."""
        for method, path in REPEATED:
            for lost in (ProtocolError("reset"), ReadTimeoutError(None, path, "late")):
                with self.subTest(method=method, path=path):
                    again = self.policy(path).increment(method, path, error=lost)
                    self.assertEqual(again.total, self.policy(path).total - 1)

    def test_not_repeated(self):
        """What would do something else the second time is not sent again once it may be done."""
        for path in NOT_REPEATED:
            with self.subTest(path):
                policy = self.policy(path)
                self.assertFalse(policy.is_retry("POST", 503, has_retry_after=True))
                with self.assertRaises(ProtocolError):
                    policy.increment("POST", path, error=ProtocolError("reset"))

    def test_what_was_never_sent_is_repeated(self):
        """These, too, are tried again if the connection never came about."""
        refused = NewConnectionError(None, "refused")
        for path in NOT_REPEATED:
            self.policy(path).increment("POST", path, error=refused)

    def test_answers_are_not_repeated(self):
        """No other status is repeated, even if it names a time to come back."""
        for method, path in REPEATED:
            for status in (200, 201, 400, 401, 403, 404, 408, 413, 429, 501):
                with self.subTest(method=method, path=path, status=status):
                    retries = self.policy(path)
                    self.assertFalse(retries.is_retry(method, status, has_retry_after=True))

    def test_backs_off_for_about_a_minute(self):
        """The pauses double, their sum is long enough for a restart, and they end."""
        policy, pauses = self.policy("token_status"), []
        while policy.total > 0:
            policy = policy.increment("GET", "/", error=ProtocolError("reset"))
            pauses.append(policy.get_backoff_time())
        self.assertEqual(pauses, [0, 1, 2, 4, 8, 16, 32])

    def test_retry_after_is_obeyed_within_reason(self):
        """A 503 may name the pause, but not make the caller hang."""
        policy = self.policy("token_status")
        for stated, obeyed in (("1", 1), ("86400", LONGEST_RETRY_AFTER)):
            response = HTTPResponse(headers={"Retry-After": stated}, status=503)
            with mock.patch("time.sleep") as sleep:
                policy.sleep(response)
            sleep.assert_called_once_with(obeyed)

    def test_an_adapter_replaces_the_policy(self):
        """`http_adapter` is used for every request, also for those with a rule of their own."""
        adapter = FakeTransport()
        client = Scoreganizer(host="example.test", http_adapter=adapter)
        for path in ("token_status", *NOT_REPEATED):
            address = f"https://example.test:443/api/{path}"
            self.assertIs(client.session.get_adapter(address), adapter)

    def test_clients_share_no_adapter(self):
        """Two clients have two connection pools."""
        first, second = (Scoreganizer().session.get_adapter("https://x/") for _ in range(2))
        self.assertIsNot(first, second)
