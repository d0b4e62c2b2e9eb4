"""Logging in, credentials, the auth file."""

from __future__ import annotations

import os
import stat
import tempfile

import mock  # noqa: UP026 (the same mock on every Python)

from scoreganizer_client_lib.exceptions import (
    InvalidLoginData,
    NetworkException,
    ScoreganizerError,
    ScoreganizerNotLoggedIn,
    ScoreganizerTokenTooRecent,
)
from tests.client.fake_transport import ClientTest, error, reply

HEADER = "X-Scoreganizer-Authorization"
OLD, NEW = "ab" * 32, "cd" * 32


def token(value=NEW):
    return reply(200, {"token": value})


def status(value):
    return reply(200, {"status": value})


class LoginTest(ClientTest):
    def test_login(self):
        """Name and password are sent as a form; credentials come back and are used."""
        client = self.client(token(), status("ok"))
        self.assertEqual(client.login("ralokt", "pä ss&="), f"ralokt:{NEW}")
        self.assertEqual(self.transport.calls, ["POST /api/obtain_token"])
        self.assertEqual(self.transport.body(), b"username=ralokt&password=p%C3%A4+ss%26%3D")
        client.token_status()
        self.assertEqual(self.transport.header(HEADER), f"ralokt:{NEW}")
        self.assertEqual(client.username, "ralokt")

    def test_refused_login(self):
        """Wrong login data raises, and the old credentials stay."""
        client = self.client(error("invalid_login_data", wait=4), status("ok"))
        client.set_auth_str(f"a:{OLD}")
        with self.assertRaises(InvalidLoginData) as caught:
            client.login("b", "wrong")
        self.assertEqual(caught.exception.error, "invalid_login_data")
        client.token_status()
        self.assertEqual(self.transport.header(HEADER), f"a:{OLD}")

    def test_success_without_a_token(self):
        """A success that is not the API's is an error, not the token "None"."""
        for content in (b"", b"<html>", b"[]", {}, {"token": None}):
            client = self.client(reply(200, content))
            with self.assertRaises(ScoreganizerError) as caught:
                client.login("a", "b")
            self.assertEqual(caught.exception.error, "invalid_response")

    def test_not_logged_in_sends_no_credentials(self):
        """Without credentials there is no header, not an empty one."""
        self.client(status("nonexistent")).token_status()
        self.assertIsNone(self.transport.header(HEADER))

    def test_set_auth_str(self):
        """Given credentials are sent as they are, a newline after them excepted."""
        client = self.client(status("ok"))
        client.set_auth_str(f"ralokt:{OLD}\n")
        client.token_status()
        self.assertEqual(self.transport.header(HEADER), f"ralokt:{OLD}")
        self.assertEqual(client.username, "ralokt")

    def test_empty_credentials(self):
        """Setting none forgets those that were used before."""
        client = self.client(status("nonexistent"))
        client.set_auth_str(f"ralokt:{OLD}")
        client.set_auth_str("")
        client.token_status()
        self.assertIsNone(self.transport.header(HEADER))
        self.assertIsNone(client.username)

    def test_name_of_any_script(self):
        """A name that is not Latin-1 is sent as UTF-8."""
        client = self.client(token(), status("ok"))
        client.login("жук:Ω", "b")
        client.token_status()
        self.assertEqual(self.transport.requests[-1].headers[HEADER], f"жук:Ω:{NEW}".encode())
        self.assertEqual(client.username, "жук:Ω")

    def test_token_status(self):
        """The status is passed on; valid are "ok" and "ok_stale"."""
        for value, valid in (
            ("ok", True),
            ("ok_stale", True),
            ("expired", False),
            ("nonexistent", False),
        ):
            client = self.client(status(value), status(value))
            self.assertEqual(client.token_status(), value)
            self.assertIs(client.token_status_ok(), valid)
        self.assertEqual(self.transport.calls, ["GET /api/token_status"] * 2)

    def test_refresh(self):
        """A refresh returns and uses the new token, under the same name."""
        client = self.client(token(), status("ok"))
        client.set_auth_str(f"ralokt:{OLD}")
        self.assertEqual(client.refresh_login(), f"ralokt:{NEW}")
        self.assertEqual(self.transport.calls, ["POST /api/refresh_token"])
        client.token_status()
        self.assertEqual(self.transport.header(HEADER), f"ralokt:{NEW}")

    def test_refresh_without_a_name(self):
        """A token whose user is unknown is refreshed without inventing a name."""
        client = self.client(token())
        client.set_auth_str(OLD)
        self.assertEqual(client.refresh_login(), f":{NEW}")

    def test_refused_refresh(self):
        """The two documented refusals, after which the old token is still used."""
        for refusal, expected in (
            (error("token_too_recent", 429, wait=60), ScoreganizerTokenTooRecent),
            (error("not_logged_in"), ScoreganizerNotLoggedIn),
        ):
            client = self.client(refusal, status("ok"))
            client.set_auth_str(f"a:{OLD}")
            with self.assertRaises(expected):
                client.refresh_login()
            client.token_status()
            self.assertEqual(self.transport.header(HEADER), f"a:{OLD}")

    def test_refresh_if_stale(self):
        """Only a stale token is refreshed; otherwise the answer is None."""
        client = self.client(status("ok_stale"), token())
        client.set_auth_str(f"a:{OLD}")
        self.assertEqual(client.refresh_login_if_stale(), f"a:{NEW}")
        for value in ("ok", "expired", "nonexistent"):
            client = self.client(status(value))
            self.assertIsNone(client.refresh_login_if_stale())
            self.assertEqual(self.transport.calls, ["GET /api/token_status"])


