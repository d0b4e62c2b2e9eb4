"""`Scoreganizer`: the account's calls, and the way to the other calls."""

from __future__ import annotations

import os

from requests.adapters import HTTPAdapter
from requests.auth import HTTPDigestAuth

from scoreganizer_client_lib.auth_file import AuthFile
from scoreganizer_client_lib.reply import text_field
from scoreganizer_client_lib.score import Scores
from scoreganizer_client_lib.tournament import Tournaments
from scoreganizer_client_lib.transport import Transport

STALE = "ok_stale"
VALID = frozenset({"ok", STALE})


class Scoreganizer:
    """A client of one server, with the credentials of at most one user.

    `http_adapter`: replaces the default, which repeats requests that did not get through.
    `auth_filename`: credentials are read from this file now, and written to it whenever
    they change; it is created if it does not exist.
    `digest_auth_username`, `digest_auth_password`: HTTP digest authentication, for a
    server that stands behind it.

    Each call may end with `NetworkException`: no reply came; or with `ScoreganizerError`:
    the reply is an error; see `exceptions`. `username` is the user whose credentials these
    are, None as long as it is unknown.
    """

    def __init__(
        self,
        host: str = "scoreganizer.net",
        port: int = 443,
        https: bool = True,
        http_adapter: HTTPAdapter | None = None,
        auth_filename: str | os.PathLike[str] | None = None,
        *,
        digest_auth_username: str | None = None,
        digest_auth_password: str | None = None,
    ) -> None:
        self.host, self.port, self.https = host, port, https
        self.auth_filename = auth_filename
        self.username: str | None = None
        self._transport = Transport(_base_url(host, port, https), http_adapter)
        self.session = self._transport.session
        if digest_auth_username is not None and digest_auth_password is not None:
            self.session.auth = HTTPDigestAuth(digest_auth_username, digest_auth_password)
        self.tournaments = self.tournament = Tournaments(self._transport)
        self.scores = Scores(self._transport)
        self._auth_file = None if auth_filename is None else AuthFile(auth_filename)
        if self._auth_file is not None:
            self._use(self._auth_file.read())

    def register(self, username: str, password: str) -> None:
        """Opens an account. Logging in is a call of its own.

        `ScoreganizerUsernameTaken`: somebody else has the name; `ScoreganizerInvalidData`: the
        name or the password is not one that the server takes, its `message` says why.
        """
        self._transport.post("register", data={"username": username, "password": password})

    def login(self, username: str, password: str) -> str:
        """New credentials (`name:token`), which are used from now on.

        `InvalidLoginData`: the server knows no such user and password.
        """
        form = {"username": username, "password": password}
        response = self._transport.post("obtain_token", data=form)
        return self._set_token(username, text_field(response, "token"))

    def set_auth_str(self, auth_str: str) -> None:
        """Uses these credentials (`name:token`), and writes them to the auth file."""
        auth_str = auth_str.strip()
        self._use(auth_str)
        if self._auth_file is not None:
            self._auth_file.write(auth_str)

    def token_status(self) -> str:
        """What the server says of the token: "ok", "ok_stale", "expired", "nonexistent"."""
        return text_field(self._transport.get("token_status"), "status")

    def token_status_ok(self) -> bool:
        """Whether the token is valid, that is, the user logged in."""
        return self.token_status() in VALID

    def refresh_login(self) -> str:
        """New credentials in exchange for the token, which are used from now on.

        `ScoreganizerTokenTooRecent`: that was done recently; `ScoreganizerNotLoggedIn`: there
        is no valid token.
        """
        response = self._transport.post("refresh_token")
        return self._set_token(self.username or "", text_field(response, "token"))

    def refresh_login_if_stale(self) -> str | None:
        """`refresh_login` if the token is valid but stale; None if it is not stale."""
        return self.refresh_login() if self.token_status() == STALE else None

    def _set_token(self, username: str, token: str) -> str:
        auth_str = f"{username}:{token}"
        self.set_auth_str(auth_str)
        return auth_str

    def _use(self, auth_str: str) -> None:
        # A token has no colon, so the last one ends the name.
        self.username = auth_str.rpartition(":")[0] or None
        self._transport.set_credentials(auth_str)


def _base_url(host: str, port: int, https: bool) -> str:
    scheme = "https" if https else "http"
    name = f"[{host}]" if ":" in host else host  # an IPv6 address
    return f"{scheme}://{name}:{port}/api/"