class AuthFileTest(ClientTest):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.path = os.path.join(self.folder, "auth.txt")

    def saved(self):
        with open(self.path, "rb") as file:
            return file.read().decode()

    def save(self, content, mode=0o600):
        with open(self.path, "wb") as file:
            file.write(content)
        os.chmod(self.path, mode)

    def mode(self):
        return stat.S_IMODE(os.stat(self.path).st_mode)

    def test_created(self):
        """A file that does not exist is created, empty and for its owner only."""
        client = self.client(status("nonexistent"), auth_filename=self.path)
        self.assertEqual((self.saved(), self.mode()), ("", 0o600))
        self.assertFalse(client.token_status_ok())
        self.assertIsNone(self.transport.header(HEADER))

    def test_login_is_saved(self):
        """New credentials replace the old ones in the file."""
        self.save(b"old:" + b"x" * 500)
        self.client(token(), auth_filename=self.path).login("ralokt", "p")
        self.assertEqual(self.saved(), f"ralokt:{NEW}")

    def test_saved_for_the_owner_only(self):
        """A file that others could read no longer is once credentials are written."""
        self.save(b"", 0o644)
        self.client(auth_filename=self.path).set_auth_str(f"a:{OLD}")
        self.assertEqual(self.mode(), 0o600)

    def test_credentials_are_used(self):
        """Saved credentials are sent, without the line end of whoever edited the file."""
        for content in (f"ralokt:{OLD}", f"ralokt:{OLD}\n", f" ralokt:{OLD} \r\n\n"):
            self.save(content.encode())
            client = self.client(status("ok"), auth_filename=self.path)
            client.token_status()
            self.assertEqual(self.transport.header(HEADER), f"ralokt:{OLD}")
            self.assertEqual(self.saved(), content)

    def test_name_survives_a_refresh(self):
        """The user name in the file is kept when the token is replaced."""
        self.save(f"ralokt:{OLD}".encode())
        client = self.client(token(), auth_filename=self.path)
        self.assertEqual(client.refresh_login(), f"ralokt:{NEW}")
        self.assertEqual(self.saved(), f"ralokt:{NEW}")

    def test_any_bytes(self):
        """A file that holds no credentials is like an empty one, or sent as it reads."""
        for content, sent in (
            (b"\n\n", None),
            (b"\x00\x01:\x02", None),
            (b"a:\x7fb", None),
            ("é:a".encode("latin-1"), "\N{REPLACEMENT CHARACTER}:a"),
        ):
            self.save(content)
            client = self.client(status("nonexistent"), auth_filename=self.path)
            self.assertFalse(client.token_status_ok())
            self.assertEqual(self.transport.header(HEADER), sent)

    def test_failed_write_keeps_the_file(self):
        """If the new line cannot be written, the old one is still there, and nothing else."""
        self.save(f"a:{OLD}".encode())
        client = self.client(token(), auth_filename=self.path)
        with mock.patch("os.fsync", side_effect=OSError("full")), self.assertRaises(OSError):
            client.refresh_login()
        self.assertEqual(self.saved(), f"a:{OLD}")
        self.assertEqual(os.listdir(self.folder), ["auth.txt"])

    def test_failed_calls_write_nothing(self):
        """Neither an error nor a lost connection touches the file."""
        self.save(f"a:{OLD}".encode())
        failures = (error("invalid_login_data"), NetworkException("gone"))
        for failure in failures:
            client = self.client(failure, auth_filename=self.path)
            with self.assertRaises((ScoreganizerError, NetworkException)):
                client.login("b", "p")
            self.assertEqual(self.saved(), f"a:{OLD}")

    def test_link_stays_a_link(self):
        """Where the path is a symbolic link, the file behind it is written."""
        link = os.path.join(self.folder, "link.txt")
        self.save(b"")
        os.symlink(self.path, link)
        self.client(auth_filename=link).set_auth_str(f"a:{OLD}")
        self.assertTrue(os.path.islink(link))
        self.assertEqual(self.saved(), f"a:{OLD}")
